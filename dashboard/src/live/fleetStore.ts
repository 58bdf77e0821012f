// The one store of live machines: takes frames as they come, reads and applies them once
// per animation frame, and tells only those who show something that changed.
import { useSyncExternalStore } from "react";
import type { CardView } from "../api/wire";
import { applyFrame, emptyFleet, type FleetChange, type FleetState, type Frame } from "./fleetState";

/** Script time for frames within one animation frame; the rest waits for the next. */
const APPLY_BUDGET_MS = 5;
/** A hidden tab gets no animation frames: this many waiting frames are applied at once. */
const WAITING_MAX = 64;
/** How often the totals (tiles, verdict) are told of changes. */
const TOTALS_INTERVAL_MS = 250;

type Listener = () => void;
type ChangeListener = (change: FleetChange) => void;

class FleetStore {
  private state: FleetState = emptyFleet();
  private waiting: (() => Frame)[] = [];
  private frameAsked = false;
  private rowListeners = new Map<string, Set<Listener>>();
  private changeListeners = new Set<ChangeListener>();
  private totalsListeners = new Set<Listener>();
  private totalsTimer: number | undefined;
  private version = 0;
  /** Rises with every applied change; tells a late subscriber that it missed some. */
  changesApplied = 0;

  /** Takes a frame unread: reading 500 machines is work that has to fit into a frame too. */
  receive(read: () => Frame): void {
    this.waiting.push(read);
    if (this.waiting.length > WAITING_MAX) this.flush(Infinity);
    else this.askForFrame();
  }

  /** Signing out leaves nothing behind. */
  clear(): void {
    this.waiting = [];
    const removed = new Set(this.state.machines.keys());
    this.state = emptyFleet();
    this.tell({ changed: new Set(), removed });
  }

  machine(id: string): CardView | undefined {
    return this.state.machines.get(id);
  }

  current(): Readonly<FleetState> {
    return this.state;
  }

  /** Rises whenever the totals may have changed. */
  totalsVersion(): number {
    return this.version;
  }

  onMachine(id: string, listener: Listener): () => void {
    const listeners = this.rowListeners.get(id) ?? new Set();
    this.rowListeners.set(id, listeners.add(listener));
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0 && this.rowListeners.get(id) === listeners) this.rowListeners.delete(id);
    };
  }

  onChange(listener: ChangeListener): () => void {
    this.changeListeners.add(listener);
    return () => this.changeListeners.delete(listener);
  }

  onTotals(listener: Listener): () => void {
    this.totalsListeners.add(listener);
    return () => this.totalsListeners.delete(listener);
  }

  private askForFrame(): void {
    if (this.frameAsked) return;
    this.frameAsked = true;
    requestAnimationFrame(() => {
      this.frameAsked = false;
      this.flush(APPLY_BUDGET_MS);
      if (this.waiting.length > 0) this.askForFrame();
    });
  }

  private flush(budget_ms: number): void {
    const change: FleetChange = { changed: new Set(), removed: new Set() };
    const until = performance.now() + budget_ms;
    const waited = this.waiting.length;
    do {
      const read = this.waiting.shift();
      if (!read) break;
      applyFrame(this.state, read(), change);
    } while (performance.now() < until);
    if (this.waiting.length < waited) this.tell(change);
  }

  private tell(change: FleetChange): void {
    this.changesApplied += 1;
    for (const listener of this.changeListeners) listener(change);
    // Rows on screen are few, changed machines may be many: walk the rows.
    for (const [id, listeners] of this.rowListeners) {
      if (!change.changed.has(id) && !change.removed.has(id)) continue;
      for (const listener of listeners) listener();
    }
    this.totalsTimer ??= window.setTimeout(() => {
      this.totalsTimer = undefined;
      this.version += 1;
      for (const listener of this.totalsListeners) listener();
    }, TOTALS_INTERVAL_MS);
  }
}

export const fleetStore = new FleetStore();

export function useMachineCard(id: string): CardView | undefined {
  return useSyncExternalStore(
    (listener) => fleetStore.onMachine(id, listener),
    () => fleetStore.machine(id),
  );
}

/** The whole fleet's state; the component renders at most four times a second. */
export function useFleetTotals(): Readonly<FleetState> {
  useSyncExternalStore(
    (listener) => fleetStore.onTotals(listener),
    () => fleetStore.totalsVersion(),
  );
  return fleetStore.current();
}
