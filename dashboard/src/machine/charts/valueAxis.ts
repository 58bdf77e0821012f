// The numbers beside a chart: as short as they can be told apart. The values under the
// cursor are exact; these only give the scale.
const NBSP = "\u00a0";
const BYTE_UNITS = ["B", "kB", "MB", "GB", "TB"];
const THOUSAND = 1000;

/** Steps of 1, 2 and 5, so that a label has one digit after the point at most. */
export const INCREMENTS = Array.from({ length: 16 }, (_, power) => [1, 2, 5].map((digit) => digit * 10 ** (power - 2))).flat();
/** The same for what comes in whole numbers. */
export const WHOLE_INCREMENTS = INCREMENTS.filter((each) => each >= 1);

/** Bytes, all in the unit of the largest. */
export function byteLabels(splits: readonly number[]): string[] {
  const top = Math.max(...splits);
  const power = top < 1 ? 0 : Math.min(Math.floor(Math.log10(top) / 3 + 1e-9), BYTE_UNITS.length - 1);
  const size = THOUSAND ** power;
  return plainLabels(splits.map((split) => split / size)).map((label) => `${label}${NBSP}${BYTE_UNITS[power]}`);
}

export const rateLabels = (splits: readonly number[]) => byteLabels(splits).map((label) => `${label}/s`);

/** Bare numbers, all with as many digits as their step needs. */
export function plainLabels(splits: readonly number[]): string[] {
  const step = Math.abs((splits[1] ?? 1) - (splits[0] ?? 0));
  const digits = step > 0 ? Math.max(0, -Math.floor(Math.log10(step) + 1e-9)) : 0;
  return splits.map((split) => split.toFixed(digits));
}

/** Numbers, each with this unit. */
export const labelsWith = (unit: string) => (splits: readonly number[]) => plainLabels(splits).map((label) => `${label}${NBSP}${unit}`);

export const percentLabels = labelsWith("%");
export const celsiusLabels = labelsWith("°C");
