// How a machine is, at a glance: what stands out and why, its history, what it is busy with.
import { useMemo } from "react";
import { useMachineCard } from "../../live/fleetStore";
import { useServerNow_s } from "../../live/serverClock";
import { Charts } from "../charts/Charts";
import { SYSTEM_PANELS } from "../charts/panels";
import { Cores } from "../hardware/Cores";
import { readDiskHealth } from "../hardware/diskHealth";
import { Disks } from "../hardware/Disks";
import { readPower } from "../hardware/power";
import page from "../MachinePage.module.css";
import { Interfaces } from "../network/Interfaces";
import { readNetwork } from "../network/networkReport";
import { readPosture } from "../security/posture";
import { readServices } from "../software/services";
import type { TabProps } from "../tabProps";
import { useSection } from "../useSection";
import { Findings } from "./Findings";
import { findingsAbout, type Known } from "./findings";
import { OwnCostLine } from "./OwnCostLine";
import { Processes } from "./Processes";

export function OverviewTab({ machine, report, choice, firstSeen_s }: TabProps) {
  const card = useMachineCard(machine.machine_id);
  const known = useKnown({ machine, report });
  const now_s = useServerNow_s();
  return (
    <>
      <Findings findings={findingsAbout(known, card?.alarms ?? [], now_s)} />
      <Charts id={machine.machine_id} panels={SYSTEM_PANELS} choice={choice} report={report} firstSeen_s={firstSeen_s} />
      <div className={`${page.parts} live`}>
        <div className={page.stack}>
          <Processes report={report} />
          <Interfaces report={report} />
        </div>
        <div className={page.stack}>
          <Cores report={report} />
          <Disks report={report} />
        </div>
      </div>
      <OwnCostLine cost={report.agent} />
    </>
  );
}

// Everything that may stand out, from wherever on the page it is.
function useKnown({ machine, report }: Pick<TabProps, "machine" | "report">): Known {
  const services = useSection(machine.machine_id, "services").data;
  const disks = useSection(machine.machine_id, "disk_health").data;
  const posture = useSection(machine.machine_id, "posture").data;
  return useMemo(() => ({
    machine, report, power: readPower(machine), network: readNetwork(machine),
    services: services ? readServices(services.value) : null,
    disks: disks ? readDiskHealth(disks.value) : [],
    posture: posture ? readPosture(posture.value) : null,
  }), [machine, report, services, disks, posture]);
}
