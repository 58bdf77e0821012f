// How a machine is connected: the verdict first, then how it went, then each part.
import { useMemo } from "react";
import { Charts } from "../charts/Charts";
import { NETWORK_PANELS } from "../charts/panels";
import page from "../MachinePage.module.css";
import type { TabProps } from "../tabProps";
import { Checks } from "./Checks";
import { Diagnosis } from "./Diagnosis";
import { Interfaces } from "./Interfaces";
import { NamesPart } from "./NamesPart";
import { readNetwork } from "./networkReport";
import { Pings } from "./Pings";
import { SpeedTests } from "./SpeedTests";
import { VpnPart } from "./VpnPart";
import { WifiPart } from "./WifiPart";

export function NetworkTab({ machine, report, choice, firstSeen_s }: TabProps) {
  const network = useMemo(() => readNetwork(machine), [machine]);
  return (
    <>
      {network.diagnosis && <Diagnosis diagnosis={network.diagnosis} />}
      <Charts id={machine.machine_id} panels={NETWORK_PANELS} choice={choice} report={report} firstSeen_s={firstSeen_s} />
      <div className={`${page.parts} live`}>
        <div className={page.stack}>
          <Pings report={report} network={network} />
          <NamesPart report={report} dns={network.dns} />
          <Checks report={report} checks={network.checks} looks={network.looks} />
          <Interfaces report={report} />
        </div>
        <div className={page.stack}>
          <WifiPart report={report} wifi={network.wifi} />
          <VpnPart report={report} vpn={network.vpn} />
          <SpeedTests report={report} network={network} />
        </div>
      </div>
    </>
  );
}
