// A machine's latest report, as this page needs it. The wire's shape ends here.
import type { MachineView } from "../api/wire";
import { type Json, listIn, numberIn, objectIn, objectsIn, textIn } from "./untrusted";

export interface Disk {
  mountpoint: string;
  device: string | null;
  fstype: string | null;
  total: number | null;
  used: number | null;
  free: number | null;
  percent: number | null;
}

export interface NetworkInterface {
  name: string;
  addresses: string[];
  recv_bytes_per_s: number | null;
  sent_bytes_per_s: number | null;
  bytes_recv: number | null;
  bytes_sent: number | null;
  errors: number | null;
}

export interface Temperature {
  label: string;
  celsius: number;
}

export interface Process {
  pid: number | null;
  name: string;
  user: string | null;
  cpu: number | null;
  memory_percent: number | null;
  memory_bytes: number | null;
}

export interface OwnCost {
  cpu_percent: number | null;
  memory_bytes: number | null;
  wakeups_per_s: number | null;
  /** Monitors that took too long and look more seldom for it. */
  slowed: { name: string; took_ms: number | null; interval_s: number | null }[];
}

export interface Report {
  cpuPercent: number | null;
  perCore: number[];
  threads: number | null;
  load: (number | null)[];
  memory: { total: number | null; used: number | null; percent: number | null; swap_total: number | null; swap_used: number | null; swap_percent: number | null };
  diskPercent: number | null;
  uptime_s: number | null;
  disks: Disk[];
  interfaces: NetworkInterface[];
  temperatures: Temperature[];
  battery: { percent: number | null; plugged: boolean | null };
  processCount: number | null;
  processes: Process[];
  /** What the agent itself costs its machine. */
  agent: OwnCost;
  /** Why a value is missing, by its name. */
  unavailable: Record<string, string>;
}

export function readReport(machine: MachineView): Report {
  const metrics = objectIn(machine.latest_metrics);
  const info = objectIn(machine.info);
  const cpu = objectIn(metrics.cpu);
  const memory = objectIn(metrics.memory);
  const processes = objectIn(metrics.processes);
  const battery = objectIn(metrics.battery);
  return {
    cpuPercent: numberIn(cpu.percent),
    perCore: listIn(cpu.per_core).map((core) => numberIn(core) ?? 0),
    threads: numberIn(cpu.threads) ?? numberIn(info.cpu_threads),
    load: listIn(cpu.load_avg).map(numberIn),
    memory: {
      total: numberIn(memory.total), used: numberIn(memory.used), percent: numberIn(memory.percent),
      swap_total: numberIn(memory.swap_total), swap_used: numberIn(memory.swap_used), swap_percent: numberIn(memory.swap_percent),
    },
    diskPercent: numberIn(objectIn(metrics.disk).percent),
    uptime_s: numberIn(metrics.uptime_seconds),
    disks: readDisks(metrics.disks ?? info.disks),
    interfaces: readInterfaces(metrics.interfaces, info.network_interfaces),
    temperatures: readTemperatures(metrics),
    battery: { percent: numberIn(battery.percent), plugged: typeof battery.plugged === "boolean" ? battery.plugged : null },
    processCount: numberIn(processes.total),
    processes: readProcesses(processes),
    agent: readOwnCost(metrics.agent),
    unavailable: readReasons(metrics.unavailable, metrics.unavailable_detail),
  };
}

function readDisks(value: unknown): Disk[] {
  return listIn(value).map(objectIn).map((disk) => {
    const total = numberIn(disk.total);
    const used = numberIn(disk.used);
    const reckoned = total !== null && used !== null && total > 0 ? (used / total) * 100 : null;
    return {
      mountpoint: textIn(disk.mountpoint) ?? textIn(disk.device) ?? "?",
      device: textIn(disk.device), fstype: textIn(disk.fstype),
      total, used, free: numberIn(disk.free), percent: numberIn(disk.percent) ?? reckoned,
    };
  });
}

