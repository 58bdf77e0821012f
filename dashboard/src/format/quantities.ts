// Numbers as people read them: one unit, once, powers of 1,000, one decimal.
// An unknown number is always UNKNOWN, never 0.

export const UNKNOWN = "–";

// A no-break space keeps a number and its unit on one line.
const NBSP = "\u00a0";

export function isKnown(value: number | null | undefined): value is number {
  return typeof value === "number" && Number.isFinite(value);
}

export function percent(value: number | null | undefined): string {
  return isKnown(value) ? `${Math.round(value)}${NBSP}%` : UNKNOWN;
}

/** For parts where less than one percent counts: '0.4 %', '12 %'. */
export function percentFine(value: number | null | undefined): string {
  return isKnown(value) ? `${fine(value)}${NBSP}%` : UNKNOWN;
}

/** One decimal below ten, none above. */
function fine(value: number): string {
  return Math.abs(value) < 9.95 ? value.toFixed(1) : String(Math.round(value));
}

export function milliseconds(value: number | null | undefined): string {
  return isKnown(value) ? `${fine(value)}${NBSP}ms` : UNKNOWN;
}

export function megabits(value: number | null | undefined): string {
  return isKnown(value) ? `${fine(value)}${NBSP}Mbit/s` : UNKNOWN;
}

export function decibels(value: number | null | undefined): string {
  return isKnown(value) ? `${Math.round(value)}${NBSP}dBm` : UNKNOWN;
}

const BYTE_UNITS = ["B", "kB", "MB", "GB", "TB", "PB", "EB"];

export function bytes(value: number | null | undefined): string {
  if (!isKnown(value)) return UNKNOWN;
  let size = Math.abs(value);
  let unit = 0;
  // 999.95 would round to '1000.0', so it already belongs to the next unit.
  while (size >= 999.95 && unit < BYTE_UNITS.length - 1) {
    size /= 1000;
    unit += 1;
  }
  const shown = unit === 0 ? String(Math.round(size)) : size.toFixed(1);
  return `${value < 0 ? "-" : ""}${shown}${NBSP}${BYTE_UNITS[unit]}`;
}

export function bytesPerSecond(value: number | null | undefined): string {
  return isKnown(value) ? `${bytes(value)}/s` : UNKNOWN;
}

export function celsius(value: number | null | undefined): string {
  return isKnown(value) ? `${Math.round(value)}${NBSP}°C` : UNKNOWN;
}

export function decimal(value: number | null | undefined, digits = 2): string {
  return isKnown(value) ? value.toFixed(digits) : UNKNOWN;
}

const WHOLE = new Intl.NumberFormat("en");

export function count(value: number | null | undefined): string {
  return isKnown(value) ? WHOLE.format(Math.round(value)) : UNKNOWN;
}

export function counted(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`;
}
