// What stands out on a machine: at most five lines, each with its evidence, the
// gravest first. Pure, so that every line can be tested.
import type { Alarm, MachineView } from "../../api/wire";
import { bytes, celsius, counted, decimal, isKnown, percent } from "../../format/quantities";
import { duration, parseTime_s } from "../../format/times";
import { BATTERY_WORN_PERCENT } from "../hardware/limits";
import { type DiskHealth, diskTrouble } from "../hardware/diskHealth";
import type { Power } from "../hardware/power";
import type { NetworkReport } from "../network/networkReport";
import { whereWords } from "../network/trouble";
import type { Report } from "../report";
import { type Posture, POSTURE_LOW } from "../security/posture";
import type { Services } from "../software/services";
import { causeWords } from "../../presence/cause";

export interface Finding {
  tone: "red" | "amber" | "plain";
  headline: string;
  evidence: string;
}

/** What is known of a machine, from all parts of its page. */
export interface Known {
  machine: MachineView;
  report: Report;
  power: Power | null;
  network: NetworkReport;
  services: Services | null;
  disks: readonly DiskHealth[];
  posture: Posture | null;
}

const FINDINGS_MAX = 5;
const NAMED_MAX = 3;
const DISK_FULL_PERCENT = 90;
const SWAP_BUSY_PERCENT = 50;
const HOT_C = 90;
const JUST_STARTED_S = 3600;
const HUNGRY_PROCESS_PERCENT = 80;
/** A load above this many times the hardware threads means work is waiting. */
const LOAD_FACTOR = 1.5;

export function findingsAbout(known: Known, alarms: readonly Alarm[], now_s: number): Finding[] {
  const { machine, report } = known;
  const silent = presenceFinding(machine, now_s);
  const findings = [
    silent,
    // Of a machine that is silent for long, the network was well or ill back then.
    ...(silent?.tone === "red" ? [] : [networkFinding(known.network), ...busyFindings(report, alarms)]),
    ...diskHealthFindings(known.disks),
    ...diskFindings(report),
    servicesFinding(known.services),
    heatFinding(report),
    batteryFinding(known.power),
    postureFinding(known.posture),
    ...agentFindings(machine, report),
    startedFinding(report, machine),
  ];
  const rank = { red: 0, amber: 1, plain: 2 };
  return findings.filter((each) => each !== null).toSorted((a, b) => rank[a.tone] - rank[b.tone]).slice(0, FINDINGS_MAX);
}

function presenceFinding(machine: MachineView, now_s: number): Finding | null {
  const last_s = parseTime_s(machine.last_seen);
  const ago = last_s === null ? "unknown" : `${duration(now_s - last_s)} ago`;
  const evidence = `last report ${ago}, one is due every ${duration(machine.interval_s)}`;
  const cause = causeWords(machine.presence_cause);
  if (machine.status === "offline") return { tone: "red", headline: cause === null ? "Offline" : `Offline: ${cause}`, evidence };
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

function networkFinding({ diagnosis }: NetworkReport): Finding | null {
  if (diagnosis === null || diagnosis.trouble === "none") return null;
  const evidence = diagnosis.evidence.length > 0 ? diagnosis.evidence.slice(0, NAMED_MAX).join(" ") : diagnosis.summary;
  return { tone: diagnosis.severity === "critical" ? "red" : "amber", headline: `Trouble ${whereWords(diagnosis.trouble)}`, evidence };
}

function diskHealthFindings(disks: readonly DiskHealth[]): (Finding | null)[] {
  return disks.map((disk) => {
    const trouble = diskTrouble(disk);
    return trouble && { tone: trouble.tone, headline: trouble.tone === "red" ? `Disk ${disk.name} fails` : `Disk ${disk.name} wears out`, evidence: trouble.words };
  });
}

function servicesFinding(services: Services | null): Finding | null {
  const failed = services?.failed ?? [];
  if (failed.length === 0) return null;
  const named = failed.slice(0, NAMED_MAX).map((each) => (each.status === null ? each.name : `${each.name} (${each.status})`)).join(", ");
  const more = failed.length > NAMED_MAX ? ` and ${failed.length - NAMED_MAX} more` : "";
  return { tone: "amber", headline: failed.length === 1 ? "A service failed" : `${counted(failed.length, "service")} failed`, evidence: named + more };
}

function batteryFinding(power: Power | null): Finding | null {
  const health = power?.health_percent ?? null;
  if (power === null || health === null || health >= BATTERY_WORN_PERCENT) return null;
  const cycles = power.cycle_count === null ? "" : ` after ${counted(power.cycle_count, "cycle")}`;
  return { tone: "amber", headline: "The battery is worn", evidence: `it holds ${percent(health)} of what it held when new${cycles}` };
}

function postureFinding(posture: Posture | null): Finding | null {
  if (posture?.score === null || posture === null || posture.score >= POSTURE_LOW) return null;
  const off = posture.guards.filter((guard) => guard.isOn === false).map((guard) => guard.label);
  return { tone: "amber", headline: "Weakly protected", evidence: `${posture.score} of 100${off.length === 0 ? "" : `; off: ${off.slice(0, NAMED_MAX).join(", ")}`}` };
}

function slowedFinding({ agent }: Report): Finding | null {
  const first = agent.slowed[0];
  if (!first) return null;
  const more = agent.slowed.length > 1 ? `, and ${agent.slowed.length - 1} more` : "";
  return { tone: "plain", headline: "The agent looks more seldom", evidence: `${first.name} took ${decimal((first.took_ms ?? 0) / 1000, 1)} s${more}` };
}

function agentFindings({ agent }: MachineView, report: Report): (Finding | null)[] {
  return [
    agent.dropped_reports > 0
      ? { tone: "amber", headline: "Reports were lost on the machine", evidence: `${counted(agent.dropped_reports, "report")} dropped by its agent while the server was away` }
      : null,
    agent.late_reports > 0
      ? { tone: "plain", headline: "Reports came late", evidence: `${counted(agent.late_reports, "report")} sent after the fact` }
      : null,
    slowedFinding(report),
    agent.kind === "2.0" ? { tone: "plain", headline: "An ATLAS 2.0 agent", evidence: "its reports aren't sealed" } : null,
  ];
}

function startedFinding(report: Report, machine: MachineView): Finding | null {
  if (report.uptime_s === null || report.uptime_s > JUST_STARTED_S || machine.status !== "online") return null;
  return { tone: "plain", headline: "Started recently", evidence: `${duration(report.uptime_s)} ago` };
}