// Rates come with each report, addresses with the machine's facts.
function readInterfaces(metrics: unknown, facts: unknown): NetworkInterface[] {
  const addresses = new Map<string, string[]>();
  for (const fact of listIn(facts).map(objectIn)) {
    const found = listIn(fact.addresses).map((each) => textIn(objectIn(each).address)).filter((each) => each !== null);
    addresses.set(textIn(fact.name) ?? "?", found);
  }
  const reported = listIn(metrics).map(objectIn);
  const rows = reported.length > 0 ? reported : listIn(facts).map(objectIn);
  return rows.map((each) => {
    const name = textIn(each.name) ?? "?";
    return {
      name, addresses: addresses.get(name) ?? [],
      recv_bytes_per_s: numberIn(each.recv_bytes_per_s), sent_bytes_per_s: numberIn(each.sent_bytes_per_s),
      bytes_recv: numberIn(each.bytes_recv), bytes_sent: numberIn(each.bytes_sent), errors: sumOf(each.errin, each.errout),
    };
  });
}

function sumOf(a: unknown, b: unknown): number | null {
  const numbers = [numberIn(a), numberIn(b)].filter((each) => each !== null);
  return numbers.length === 0 ? null : numbers.reduce((sum, each) => sum + each, 0);
}

function readTemperatures(metrics: Json): Temperature[] {
  const found: Temperature[] = [];
  for (const sensor of listIn(metrics.temperatures).map(objectIn)) {
    const celsius = numberIn(sensor.celsius);
    if (celsius !== null) found.push({ label: textIn(sensor.label) ?? "sensor", celsius });
  }
  const cpu = numberIn(objectIn(metrics.temperature).cpu);
  if (found.length === 0 && cpu !== null) found.push({ label: "CPU", celsius: cpu });
  return found;
}

// The two lists of five overlap: one row for each process.
function readProcesses(processes: Json): Process[] {
  const byPid = new Map<string, Process>();
  for (const each of [...listIn(processes.top_cpu), ...listIn(processes.top_memory)].map(objectIn)) {
    const pid = numberIn(each.pid);
    const name = textIn(each.name) ?? "?";
    byPid.set(`${pid ?? name}`, {
      pid, name, user: textIn(each.user), cpu: numberIn(each.cpu),
      memory_percent: numberIn(each.memory), memory_bytes: numberIn(each.memory_bytes),
    });
  }
  return [...byPid.values()];
}

function readOwnCost(value: unknown): OwnCost {
  const cost = objectIn(value);
  return {
    cpu_percent: numberIn(cost.cpu_percent), memory_bytes: numberIn(cost.memory_bytes), wakeups_per_s: numberIn(cost.wakeups_per_s),
    slowed: objectsIn(cost.slowed).map((each) => ({ name: textIn(each.name) ?? "?", took_ms: numberIn(each.took_ms), interval_s: numberIn(each.interval_s) })),
  };
}

const REASON: Record<string, string> = {
  unsupported: "this machine can't tell",
  no_permission: "the agent may not read it",
  tool_missing: "a tool it needs is missing",
  timed_out: "it took too long to read",
  stale: "what is known is too old to be shown",
};

function readReasons(value: unknown, details: unknown): Record<string, string> {
  const reasons: Record<string, string> = {};
  const more = objectIn(details);
  for (const [name, reason] of Object.entries(objectIn(value))) {
    const detail = Object.hasOwn(more, name) ? textIn(more[name]) : null;
    reasons[name] = detail === null ? reasonWords(reason) : `${reasonWords(reason)} (${detail})`;
  }
  return reasons;
}

/** The contract's word for why something is missing, as people say it. */
export function reasonWords(reason: unknown): string {
  const text = textIn(reason) ?? "";
  return Object.hasOwn(REASON, text) ? (REASON[text] ?? text) : text;
}

/** The reason for a missing value, for its tooltip. The first of the names that has one counts. */
export function whyMissing(report: Report, ...names: readonly string[]): string {
  const known = names.find((name) => Object.hasOwn(report.unavailable, name));
  return known === undefined ? "Not in its reports" : `Unknown: ${report.unavailable[known]}`;
}
