// One machine: who it is and how it is, and one of its parts at a time.
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { type ComponentType, useEffect, useMemo } from "react";
import { fetchMachine } from "../api/machines";
import { Refusal } from "../api/request";
import type { MachineView } from "../api/wire";
import { parseTime_s } from "../format/times";
import { useMachineCard } from "../live/fleetStore";
import { navigate, useSearch } from "../route/location";
import { FLEET_PATH } from "../route/pages";
import { Link } from "../route/Link";
import { useKeys } from "../shell/useKeys";
import notice from "../shell/Notice.module.css";
import { parseChoice } from "./charts/span";
import { ChangesTab } from "./changes/ChangesTab";
import { CommandsTab } from "./commands/CommandsTab";
import { HardwareTab } from "./hardware/HardwareTab";
import { MachineHeader } from "./MachineHeader";
import styles from "./MachinePage.module.css";
import { NetworkTab } from "./network/NetworkTab";
import { OverviewTab } from "./overview/OverviewTab";
import { readReport } from "./report";
import { SecurityTab } from "./security/SecurityTab";
import { SoftwareTab } from "./software/SoftwareTab";
import type { TabProps } from "./tabProps";
import { tabIn, type TabName } from "./tabs";
import { Tabs } from "./Tabs";
import { useLooking } from "./useLooking";

export default function MachinePage({ id }: { id: string }) {
  const machine = useMachine(id);
  useKeys({ g: () => navigate(FLEET_PATH) });
  if (machine.data) return <Machine machine={machine.data} />;
  if (machine.error instanceof Refusal && machine.error.status === 404) return <NoSuchMachine id={id} />;
  if (machine.error) return <div className={notice.notice}><h1>This machine can't be shown</h1><p>{machine.error.message}</p></div>;
  return null;
}

// Asked for again whenever the stream says that the machine's card changed.
function useMachine(id: string) {
  const queries = useQueryClient();
  const card = useMachineCard(id);
  useEffect(() => {
    if (card) void queries.invalidateQueries({ queryKey: ["machine", id] });
  }, [queries, id, card]);
  return useQuery({ queryKey: ["machine", id], queryFn: ({ signal }) => fetchMachine(id, signal) });
}

function Machine({ machine }: { machine: MachineView }) {
  useLooking(machine.machine_id);
  const report = useMemo(() => readReport(machine), [machine]);
  const search = useSearch();
  const choice = useMemo(() => parseChoice(search), [search]);
  const Tab = TAB[tabIn(search)];
  return (
    <div className={styles.page}>
      <MachineHeader machine={machine} report={report} />
      <Tabs />
      <Tab machine={machine} report={report} choice={choice} firstSeen_s={parseTime_s(machine.first_seen) ?? 0} />
    </div>
  );
}

const TAB: Record<TabName, ComponentType<TabProps>> = {
  overview: OverviewTab,
  network: NetworkTab,
  hardware: HardwareTab,
  software: SoftwareTab,
  security: SecurityTab,
  commands: CommandsTab,
  changes: ChangesTab,
};

function NoSuchMachine({ id }: { id: string }) {
  return (
    <div className={notice.notice}>
      <h1>No such machine</h1>
      <p>ATLAS knows no machine called <strong>{id}</strong>. It may have been forgotten, or never reported.</p>
      <p><Link to={FLEET_PATH} className={notice.link}>Go to the fleet</Link></p>
    </div>
  );
}
