import { expect, test } from "vitest";
import { brokenAtGaps, gapsIn, withCauses } from "./gaps";
import type { Series } from "./series";

function series(times: number[], step_s = 30): Series {
  const values = times.map((_, index) => index);
  return { step_s, times, told: [], lines: new Map([["cpu_percent", { avg: values, min: values, max: values }], ["swap_percent", { avg: times.map(() => null), min: [], max: [] }]]) };
}

test("a missing stretch is a gap, and breaks the lines", () => {
  const broken = series([0, 30, 60, 300, 330]);
  expect(gapsIn(broken, { from_s: 0, to_s: 345 }, 0)).toEqual([{ from_s: 60, to_s: 300 }]);
  expect(brokenAtGaps(broken).times).toEqual([0, 30, 60, 90, 300, 330]);
  expect(brokenAtGaps(broken).lines.get("cpu_percent")?.avg).toEqual([0, 1, 2, null, 3, 4]);
});

test("a value that the reports leave out is no gap", () => {
  expect(gapsIn(series([0, 30, 60]), { from_s: 0, to_s: 60 }, 0)).toEqual([]);
});

test("one report that was a little late is no gap", () => {
  expect(gapsIn(series([0, 30, 100, 130]), { from_s: 0, to_s: 130 }, 0)).toEqual([]);
});

test("a machine that used to report less often was not silent in between", () => {
  expect(gapsIn(series([0, 300, 600, 900, 930]), { from_s: 0, to_s: 930 }, 0)).toEqual([]);
});

test("silence at both ends is a gap, but not before the first report of all", () => {
  const middle = series([1000, 1030, 1060]);
  expect(gapsIn(middle, { from_s: 500, to_s: 2000 }, 0)).toEqual([{ from_s: 500, to_s: 1000 }, { from_s: 1060, to_s: 2000 }]);
  expect(gapsIn(middle, { from_s: 500, to_s: 1060 }, 1000)).toEqual([]);
});

test("a span without any report is one gap", () => {
  expect(gapsIn(series([]), { from_s: 500, to_s: 2000 }, 0)).toEqual([{ from_s: 500, to_s: 2000 }]);
});

test("a gap says its cause, and is cut where another begins", () => {
  const told = [{ from_s: 500, to_s: 1000, cause: "network_down" }, { from_s: 100, to_s: 480, cause: "asleep" }];
  expect(withCauses([{ from_s: 100, to_s: 1000 }], told)).toEqual([
    { from_s: 100, to_s: 480, words: "asleep" },
    { from_s: 480, to_s: 1000, words: "network down" },
  ]);
});

test("what nobody knows the cause of says so, beside what is known", () => {
  expect(withCauses([{ from_s: 0, to_s: 900 }], [{ from_s: 300, to_s: 600, cause: "powered_off" }]).map((gap) => [gap.from_s, gap.to_s, gap.words])).toEqual([
    [0, 300, "no reports"], [300, 600, "switched off"], [600, 900, "no reports"],
  ]);
  expect(withCauses([{ from_s: 0, to_s: 900 }], [{ from_s: 0, to_s: 900, cause: "toString" }])[0]?.words).toBe("no reports");
});
