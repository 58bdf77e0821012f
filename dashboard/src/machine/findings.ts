// What stands out on a machine: at most five lines, each with its evidence, the
// gravest first. Pure, so that every line can be tested.
import type { Alarm, MachineView } from "../api/wire";
import { bytes, celsius, counted, decimal, isKnown, percent } from "../format/quantities";
import { duration, parseTime_s } from "../format/times";
import type { Report } from "./report";

export interface Finding {
  tone: "red" | "amber" | "plain";
  headline: string;
  evidence: string;
}

const FINDINGS_MAX = 5;
const DISK_FULL_PERCENT = 90;
const SWAP_BUSY_PERCENT = 50;
const HOT_C = 90;
const JUST_STARTED_S = 3600;
const HUNGRY_PROCESS_PERCENT = 80;
/** A load above this many times the hardware threads means work is waiting. */
const LOAD_FACTOR = 1.5;

export function findingsAbout(machine: MachineView, report: Report, alarms: readonly Alarm[], now_s: number): Finding[] {
  const silent = presenceFinding(machine, now_s);
  const findings = [
    silent,
    ...diskFindings(report),
    ...(silent?.tone === "red" ? [] : busyFindings(report, alarms)),
    heatFinding(report),
    ...agentFindings(machine),
    startedFinding(report, machine),
  ];
  const rank = { red: 0, amber: 1, plain: 2 };
  return findings.filter((each) => each !== null).toSorted((a, b) => rank[a.tone] - rank[b.tone]).slice(0, FINDINGS_MAX);
}

function presenceFinding(machine: MachineView, now_s: number): Finding | null {
  const last_s = parseTime_s(machine.last_seen);
  const ago = last_s === null ? "unknown" : `${duration(now_s - last_s)} ago`;
  const evidence = `last report ${ago}, one is due every ${duration(machine.interval_s)}`;
  if (machine.status === "offline") return { tone: "red", headline: "Offline", evidence };
  if (machine.status === "warning") return { tone: "amber", headline: "Late", evidence };
  return null;
}

function diskFindings(report: Report): Finding[] {
  return report.disks
    .filter((disk) => isKnown(disk.percent) && disk.percent >= DISK_FULL_PERCENT)
    .map((disk) => ({
      tone: "amber",
      headline: `${disk.mountpoint} is nearly full`,
      evidence: `${percent(disk.percent)} used, ${bytes(disk.free)} free of ${bytes(disk.total)}`,
    }));
}

function busyFindings(report: Report, alarms: readonly Alarm[]): (Finding | null)[] {
  return [cpuFinding(report, alarms), loadFinding(report), memoryFinding(report, alarms), swapFinding(report)];
}

function cpuFinding(report: Report, alarms: readonly Alarm[]): Finding | null {
  const hungriest = report.processes.toSorted((a, b) => (b.cpu ?? 0) - (a.cpu ?? 0))[0];
  const hungry = hungriest && (hungriest.cpu ?? 0) >= HUNGRY_PROCESS_PERCENT ? hungriest : null;
  const who = hungry ? `${hungry.name} takes ${percent(hungry.cpu)} of a core` : null;
  if (alarms.includes("cpu")) return { tone: "amber", headline: "The CPU is busy", evidence: [percent(report.cpuPercent), who].filter((each) => each !== null).join(", ") };
  return who === null ? null : { tone: "plain", headline: "One process works hard", evidence: who };
}

function loadFinding(report: Report): Finding | null {
  const load = report.load[1] ?? null;
  if (load === null || report.threads === null || load < report.threads * LOAD_FACTOR) return null;
  return { tone: "amber", headline: "Work is waiting", evidence: `load ${decimal(load)} over 5 minutes on ${counted(report.threads, "thread")}` };
}

function memoryFinding(report: Report, alarms: readonly Alarm[]): Finding | null {
  if (!alarms.includes("memory")) return null;
  return { tone: "amber", headline: "Memory is short", evidence: `${percent(report.memory.percent)}, ${bytes(report.memory.used)} of ${bytes(report.memory.total)}` };
}

function swapFinding(report: Report): Finding | null {
  const { swap_percent: part, swap_used, swap_total } = report.memory;
  if (part === null || part < SWAP_BUSY_PERCENT) return null;
  return { tone: "plain", headline: "Much is swapped out", evidence: `${bytes(swap_used)} of ${bytes(swap_total)} swap` };
}

function heatFinding(report: Report): Finding | null {
  const hottest = report.temperatures.toSorted((a, b) => b.celsius - a.celsius)[0];
  if (!hottest || hottest.celsius < HOT_C) return null;
  return { tone: "amber", headline: "It runs hot", evidence: `${hottest.label} at ${celsius(hottest.celsius)}` };
}

function agentFindings({ agent }: MachineView): (Finding | null)[] {
  return [
    agent.dropped_reports > 0
      ? { tone: "amber", headline: "Reports were lost on the machine", evidence: `${counted(agent.dropped_reports, "report")} dropped by its agent while the server was away` }
      : null,
    agent.late_reports > 0
      ? { tone: "plain", headline: "Reports came late", evidence: `${counted(agent.late_reports, "report")} sent after the fact` }
      : null,
    agent.kind === "2.0" ? { tone: "plain", headline: "An ATLAS 2.0 agent", evidence: "its reports aren't sealed" } : null,
  ];
}

function startedFinding(report: Report, machine: MachineView): Finding | null {
  if (report.uptime_s === null || report.uptime_s > JUST_STARTED_S || machine.status !== "online") return null;
  return { tone: "plain", headline: "Started recently", evidence: `${duration(report.uptime_s)} ago` };
}
