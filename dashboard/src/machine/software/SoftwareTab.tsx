// What runs, what is installed, what waits to be updated, and what crashed.
import page from "../MachinePage.module.css";
import { Processes } from "../overview/Processes";
import type { TabProps } from "../tabProps";
import { CrashesPart } from "./CrashesPart";
import { InventoryPart } from "./InventoryPart";
import { ServicesPart } from "./ServicesPart";
import { UpdatesPart } from "./UpdatesPart";

export function SoftwareTab({ machine, report }: TabProps) {
  const id = machine.machine_id;
  return (
    <div className={`${page.parts} live`}>
      <div className={page.stack}>
        <ServicesPart id={id} report={report} />
        <UpdatesPart id={id} report={report} />
        <CrashesPart id={id} report={report} />
      </div>
      <div className={page.stack}>
        <InventoryPart id={id} report={report} />
        <Processes report={report} />
      </div>
    </div>
  );
}
