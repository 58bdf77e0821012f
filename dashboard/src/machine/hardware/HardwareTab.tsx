// What a machine is made of, and how long it will last.
import { useMemo } from "react";
import { Charts } from "../charts/Charts";
import { HARDWARE_PANELS } from "../charts/panels";
import page from "../MachinePage.module.css";
import type { TabProps } from "../tabProps";
import { DiskHealthPart } from "./DiskHealthPart";
import { Facts } from "./Facts";
import { PeripheralsPart } from "./PeripheralsPart";
import { readPower } from "./power";
import { PowerPart } from "./PowerPart";
import { readThermal } from "./thermal";
import { ThermalPart } from "./ThermalPart";

export function HardwareTab({ machine, report, choice, firstSeen_s }: TabProps) {
  const power = useMemo(() => readPower(machine), [machine]);
  const thermal = useMemo(() => readThermal(machine), [machine]);
  const id = machine.machine_id;
  return (
    <>
      <Charts id={id} panels={HARDWARE_PANELS} choice={choice} report={report} firstSeen_s={firstSeen_s} />
      <div className={`${page.parts} live`}>
        <div className={page.stack}>
          <DiskHealthPart id={id} report={report} />
          <PowerPart report={report} power={power} />
        </div>
        <div className={page.stack}>
          <ThermalPart report={report} thermal={thermal} />
          <PeripheralsPart id={id} report={report} />
        </div>
        <div className={page.whole}><Facts machine={machine} /></div>
      </div>
    </>
  );
}
