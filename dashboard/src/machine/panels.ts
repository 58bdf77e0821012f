// The charts of a machine's page: which metrics each shows, and how they read.
import { bytesPerSecond, celsius, count, decimal, percent } from "../format/quantities";
import { celsiusLabels, INCREMENTS, percentLabels, plainLabels, rateLabels, WHOLE_INCREMENTS } from "./valueAxis";

export interface Line {
  metric: string;
  label: string;
}

/** How values read: under the cursor, and beside the chart. */
interface Reading {
  format: (value: number | null | undefined) => string;
  labels: (splits: readonly number[]) => string[];
  increments: readonly number[];
}

export interface Panel extends Reading {
  title: string;
  lines: readonly Line[];
  /** Fixed ends of the vertical axis, where they mean something. */
  min: number | null;
  max: number | null;
  /** Names in the report's `unavailable`, for why there is no chart. */
  reasonName: string;
}

const PART = { format: percent, labels: percentLabels, increments: WHOLE_INCREMENTS, min: 0, max: 100 };
const RATE = { format: bytesPerSecond, labels: rateLabels, increments: INCREMENTS, min: 0, max: null };
const NUMBER = { format: count, labels: plainLabels, increments: WHOLE_INCREMENTS, max: null };
const LOAD = { format: decimal, labels: plainLabels, increments: INCREMENTS, min: 0, max: null };
const HEAT = { format: celsius, labels: celsiusLabels, increments: WHOLE_INCREMENTS, min: null, max: null };

export const PANELS: readonly Panel[] = [
  { ...PART, title: "CPU", lines: [{ metric: "cpu_percent", label: "CPU" }], reasonName: "cpu" },
  { ...PART, title: "Memory", lines: [{ metric: "memory_percent", label: "memory" }, { metric: "swap_percent", label: "swap" }], reasonName: "memory" },
  { ...LOAD, title: "Load", lines: [{ metric: "load_1", label: "1 min" }, { metric: "load_5", label: "5 min" }, { metric: "load_15", label: "15 min" }], reasonName: "load" },
  { ...RATE, title: "Network", lines: [{ metric: "recv_bytes_per_s", label: "received" }, { metric: "sent_bytes_per_s", label: "sent" }], reasonName: "network" },
  { ...RATE, title: "Disk traffic", lines: [{ metric: "disk_read_bytes_per_s", label: "read" }, { metric: "disk_write_bytes_per_s", label: "written" }], reasonName: "disk_io" },
  { ...PART, title: "Disk used", lines: [{ metric: "disk_percent", label: "used" }], reasonName: "disk" },
  { ...HEAT, title: "Temperature", lines: [{ metric: "temperature_c", label: "CPU" }], reasonName: "temperature" },
  { ...PART, title: "Battery", lines: [{ metric: "battery_percent", label: "charge" }], reasonName: "battery" },
  { ...NUMBER, title: "Processes", lines: [{ metric: "processes", label: "processes" }], min: null, reasonName: "processes" },
  { ...NUMBER, title: "Connections", lines: [{ metric: "connections", label: "connections" }], min: 0, reasonName: "connections" },
];

export const METRICS: readonly string[] = PANELS.flatMap((panel) => panel.lines.map((line) => line.metric));
