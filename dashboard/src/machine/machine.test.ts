import { expect, test } from "vitest";
import type { MachineView } from "../api/wire";
import { testCard } from "../fleet/testCard";
import { readDiskHealth } from "./hardware/diskHealth";
import { readPower } from "./hardware/power";
import { readNetwork } from "./network/networkReport";
import { findingsAbout, type Known } from "./overview/findings";
import { readPosture } from "./security/posture";
import { readServices } from "./software/services";
import { readReport } from "./report";
import { withNewest } from "./charts/series";
import { parseChoice, zoomParams } from "./charts/span";

const NOW_S = Date.parse("2026-11-24T04:00:30Z") / 1000;

function machine(changes: Partial<MachineView>): MachineView {
  return {
    machine_id: "a", info: {}, first_seen: "2026-11-01T00:00:00Z", last_seen: "2026-11-24T04:00:00Z", status: "online",
    latest_metrics: null, tags: [], presence_since: "2026-11-24T00:00:00Z", presence_cause: null, interval_s: 30,
    agent: { kind: "atlas", version: "2.1.0", dropped_reports: 0, late_reports: 0 }, ...changes,
  };
}

function knownOf(view: MachineView, more: Partial<Known> = {}): Known {
  return { machine: view, report: readReport(view), power: readPower(view), network: readNetwork(view), services: null, disks: [], posture: null, ...more };
}

const findings = (view: MachineView, more?: Partial<Known>) => findingsAbout(knownOf(view, more), [], NOW_S).map((each) => each.headline);

test("a machine that reported nothing has nothing that stands out", () => {
  expect(findings(machine({}))).toEqual([]);
});

test("a report full of wrong types is read as unknown, not believed", () => {
  const hostile = { cpu: "busy", memory: [1], disks: [{ mountpoint: 7, total: "much" }, null, 3], processes: { top_cpu: "x" }, temperatures: [{ celsius: "hot" }] };
  const report = readReport(machine({ info: "hello", latest_metrics: hostile }));
  expect(report).toMatchObject({ cpuPercent: null, perCore: [], temperatures: [], processes: [] });
  expect(report.disks[0]).toMatchObject({ mountpoint: "7", total: null, percent: null });
});

test("full disks, hungry processes and lost reports stand out, the gravest first", () => {
  const view = machine({
    status: "offline",
    latest_metrics: { disks: [{ mountpoint: "/", total: 100, used: 95, free: 5 }], processes: { top_cpu: [{ pid: 1, name: "<defunct>", cpu: 99 }] } },
    agent: { kind: "2.0", version: null, dropped_reports: 2, late_reports: 0 },
  });
  expect(findings(view)).toEqual(["Offline", "/ is nearly full", "Reports were lost on the machine", "An ATLAS 2.0 agent"]);
});

test("worn parts, failed services, weak protection and the network's trouble stand out with their evidence, at most five", () => {
  const view = machine({ latest_metrics: { power: { health_percent: 61, cycle_count: 1200 }, diagnosis: { trouble: "wifi", severity: "critical", summary: "s", evidence: ["signal -80 dBm"] }, agent: { slowed: [{ name: "wifi", took_ms: 5200 }] } } });
  const more: Partial<Known> = {
    services: readServices({ failed: [{ name: "a", status: "exit-code 1" }, { name: "b" }, { name: "c" }, { name: "d" }] }),
    posture: readPosture({ security_score: 20, firewall_enabled: false }),
    disks: readDiskHealth({ disks: [{ name: "sda", smart_status: "failed" }] }),
  };
  const found = findingsAbout(knownOf(view, more), [], NOW_S);
  expect(found.map(({ tone, headline }) => [tone, headline])).toEqual([
    ["red", "Trouble in its Wi-Fi"], ["red", "Disk sda fails"], ["amber", "4 services failed"], ["amber", "The battery is worn"], ["amber", "Weakly protected"],
  ]);
  expect(found.map((each) => each.evidence)).toEqual(["signal -80 dBm", "it says itself that it fails", "a (exit-code 1), b, c and 1 more", "it holds 61 % of what it held when new after 1,200 cycles".replace("61 %", "61\u00a0%"), "20 of 100; off: Firewall"]);
});

test("a machine that is silent says why, and not how its network was", () => {
  const view = machine({ status: "offline", presence_cause: "powered_off", latest_metrics: { diagnosis: { trouble: "wifi", severity: "critical", summary: "s" } } });
  expect(findings(view)).toEqual(["Offline: switched off"]);
});

test("a new report lengthens the line once", () => {
  const start = { step_s: 30, told: [], times: [NOW_S - 60], lines: new Map([["cpu_percent", { avg: [1], min: [1], max: [1] }]]) };
  const card = testCard({ id: "a", cpu_percent: 42 });
  const once = withNewest(start, card);
  expect(once.lines.get("cpu_percent")?.avg).toEqual([1, 42]);
  expect(withNewest(once, card)).toBe(once);
});

test("a zoom in the address must make sense", () => {
  expect(parseChoice("?range=7d&from=5&to=1")).toEqual({ range: "7d", zoom: null });
  expect(parseChoice("?from=1000&to=5000").zoom).toEqual({ from_s: 1000, to_s: 5000 });
  expect(parseChoice("?from=x&to=Infinity&range=__proto__")).toEqual({ range: "1h", zoom: null });
  expect(zoomParams({ from_s: 100, to_s: 110 })).toEqual({ from: "75", to: "135" });
});
