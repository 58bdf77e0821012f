import { expect, test } from "vitest";
import type { MachineView } from "../api/wire";
import { testCard } from "../fleet/testCard";
import { findingsAbout } from "./findings";
import { readReport } from "./report";
import { withNewest } from "./series";
import { parseChoice, zoomParams } from "./span";

const NOW_S = Date.parse("2026-11-24T04:00:30Z") / 1000;

function machine(changes: Partial<MachineView>): MachineView {
  return {
    machine_id: "a", info: {}, first_seen: "2026-11-01T00:00:00Z", last_seen: "2026-11-24T04:00:00Z", status: "online",
    latest_metrics: null, tags: [], presence_since: "2026-11-24T00:00:00Z", presence_cause: null, interval_s: 30,
    agent: { kind: "atlas", version: "2.1.0", dropped_reports: 0, late_reports: 0 }, ...changes,
  };
}

const findings = (view: MachineView) => findingsAbout(view, readReport(view), [], NOW_S).map((each) => each.headline);

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

test("a new report lengthens the line once", () => {
  const start = { step_s: 30, times: [NOW_S - 60], lines: new Map([["cpu_percent", { avg: [1], min: [1], max: [1] }]]) };
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
