// What a machine is called, on every page alike.
import type { MachineView } from "../api/wire";
import { objectIn, textIn } from "./untrusted";

export function nameOf(machine: MachineView): string {
  const info = objectIn(machine.info);
  return textIn(info.computer_name) ?? textIn(info.hostname) ?? machine.machine_id;
}
