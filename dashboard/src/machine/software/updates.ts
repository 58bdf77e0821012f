// Updates that wait: the section `updates`. The wire's shape ends here.
import { booleanIn, numberIn, objectIn, objectsIn, textIn } from "../untrusted";

export interface Updates {
  source: string | null;
  pending: number | null;
  security: number | null;
  rebootRequired: boolean | null;
  checkedAt: string | null;
  updates: { name: string; version: string | null; isSecurity: boolean }[];
}

/** Those for security first. */
export function readUpdates(value: unknown): Updates {
  const section = objectIn(value);
  const updates = objectsIn(section.updates).map((each) => ({ name: textIn(each.name) ?? "?", version: textIn(each.version), isSecurity: each.is_security === true }));
  return {
    source: textIn(section.source), pending: numberIn(section.pending), security: numberIn(section.security),
    rebootRequired: booleanIn(section.reboot_required), checkedAt: textIn(section.checked_at),
    updates: updates.toSorted((a, b) => Number(b.isSecurity) - Number(a.isSecurity)),
  };
}
