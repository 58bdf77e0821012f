// Hardware, system and agent: what seldom changes.
import type { MachineView } from "../../api/wire";
import { reportedSystemName } from "../../fleet/systemName";
import { bytes, counted } from "../../format/quantities";
import { exactTime, parseTime_s } from "../../format/times";
import { FactList } from "../FactList";
import { Part } from "../Part";
import { numberIn, objectIn, textIn } from "../untrusted";

export function Facts({ machine }: { machine: MachineView }) {
  const info = objectIn(machine.info);
  const facts: [label: string, value: string | null][] = [
    ["Host name", textIn(info.hostname)],
    ["Machine id", machine.machine_id],
    ["Model", textIn(info.model)],
    ["Serial number", textIn(info.serial_number)],
    ["Processor", textIn(info.processor)],
    ["Cores", coresOf(info)],
    ["Graphics", textIn(objectIn(info.gpu).name)],
    ["Memory", numberIn(info.total_memory) === null ? null : bytes(numberIn(info.total_memory))],
    ["System", reportedSystemName(textIn(info.os), textIn(info.os_version))],
    ["Kernel", textIn(info.kernel)],
    ["Architecture", textIn(info.architecture)],
    ["Address", textIn(info.local_ip)],
    ["Started", textIn(info.boot_time)?.replace("T", " ").slice(0, 19) ?? null],
    ["First seen", exactTime(parseTime_s(machine.first_seen))],
    ["Agent", agentOf(machine, textIn(info.agent_version))],
  ];
  return (
    <Part title="Facts">
      <FactList facts={facts.map(([label, value]) => ({ label, value, title: value === null ? "Not in its reports" : undefined }))} />
    </Part>
  );
}

function coresOf(info: Record<string, unknown>): string | null {
  const cores = numberIn(info.cpu_count);
  const threads = numberIn(info.cpu_threads);
  if (cores === null && threads === null) return null;
  if (cores === null || threads === null || cores === threads) return counted(cores ?? threads ?? 0, "core");
  return `${counted(cores, "core")}, ${counted(threads, "thread")}`;
}

function agentOf(machine: MachineView, reported: string | null): string {
  const version = machine.agent.version ?? reported;
  if (machine.agent.kind === "2.0") return version === null ? "ATLAS 2.0" : `ATLAS 2.0 (${version})`;
  return version === null ? "ATLAS" : `ATLAS ${version}`;
}
