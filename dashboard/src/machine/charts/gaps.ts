// Where a machine was silent. Only that is a gap: a value that its reports leave out
// breaks the line of that value, and nothing more.
import { causeWords } from "../../presence/cause";
import type { Series, ToldGap } from "./series";
import type { Span } from "./span";

/** So many steps without a report are a gap, not jitter. */
const GAP_STEPS = 2.5;

/** How long without a report until it counts as silence. */
export function silence_s({ times, step_s }: Series): number {
  // A machine that used to report less often was not silent in between.
  const between = times.slice(1).map((at_s, index) => at_s - (times[index] ?? at_s)).toSorted((a, b) => a - b);
  const usual_s = between[Math.floor(between.length / 2)] ?? step_s;
  return Math.max(step_s, usual_s) * GAP_STEPS;
}

/** The silent stretches within the span; before its first report a machine isn't silent. */
export function gapsIn(series: Series, span: Span, firstSeen_s: number): Span[] {
  const limit_s = silence_s(series);
  const { times } = series;
  const gaps: Span[] = [];
  let known_s = Math.max(span.from_s, Math.min(firstSeen_s, times[0] ?? firstSeen_s));
  for (const at_s of [...times, span.to_s]) {
    if (at_s - known_s > limit_s) gaps.push({ from_s: known_s, to_s: Math.min(at_s, span.to_s) });
    known_s = Math.max(known_s, at_s);
  }
  return gaps;
}

/** The series with an empty point in every gap, so that its lines stop there. */
export function brokenAtGaps(series: Series): Series {
  const limit_s = silence_s(series);
  const times: number[] = [];
  /** Where each point comes from; -1 stands for an empty one. */
  const origins: number[] = [];
  series.times.forEach((at_s, index) => {
    const before_s = series.times[index - 1] ?? at_s;
    if (at_s - before_s > limit_s) {
      times.push(before_s + series.step_s);
      origins.push(-1);
    }
    times.push(at_s);
    origins.push(index);
  });
  const broken = (list: (number | null)[]) => origins.map((origin) => list[origin] ?? null);
  const lines = [...series.lines].map(([metric, { avg, min, max }]) => [metric, { avg: broken(avg), min: broken(min), max: broken(max) }] as const);
  return { ...series, times, lines: new Map(lines) };
}

/** A stretch without reports, and what to write into it. */
export interface Gap extends Span {
  words: string;
}

const NO_REPORTS = "no reports";

/** The gaps, each cut where another cause begins. What nobody knows the cause of only says what it is. */
export function withCauses(gaps: readonly Span[], told: readonly ToldGap[]): Gap[] {
  const known = told.toSorted((a, b) => a.from_s - b.from_s);
  return gaps.flatMap(({ from_s, to_s }) => {
    const pieces: Gap[] = [];
    let at_s = from_s;
    const add = (until_s: number, cause: string) => {
      const words = causeWords(cause) ?? NO_REPORTS;
      if (until_s > at_s) pieces.push({ from_s: at_s, to_s: until_s, words });
      at_s = Math.max(at_s, until_s);
    };
    for (const each of known) {
      if (each.to_s <= at_s || each.from_s >= to_s) continue;
      // A few seconds between two causes are no stretch of their own.
      if (each.from_s - at_s > SLIVER_S) add(Math.min(each.from_s, to_s), "");
      add(Math.min(each.to_s, to_s), each.cause);
    }
    const last = pieces.at(-1);
    if (last && to_s - at_s <= SLIVER_S) last.to_s = to_s;
    else add(to_s, "");
    return pieces;
  });
}

/** About a report's interval: how exactly the ends of a silence are known. */
const SLIVER_S = 60;
