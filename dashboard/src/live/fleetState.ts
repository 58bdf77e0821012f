// What the page knows of the fleet, and how a frame of the stream changes it.
// Pure: no clock, no browser. The store around it decides when frames are applied.
import type { CardView, DeltaFrame, OutageView, Presence, SnapshotFrame } from "../api/wire";

export type Frame =
  | { kind: "snapshot"; frame: SnapshotFrame }
  | { kind: "delta"; frame: DeltaFrame };

export interface Tally {
  total: number;
  alarmed: number;
  presence: Record<Presence, number>;
  tags: Map<string, number>;
}

export interface FleetState {
  machines: Map<string, CardView>;
  tally: Tally;
  /** Newest last_seen of all machines, as the server wrote it. */
  newestReport: string | null;
  /** Machines that were lost together, and are not back. */
  outages: readonly OutageView[];
  /** Ids named by the snapshot that is still arriving; null when none is. */
  arriving: Set<string> | null;
  /** False until the first whole snapshot has been applied. */
  complete: boolean;
}

export interface FleetChange {
  changed: Set<string>;
  removed: Set<string>;
}

export function emptyFleet(): FleetState {
  return {
    machines: new Map(),
    tally: { total: 0, alarmed: 0, presence: { online: 0, warning: 0, offline: 0, asleep: 0 }, tags: new Map() },
    newestReport: null,
    outages: [],
    arriving: null,
    complete: false,
  };
}

/** Changes `state` in place and notes in `change` which machines differ from before. */
export function applyFrame(state: FleetState, { kind, frame }: Frame, change: FleetChange): void {
  if (kind === "snapshot") applySnapshot(state, frame, change);
  else applyDelta(state, frame, change);
}

// Parts show up as they come; machines no part has named go when the last is here.
function applySnapshot(state: FleetState, frame: SnapshotFrame, change: FleetChange): void {
  state.outages = frame.outages;
  if (frame.part <= 1 || state.arriving === null) state.arriving = new Set();
  for (const card of frame.machines) {
    state.arriving.add(card.id);
    put(state, card, change);
  }
  if (frame.part < frame.parts) return;
  for (const id of state.machines.keys()) {
    if (!state.arriving.has(id)) drop(state, id, change);
  }
  state.arriving = null;
  state.complete = true;
}

function applyDelta(state: FleetState, frame: DeltaFrame, change: FleetChange): void {
  if (frame.outages) state.outages = frame.outages;
  for (const card of frame.changed) {
    // A delta between two parts counts as named, or the last part would drop it.
    state.arriving?.add(card.id);
    put(state, card, change);
  }
  for (const id of frame.removed) {
    state.arriving?.delete(id);
    drop(state, id, change);
  }
}

function put(state: FleetState, card: CardView, change: FleetChange): void {
  const before = state.machines.get(card.id);
  if (before) tallyCard(state.tally, before, -1);
  tallyCard(state.tally, card, 1);
  state.machines.set(card.id, card);
  if (state.newestReport === null || card.last_seen > state.newestReport) state.newestReport = card.last_seen;
  change.changed.add(card.id);
  change.removed.delete(card.id);
}

function drop(state: FleetState, id: string, change: FleetChange): void {
  const before = state.machines.get(id);
  if (!before) return;
  tallyCard(state.tally, before, -1);
  state.machines.delete(id);
  change.removed.add(id);
  change.changed.delete(id);
}

function tallyCard(tally: Tally, card: CardView, by: 1 | -1): void {
  tally.total += by;
  tally.presence[card.presence] += by;
  if (isAlarmed(card)) tally.alarmed += by;
  for (const tag of card.tags) {
    const count = (tally.tags.get(tag) ?? 0) + by;
    if (count > 0) tally.tags.set(tag, count);
    else tally.tags.delete(tag);
  }
}

/** Numbers of a machine that isn't reporting are history, not alarms. */
export function isAlarmed(card: CardView): boolean {
  return card.alarms.length > 0 && isReporting(card);
}

export function isReporting(card: CardView): boolean {
  return card.presence === "online" || card.presence === "warning";
}
