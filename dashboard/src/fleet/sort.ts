// The orders a fleet can be shown in. Worst first is the default: a row stands
// where it stands for a reason it also shows.
import type { CardView } from "../api/wire";

export type SortKey = "worst" | "name" | "system" | "cpu" | "memory" | "disk" | "network" | "report";
export type Direction = "asc" | "desc";

export interface Sort {
  key: SortKey;
  direction: Direction;
}

export type Compare = (a: CardView, b: CardView) => number;

/** What a first click on a column's head gives: the interesting end on top. */
export const FIRST_DIRECTION: Record<SortKey, Direction> = {
  worst: "desc", name: "asc", system: "asc", cpu: "desc", memory: "desc", disk: "desc", network: "desc", report: "desc",
};

export const SORT_LABEL: Record<SortKey, string> = {
  worst: "worst first", name: "name", system: "system", cpu: "CPU",
  memory: "memory", disk: "disk", network: "network", report: "last report",
};

export function parseSort(key: string | null, direction: string | null): Sort {
  const known = key !== null && Object.hasOwn(SORT_LABEL, key) ? (key as SortKey) : "worst";
  return { key: known, direction: direction === "asc" || direction === "desc" ? direction : FIRST_DIRECTION[known] };
}

export function comparing({ key, direction }: Sort): Compare {
  if (key === "worst") return direction === "desc" ? byWorst : (a, b) => byWorst(b, a);
  const sign = direction === "asc" ? 1 : -1;
  if (key === "name") return (a, b) => sign * byName(a, b);
  if (key === "system") return (a, b) => sign * compareText(systemOf(a), systemOf(b)) || byName(a, b);
  if (key === "report") return (a, b) => sign * compareText(a.last_seen, b.last_seen) || byName(a, b);
  const read = NUMBER_OF[key];
  return (a, b) => byNumber(read(a), read(b), sign) || byName(a, b);
}

const NUMBER_OF: Record<"cpu" | "memory" | "disk" | "network", (card: CardView) => number | null | undefined> = {
  cpu: (card) => card.cpu_percent,
  memory: (card) => card.memory_percent,
  disk: (card) => card.disk_percent,
  network: (card) => trafficOf(card),
};

export function trafficOf(card: CardView): number | null {
  const { recv_bytes_per_s: recv, sent_bytes_per_s: sent } = card;
  if (typeof recv !== "number" && typeof sent !== "number") return null;
  return (recv ?? 0) + (sent ?? 0);
}

// Asleep comes after late and alarmed: nobody has to get up for it.
function severity(card: CardView): number {
  switch (card.presence) {
    case "offline": return 4;
    case "warning": return 3;
    case "online": return card.alarms.length > 0 ? 2 : 0;
    case "asleep": return 1;
  }
}

function byWorst(a: CardView, b: CardView): number {
  const rank = severity(b) - severity(a);
  if (rank !== 0) return rank;
  // What has just happened matters more than what everyone knows since Monday.
  if (a.presence === "offline") return compareText(b.presence_since, a.presence_since) || byName(a, b);
  return b.alarms.length - a.alarms.length || byName(a, b);
}

// Unknown numbers stand last in both directions.
function byNumber(a: number | null | undefined, b: number | null | undefined, sign: number): number {
  const aKnown = typeof a === "number";
  const bKnown = typeof b === "number";
  if (!aKnown || !bKnown) return Number(bKnown) - Number(aKnown);
  return sign * (a - b);
}

function byName(a: CardView, b: CardView): number {
  return compareText(nameKey(a.name), nameKey(b.name)) || compareText(a.id, b.id);
}

function systemOf(card: CardView): string {
  return `${card.os} ${nameKey(card.os_version)}`;
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

// 'mac-2' before 'mac-10'. Kept, since a sort of 10,000 asks 130,000 times; the
// names of machines that left are let go of when too many have gathered.
const NAME_KEYS_MAX = 50_000;
const nameKeys = new Map<string, string>();

function nameKey(name: string): string {
  const known = nameKeys.get(name);
  if (known !== undefined) return known;
  if (nameKeys.size >= NAME_KEYS_MAX) nameKeys.clear();
  const key = name.toLowerCase().replaceAll(/\d+/g, (digits) => digits.padStart(10, "0"));
  nameKeys.set(name, key);
  return key;
}
