// Which machines a command is for: those that were picked, and those that the filter admits.
// Resolved here, in the fleet page's language, so that what is counted is what is sent.
import type { CardView } from "../../api/wire";
import { parseFilter } from "../../fleet/filter";
import { counted } from "../../format/quantities";

export interface Targets {
  ids: string[];
  /** Of those, how many are there now. */
  present: number;
  complaint: string | null;
}

export function resolveTargets(machines: ReadonlyMap<string, CardView>, picked: readonly string[], filterText: string): Targets {
  const ids = new Set(picked);
  let complaint: string | null = null;
  if (filterText.trim() !== "") {
    const filter = parseFilter(filterText);
    complaint = filter.complaint;
    // A part that means nothing must not widen whom a command reaches.
    if (complaint === null) for (const card of machines.values()) if (filter.admit(card)) ids.add(card.id);
  }
  let present = 0;
  for (const id of ids) {
    const presence = machines.get(id)?.presence;
    if (presence === "online" || presence === "warning") present += 1;
  }
  return { ids: [...ids], present, complaint };
}

export function targetsSentence({ ids, present }: Targets): string {
  if (ids.length === 0) return "No machine yet.";
  const away = ids.length - present;
  if (away === 0) return `${counted(ids.length, "machine")}.`;
  return `${counted(ids.length, "machine")}, ${away} of them away: the command waits for them until it expires.`;
}
