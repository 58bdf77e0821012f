// Before anything is signed: the bytes that the server shows must say what was asked for here,
// and nothing else. Otherwise a server that fell into wrong hands could have another command signed.
import type { Args, BatchRequest } from "../../api/commands";

/** No command may be begun later than so long from now. */
const VALID_MAX_MS = 24 * 3600_000;
const CLOCK_OFF_MS = 5 * 60_000;

/** What is wrong with the bytes; null when they say what was asked. */
export function draftComplaint(bytes: Uint8Array, asked: Pick<BatchRequest, "action" | "args">, by: string, now_ms: number): string | null {
  let draft: unknown;
  try {
    draft = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    return "it can't be read";
  }
  if (typeof draft !== "object" || draft === null) return "it can't be read";
  const { v, action, args, issued_by, not_before, not_after } = draft as Record<string, unknown>;
  if (v !== 1) return "it is of another version";
  if (action !== asked.action || !isSame(args, asked.args)) return "it is another command";
  if (issued_by !== by) return "it names somebody else";
  if (typeof not_before !== "number" || typeof not_after !== "number" || not_after <= not_before) return "its time makes no sense";
  if (not_after > now_ms + VALID_MAX_MS + CLOCK_OFF_MS) return "it could be run for too long";
  return null;
}

/** Whether two values of JSON are the same, whatever the order of their fields. */
export function isSame(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const [left, right] = [a as Args, b as Args];
  const names = Object.keys(left);
  return names.length === Object.keys(right).length && names.every((name) => Object.hasOwn(right, name) && isSame(left[name], right[name]));
}
