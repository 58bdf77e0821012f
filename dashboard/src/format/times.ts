// Times as people read them: how long ago in the line, the exact moment on hover.
import { isKnown, UNKNOWN } from "./quantities";

const NBSP = "\u00a0";
const MINUTE_S = 60;
const HOUR_S = 3600;
const DAY_S = 86_400;

/** A length of time in its one or two largest units: '42 s', '4 min', '3 h 12 min', '12 d'. */
export function duration(seconds: number | null | undefined): string {
  if (!isKnown(seconds)) return UNKNOWN;
  const s = Math.max(0, Math.floor(seconds));
  if (s < MINUTE_S) return `${s}${NBSP}s`;
  if (s < HOUR_S) return `${Math.floor(s / MINUTE_S)}${NBSP}min`;
  if (s < DAY_S) return twoUnits(Math.floor(s / HOUR_S), "h", Math.floor((s % HOUR_S) / MINUTE_S), "min");
  const days = Math.floor(s / DAY_S);
  return days < 7 ? twoUnits(days, "d", Math.floor((s % DAY_S) / HOUR_S), "h") : `${days}${NBSP}d`;
}

function twoUnits(large: number, largeUnit: string, small: number, smallUnit: string): string {
  const first = `${large}${NBSP}${largeUnit}`;
  return small === 0 ? first : `${first}${NBSP}${small}${NBSP}${smallUnit}`;
}

/** Seconds since 1970, or null when the text is no date. */
export function parseTime_s(iso: string | null | undefined): number | null {
  if (iso === null || iso === undefined) return null;
  const ms = Date.parse(iso);
  return Number.isNaN(ms) ? null : ms / 1000;
}

const EXACT = new Intl.DateTimeFormat("en-GB", {
  year: "numeric", month: "short", day: "numeric",
  hour: "2-digit", minute: "2-digit", second: "2-digit", timeZoneName: "short",
});
const CLOCK = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });
const DAY_AND_CLOCK = new Intl.DateTimeFormat("en-GB", {
  day: "numeric", month: "short", hour: "2-digit", minute: "2-digit",
});

/** The exact moment, for tooltips. */
export function exactTime(at_s: number | null): string {
  return at_s === null ? "unknown" : EXACT.format(at_s * 1000);
}

/** '09:12' today, '23 Nov, 09:12' before. */
export function sinceTime(at_s: number, now_s: number): string {
  const sameDay = new Date(at_s * 1000).toDateString() === new Date(now_s * 1000).toDateString();
  return (sameDay ? CLOCK : DAY_AND_CLOCK).format(at_s * 1000);
}
