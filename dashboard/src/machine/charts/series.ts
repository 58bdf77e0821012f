// The numbers behind the charts: what the server sent, and the newest points as they
// come. A time is there when the machine reported; what is missing is in gaps.ts.
import type { CardView, SeriesView } from "../../api/wire";
import { parseTime_s } from "../../format/times";

export interface Values {
  avg: (number | null)[];
  min: (number | null)[];
  max: (number | null)[];
}

/** A stretch of silence whose cause is known. */
export interface ToldGap {
  from_s: number;
  to_s: number;
  cause: string;
}

export interface Series {
  step_s: number;
  times: number[];
  lines: Map<string, Values>;
  /** What the server knows of the silence in between. */
  told: readonly ToldGap[];
}

/** Steps up to so many reports long count as single reports. */
const RAW_STEPS = 2;

export function readSeries(view: SeriesView): Series {
  const lines = new Map<string, Values>();
  for (const [metric, line] of Object.entries(view.series)) {
    lines.set(metric, { avg: [...line.avg], min: [...line.min], max: [...line.max] });
  }
  return { step_s: view.step_s, times: [...view.times], lines, told: readGaps(view.gaps) };
}

function readGaps(gaps: SeriesView["gaps"]): ToldGap[] {
  return gaps.flatMap(({ from, to, cause }) => {
    const [from_s, to_s] = [parseTime_s(from), parseTime_s(to)];
    return from_s === null || to_s === null ? [] : [{ from_s, to_s, cause }];
  });
}

const LIVE_METRICS: Record<string, (card: CardView) => number | null | undefined> = {
  cpu_percent: (card) => card.cpu_percent,
  memory_percent: (card) => card.memory_percent,
  disk_percent: (card) => card.disk_percent,
  load_1: (card) => card.load_1,
  recv_bytes_per_s: (card) => card.recv_bytes_per_s,
  sent_bytes_per_s: (card) => card.sent_bytes_per_s,
  temperature_c: (card) => card.temperature_c,
  battery_percent: (card) => card.battery_percent,
};

/** The series with a report that came since; the same series when it holds it already. */
export function withNewest(series: Series, card: CardView): Series {
  const at_s = Math.floor(Date.parse(card.last_seen) / 1000);
  const last_s = series.times.at(-1) ?? 0;
  if (Number.isNaN(at_s) || at_s <= last_s) return series;
  // One report beside averages of many would look like a spike.
  if (series.step_s > card.interval_s * RAW_STEPS) return series;
  const lines = new Map<string, Values>();
  for (const [metric, values] of series.lines) {
    const read = Object.hasOwn(LIVE_METRICS, metric) ? LIVE_METRICS[metric] : undefined;
    // What the stream doesn't carry keeps its last value until the next fetch.
    const value = read ? (read(card) ?? null) : (values.avg.at(-1) ?? null);
    lines.set(metric, { avg: [...values.avg, value], min: [...values.min, value], max: [...values.max, value] });
  }
  return { ...series, step_s: Math.max(series.step_s, card.interval_s), times: [...series.times, at_s], lines };
}

export function hasValues(series: Series, metric: string): boolean {
  return series.lines.get(metric)?.avg.some((value) => value !== null) ?? false;
}
