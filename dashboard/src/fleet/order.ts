// The ids of the machines shown, in their order. Sorting 10,000 anew for every
// frame would cost more than the frame has, so changes are merged in.
import type { CardView } from "../api/wire";
import type { Admit } from "./filter";
import type { Compare } from "./sort";

type Machines = ReadonlyMap<string, CardView>;

export interface Rule {
  admit: Admit;
  compare: Compare;
}

export function orderAll(machines: Machines, rule: Rule): string[] {
  const cards = [...machines.values()].filter(rule.admit);
  return cards.toSorted(rule.compare).map((card) => card.id);
}

/**
 * The order after some machines changed, appeared or went. Those that did not
 * change still stand in order among themselves: one pass merges the rest in.
 */
export function mergeChanged(
  order: readonly string[],
  changed: ReadonlySet<string>,
  machines: Machines,
  rule: Rule,
): string[] {
  const moved: CardView[] = [];
  for (const id of changed) {
    const card = machines.get(id);
    if (card && rule.admit(card)) moved.push(card);
  }
  moved.sort(rule.compare);

  const merged: string[] = [];
  let next = 0;
  for (const id of order) {
    const card = changed.has(id) ? undefined : machines.get(id);
    if (!card) continue;
    let candidate = moved[next];
    while (candidate && rule.compare(candidate, card) < 0) {
      merged.push(candidate.id);
      next += 1;
      candidate = moved[next];
    }
    merged.push(id);
  }
  for (const card of moved.slice(next)) merged.push(card.id);
  return merged;
}

export function sameOrder(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((id, index) => id === b[index]);
}
