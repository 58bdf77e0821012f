// The charts of a machine's page: which metrics each shows, and how they read.
import { bytes, bytesPerSecond, celsius, count, decibels, decimal, megabits, milliseconds, percent, percentFine } from "../../format/quantities";
import { byteLabels, celsiusLabels, INCREMENTS, labelsWith, percentLabels, plainLabels, rateLabels, WHOLE_INCREMENTS } from "./valueAxis";

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
  /** The axis shows this much at least: nothing lost must not look like much. */
  leastTop?: number;
  /** Names in the report's `unavailable`, for why there is no chart. */
  reasonName: string;
}

const PART = { format: percent, labels: percentLabels, increments: WHOLE_INCREMENTS, min: 0, max: 100 };
const RATE = { format: bytesPerSecond, labels: rateLabels, increments: INCREMENTS, min: 0, max: null };
const NUMBER = { format: count, labels: plainLabels, increments: WHOLE_INCREMENTS, max: null };
const LOAD = { format: decimal, labels: plainLabels, increments: INCREMENTS, min: 0, max: null };
const HEAT = { format: celsius, labels: celsiusLabels, increments: WHOLE_INCREMENTS, min: null, max: null };

const DELAY = { format: milliseconds, labels: labelsWith("ms"), increments: INCREMENTS, min: 0, max: null, leastTop: 1 };
// One percent matters here: the axis ends where the values do.
const LOSS = { format: percentFine, labels: percentLabels, increments: INCREMENTS, min: 0, max: null, leastTop: 1 };
const SPEED = { format: megabits, labels: labelsWith("Mbit/s"), increments: INCREMENTS, min: 0, max: null };

export const SYSTEM_PANELS: readonly Panel[] = [
  { ...PART, title: "CPU", lines: [{ metric: "cpu_percent", label: "CPU" }], reasonName: "cpu" },
  { ...PART, title: "Memory", lines: [{ metric: "memory_percent", label: "memory" }, { metric: "swap_percent", label: "swap" }], reasonName: "memory" },
  { ...LOAD, title: "Load", lines: [{ metric: "load_1", label: "1 min" }, { metric: "load_5", label: "5 min" }, { metric: "load_15", label: "15 min" }], reasonName: "load" },
  { ...RATE, title: "Network", lines: [{ metric: "recv_bytes_per_s", label: "received" }, { metric: "sent_bytes_per_s", label: "sent" }], reasonName: "network" },
  { ...RATE, title: "Disk traffic", lines: [{ metric: "disk_read_bytes_per_s", label: "read" }, { metric: "disk_write_bytes_per_s", label: "written" }], reasonName: "disk_io" },
  { ...PART, title: "Disk used", lines: [{ metric: "disk_percent", label: "used" }], reasonName: "disk" },
];

export const NETWORK_PANELS: readonly Panel[] = [
  { ...DELAY, title: "Round trip", lines: [{ metric: "ping_latency_ms", label: "outside" }, { metric: "gateway_latency_ms", label: "gateway" }], reasonName: "ping" },
  { ...LOSS, title: "Packets lost", lines: [{ metric: "ping_loss_percent", label: "outside" }, { metric: "gateway_loss_percent", label: "gateway" }], reasonName: "ping" },
  { ...DELAY, title: "Jitter", lines: [{ metric: "ping_jitter_ms", label: "outside" }], reasonName: "ping" },
  { ...DELAY, title: "DNS", lines: [{ metric: "dns_latency_ms", label: "answer" }], reasonName: "dns" },
  { format: decibels, labels: labelsWith("dBm"), increments: WHOLE_INCREMENTS, min: null, max: null, title: "Wi-Fi signal", lines: [{ metric: "wifi_signal_dbm", label: "signal" }, { metric: "wifi_noise_dbm", label: "noise" }], reasonName: "wifi" },
  { ...SPEED, title: "Wi-Fi rate", lines: [{ metric: "wifi_rate_mbps", label: "rate" }], reasonName: "wifi" },
  { format: decimal, labels: plainLabels, increments: INCREMENTS, min: 1, max: 4.5, title: "Voice quality (MOS)", lines: [{ metric: "mos", label: "MOS" }], reasonName: "voice" },
  { ...SPEED, title: "Speed tests", lines: [{ metric: "download_mbps", label: "down" }, { metric: "upload_mbps", label: "up" }], reasonName: "speedtest" },
  { ...NUMBER, title: "Connections", lines: [{ metric: "connections", label: "connections" }], min: 0, reasonName: "connections" },
];

export const HARDWARE_PANELS: readonly Panel[] = [
  { ...HEAT, title: "Temperature", lines: [{ metric: "temperature_c", label: "CPU" }], reasonName: "temperature" },
  { ...NUMBER, title: "Fans", lines: [{ metric: "fan_rpm", label: "the fastest, turns a minute" }], min: 0, reasonName: "thermal" },
  { ...PART, title: "Battery", lines: [{ metric: "battery_percent", label: "charge" }, { metric: "battery_health_percent", label: "health" }], reasonName: "battery" },
  { ...NUMBER, title: "Processes", lines: [{ metric: "processes", label: "processes" }], min: null, reasonName: "processes" },
  { ...LOSS, title: "The agent's own CPU", lines: [{ metric: "agent_cpu_percent", label: "of one core" }], reasonName: "agent" },
  { format: bytes, labels: byteLabels, increments: INCREMENTS, min: 0, max: null, title: "The agent's own memory", lines: [{ metric: "agent_memory_bytes", label: "memory" }], reasonName: "agent" },
];

export const metricsOf = (panels: readonly Panel[]): string[] => panels.flatMap((panel) => panel.lines.map((line) => line.metric));
