// What every tab of a machine's page is given.
import type { MachineView } from "../api/wire";
import type { Choice } from "./charts/span";
import type { Report } from "./report";

export interface TabProps {
  machine: MachineView;
  report: Report;
  choice: Choice;
  firstSeen_s: number;
}
