// Reading JSON that an agent wrote: anything may be missing or of another type, and
// nothing here believes otherwise.

export type Json = Record<string, unknown>;

export function objectIn(value: unknown): Json {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Json) : {};
}

export function listIn(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

export function numberIn(value: unknown): number | null {
  return typeof value === "number" && Number.isFinite(value) ? value : null;
}

export function textIn(value: unknown): string | null {
  if (typeof value === "number") return String(value);
  return typeof value === "string" && value.trim() !== "" ? value : null;
}

export function objectsIn(value: unknown): Json[] {
  return listIn(value).map(objectIn);
}

export function textsIn(value: unknown): string[] {
  return listIn(value).map(textIn).filter((each) => each !== null);
}

export function booleanIn(value: unknown): boolean | null {
  return typeof value === "boolean" ? value : null;
}
