// Keeps the table's order fresh without rows jumping under the pointer: changes are
// gathered and merged every two seconds, and not while somebody is in the table.
import { fleetStore } from "../live/fleetStore";
import { mergeChanged, orderAll, sameOrder, type Rule } from "./order";

const MERGE_INTERVAL_MS = 2000;
/** While the first snapshot arrives, rows should show at once. */
const ARRIVING_INTERVAL_MS = 30;
/** So many new machines are put in order at once, so that it fits into a frame; the first rows sooner. */
const ARRIVING_MAX = 500;
const FIRST_MAX = 60;
/** Meanwhile rows are drawn this often: each time most of them are others. */
const ARRIVING_SHOW_MS = 150;

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
  /** The order as it will be shown next. */
  private ids: readonly string[];
  private shownAt_ms = 0;
  /** While the fleet arrives: who already has a place. */
  private placed = new Set<string>();
  private sortedAt = fleetStore.changesApplied;
  private shown: ShownOrder;
  private listener: () => void = () => {};

  constructor(
    private readonly rule: Rule,
    private readonly isHeld: () => boolean,
  ) {
    this.ids = orderAll(fleetStore.current().machines, rule);
    this.shown = { ids: this.ids, held: false };
    if (!this.settled) this.placed = new Set(this.shown.ids);
  }

  current = (): ShownOrder => this.shown;

  subscribe = (listener: () => void): (() => void) => {
    this.listener = listener;
    if (this.sortedAt !== fleetStore.changesApplied) {
      this.ids = orderAll(fleetStore.current().machines, this.rule);
      this.show(false);
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
    this.timer ??= window.setTimeout(() => this.step(), this.settled ? MERGE_INTERVAL_MS : ARRIVING_INTERVAL_MS);
  }

  // Putting in order and drawing are two steps while a fleet arrives: both at once
  // would not fit into a frame.
  private step(): void {
    this.timer = undefined;
    const isDrawingDue = !this.settled && this.ids !== this.shown.ids && performance.now() - this.shownAt_ms > ARRIVING_SHOW_MS;
    if (!isDrawingDue) this.merge();
    else {
      this.show(false);
      this.mergeLater();
    }
  }

  private merge(): void {
    window.clearTimeout(this.timer);
    this.timer = undefined;
    if (this.settled && this.isHeld()) {
      this.show(true);
      this.mergeLater();
      return;
    }
    const { machines, complete } = fleetStore.current();
    const ids = mergeChanged(this.ids, this.take(), machines, this.rule);
    if (!sameOrder(ids, this.ids)) this.ids = ids;
    this.settled = complete && this.waiting.size === 0;
    if (this.settled) this.placed.clear();
    else this.mergeLater();
    if (this.settled || this.shown.ids.length === 0) this.show(false);
  }

  // Whoever has a place and changed must move now, or others would be put beside it.
  private take(): Set<string> {
    const taken = new Set<string>();
    const freshMax = this.placed.size === 0 ? FIRST_MAX : ARRIVING_MAX;
    let fresh = 0;
    for (const id of this.waiting) {
      if (!this.settled && !this.placed.has(id)) {
        if (fresh === freshMax) continue;
        fresh += 1;
        this.placed.add(id);
      }
      taken.add(id);
      this.waiting.delete(id);
    }
    return taken;
  }

  private show(held: boolean): void {
    // Held rows keep their places, though their order may be older.
    const ids = held ? this.shown.ids : this.ids;
    if (ids === this.shown.ids && held === this.shown.held) return;
    this.shown = { ids, held };
    this.shownAt_ms = performance.now();
    this.listener();
  }
}
