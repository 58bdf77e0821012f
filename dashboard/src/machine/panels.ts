// The charts of a machine's page: which metrics each shows, and how they read.
import { bytesPerSecond, celsius, count, decimal, percent } from "../format/quantities";

export interface Line {
  metric: string;
  label: string;
}

export interface Panel {
  title: string;
  lines: readonly Line[];
  format: (value: number | null | undefined) => string;
  /** Fixed ends of the vertical axis, where they mean something. */
  min: number | null;
  max: number | null;
  /** Names in the report's `unavailable`, for why there is no chart. */
  reasonName: string;
}

export const PANELS: readonly Panel[] = [
  { title: "CPU", lines: [{ metric: "cpu_percent", label: "CPU" }], format: percent, min: 0, max: 100, reasonName: "cpu" },
  { title: "Memory", lines: [{ metric: "memory_percent", label: "memory" }, { metric: "swap_percent", label: "swap" }], format: percent, min: 0, max: 100, reasonName: "memory" },
  { title: "Load", lines: [{ metric: "load_1", label: "1 min" }, { metric: "load_5", label: "5 min" }, { metric: "load_15", label: "15 min" }], format: decimal, min: 0, max: null, reasonName: "load" },
  { title: "Network", lines: [{ metric: "recv_bytes_per_s", label: "received" }, { metric: "sent_bytes_per_s", label: "sent" }], format: bytesPerSecond, min: 0, max: null, reasonName: "network" },
  { title: "Disk traffic", lines: [{ metric: "disk_read_bytes_per_s", label: "read" }, { metric: "disk_write_bytes_per_s", label: "written" }], format: bytesPerSecond, min: 0, max: null, reasonName: "disk_io" },
  { title: "Disk used", lines: [{ metric: "disk_percent", label: "used" }], format: percent, min: 0, max: 100, reasonName: "disk" },
  { title: "Temperature", lines: [{ metric: "temperature_c", label: "CPU" }], format: celsius, min: null, max: null, reasonName: "temperature" },
  { title: "Battery", lines: [{ metric: "battery_percent", label: "charge" }], format: percent, min: 0, max: 100, reasonName: "battery" },
  { title: "Processes", lines: [{ metric: "processes", label: "processes" }], format: count, min: null, max: null, reasonName: "processes" },
  { title: "Connections", lines: [{ metric: "connections", label: "connections" }], format: count, min: 0, max: null, reasonName: "connections" },
];

export const METRICS: readonly string[] = PANELS.flatMap((panel) => panel.lines.map((line) => line.metric));
