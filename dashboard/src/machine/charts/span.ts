// The stretch of time the charts show, and how the address says it: ?range=24h for
// one that ends now, ?from=&to= (unix seconds) for one picked by dragging.

export type RangeName = "15m" | "1h" | "24h" | "7d" | "30d";

export const RANGES: readonly { name: RangeName; label: string; length_s: number }[] = [
  { name: "15m", label: "15 min", length_s: 900 },
  { name: "1h", label: "1 hour", length_s: 3600 },
  { name: "24h", label: "24 hours", length_s: 86_400 },
  { name: "7d", label: "7 days", length_s: 604_800 },
  { name: "30d", label: "30 days", length_s: 2_592_000 },
];

export interface Span {
  from_s: number;
  to_s: number;
}

export interface Choice {
  range: RangeName;
  /** Set while zoomed in; the range is what double-click goes back to. */
  zoom: Span | null;
}

/** Shorter than this there's nothing to see between two reports. */
const ZOOM_MIN_S = 60;

export function parseChoice(search: string): Choice {
  const params = new URLSearchParams(search);
  const name = params.get("range");
  const range = RANGES.find((each) => each.name === name)?.name ?? "1h";
  const from_s = Number(params.get("from"));
  const to_s = Number(params.get("to"));
  const zoomed = Number.isFinite(from_s) && Number.isFinite(to_s) && from_s > 0 && to_s - from_s >= ZOOM_MIN_S;
  return { range, zoom: zoomed ? { from_s, to_s } : null };
}

export function spanOf(choice: Choice, now_s: number): Span {
  if (choice.zoom) return choice.zoom;
  const length_s = RANGES.find((each) => each.name === choice.range)?.length_s ?? 3600;
  return { from_s: now_s - length_s, to_s: now_s };
}

export function zoomParams({ from_s, to_s }: Span): Record<string, string> {
  const middle = (from_s + to_s) / 2;
  const half = Math.max(to_s - from_s, ZOOM_MIN_S) / 2;
  return { from: String(Math.floor(middle - half)), to: String(Math.ceil(middle + half)) };
}
