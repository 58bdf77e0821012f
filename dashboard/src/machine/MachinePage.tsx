// One machine: who it is and how it is, what stands out, its history, its parts.
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useMemo } from "react";
import { fetchMachine } from "../api/machines";
import { Refusal } from "../api/request";
import type { MachineView } from "../api/wire";
import { parseTime_s } from "../format/times";
import { useMachineCard } from "../live/fleetStore";
import { useServerNow_s } from "../live/serverClock";
import { navigate, useSearch } from "../route/location";
import { FLEET_PATH } from "../route/pages";
import { Link } from "../route/Link";
import { useKeys } from "../shell/useKeys";
import notice from "../shell/Notice.module.css";
import { Charts } from "./Charts";
import { Cores } from "./Cores";
import { Disks } from "./Disks";
import { Facts } from "./Facts";
import { Findings } from "./Findings";
import { findingsAbout } from "./findings";
import { Interfaces } from "./Interfaces";
import { MachineHeader } from "./MachineHeader";
import styles from "./MachinePage.module.css";
import { Processes } from "./Processes";
import { readReport } from "./report";
import { parseChoice } from "./span";
import { Temperatures } from "./Temperatures";
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
  const card = useMachineCard(machine.machine_id);
  const report = useMemo(() => readReport(machine), [machine]);
  const search = useSearch();
  const choice = useMemo(() => parseChoice(search), [search]);
  const now_s = useServerNow_s();
  return (
    <div className={styles.page}>
      <MachineHeader machine={machine} report={report} />
      <Findings findings={findingsAbout(machine, report, card?.alarms ?? [], now_s)} />
      <Charts id={machine.machine_id} choice={choice} report={report} firstSeen_s={parseTime_s(machine.first_seen) ?? 0} />
      <div className={`${styles.parts} live`}>
        <div className={styles.stack}>
          <Processes report={report} />
          <Interfaces report={report} />
        </div>
        <div className={styles.stack}>
          <Cores report={report} />
          <Disks report={report} />
          <Temperatures report={report} />
        </div>
        <div className={styles.whole}>
          <Facts machine={machine} />
        </div>
      </div>
    </div>
  );
}

function NoSuchMachine({ id }: { id: string }) {
  return (
    <div className={notice.notice}>
      <h1>No such machine</h1>
      <p>ATLAS knows no machine called <strong>{id}</strong>. It may have been forgotten, or never reported.</p>
      <p><Link to={FLEET_PATH} className={notice.link}>Go to the fleet</Link></p>
    </div>
  );
}
