// Keeps the table's order fresh without rows jumping under the pointer: changes are
// gathered and merged every two seconds, and not while somebody is in the table.
import { fleetStore } from "../live/fleetStore";
import { mergeChanged, orderAll, sameOrder, type Rule } from "./order";

const MERGE_INTERVAL_MS = 2000;
/** While the first snapshot arrives, rows should show at once. */
const ARRIVING_INTERVAL_MS = 30;

export interface ShownOrder {
  ids: readonly string[];
  /** Somebody is in the table, and changes wait. */
  held: boolean;
}

export class LiveOrder {
  private waiting = new Set<string>();
  private timer: number | undefined;
  /** The order has held a whole fleet: only then is it worth keeping still. */
  private settled = fleetStore.current().complete;
  private sortedAt = fleetStore.changesApplied;
  private shown: ShownOrder;
  private listener: () => void = () => {};

  constructor(
    private readonly rule: Rule,
    private readonly isHeld: () => boolean,
  ) {
    this.shown = { ids: orderAll(fleetStore.current().machines, rule), held: false };
  }

  current = (): ShownOrder => this.shown;

  subscribe = (listener: () => void): (() => void) => {
    this.listener = listener;
    if (this.sortedAt !== fleetStore.changesApplied) {
      this.show(orderAll(fleetStore.current().machines, this.rule), false);
    }
    const unsubscribe = fleetStore.onChange(({ changed, removed }) => {
      for (const id of changed) this.waiting.add(id);
      for (const id of removed) this.waiting.add(id);
      // The first rows of all don't wait.
      if (this.shown.ids.length === 0) this.merge();
      else this.mergeLater();
    });
    return () => {
      window.clearTimeout(this.timer);
      this.timer = undefined;
      this.sortedAt = -1;
      unsubscribe();
    };
  };

  private mergeLater(): void {
    const { complete } = fleetStore.current();
    this.timer ??= window.setTimeout(() => this.merge(), complete ? MERGE_INTERVAL_MS : ARRIVING_INTERVAL_MS);
  }

  private merge(): void {
    window.clearTimeout(this.timer);
    this.timer = undefined;
    const { machines, complete } = fleetStore.current();
    if (this.settled && this.isHeld()) {
      this.show(this.shown.ids, true);
      this.mergeLater();
      return;
    }
    const ids = mergeChanged(this.shown.ids, this.waiting, machines, this.rule);
    this.waiting.clear();
    this.settled = complete;
    this.show(sameOrder(ids, this.shown.ids) ? this.shown.ids : ids, false);
  }

  private show(ids: readonly string[], held: boolean): void {
    if (ids === this.shown.ids && held === this.shown.held) return;
    this.shown = { ids, held };
    this.listener();
  }
}
