import { expect, test } from "vitest";
import type { CardView } from "../api/wire";
import { testCard } from "../fleet/testCard";
import { applyFrame, emptyFleet, type FleetState } from "./fleetState";

const at = { revision: "x-1", server_time: "2026-11-24T04:00:00Z" };

function snapshot(state: FleetState, part: number, parts: number, machines: CardView[]) {
  const change = { changed: new Set<string>(), removed: new Set<string>() };
  applyFrame(state, { kind: "snapshot", frame: { ...at, part, parts, machines, outages: [] } }, change);
  return change;
}

function delta(state: FleetState, changed: CardView[], removed: string[] = []) {
  const change = { changed: new Set<string>(), removed: new Set<string>() };
  applyFrame(state, { kind: "delta", frame: { ...at, changed, removed } }, change);
  return change;
}

test("shows the parts of a snapshot as they come, and is complete with the last", () => {
  const state = emptyFleet();
  snapshot(state, 1, 2, [testCard({ id: "a" })]);
  expect([...state.machines.keys()]).toEqual(["a"]);
  expect(state.complete).toBe(false);
  snapshot(state, 2, 2, [testCard({ id: "b" })]);
  expect([...state.machines.keys()]).toEqual(["a", "b"]);
  expect(state.complete).toBe(true);
});

test("drops machines that a new snapshot doesn't name, and not before its last part", () => {
  const state = emptyFleet();
  snapshot(state, 1, 1, [testCard({ id: "a" }), testCard({ id: "gone", presence: "offline" })]);
  snapshot(state, 1, 2, [testCard({ id: "a" })]);
  expect(state.machines.has("gone")).toBe(true);
  const change = snapshot(state, 2, 2, []);
  expect([...change.removed]).toEqual(["gone"]);
  expect(state.tally.presence.offline).toBe(0);
});

test("a snapshot that breaks off is begun anew by the next one's first part", () => {
  const state = emptyFleet();
  snapshot(state, 1, 2, [testCard({ id: "old" })]);
  snapshot(state, 1, 1, [testCard({ id: "new" })]);
  expect([...state.machines.keys()]).toEqual(["new"]);
});

test("keeps a machine that a delta brings between two parts", () => {
  const state = emptyFleet();
  snapshot(state, 1, 2, [testCard({ id: "a" })]);
  delta(state, [testCard({ id: "b" })]);
  snapshot(state, 2, 2, []);
  expect(state.machines.has("b")).toBe(true);
});

test("an empty fleet is complete too", () => {
  const state = emptyFleet();
  snapshot(state, 1, 1, []);
  expect(state).toMatchObject({ complete: true, tally: { total: 0 } });
});

test("counts presence, alarms and tags through changes and removals", () => {
  const state = emptyFleet();
  snapshot(state, 1, 1, [testCard({ id: "a", tags: ["ci"], alarms: ["disk"] }), testCard({ id: "b", tags: ["ci"] })]);
  expect(state.tally).toMatchObject({ total: 2, alarmed: 1, presence: { online: 2 } });
  delta(state, [testCard({ id: "a", tags: [], alarms: ["disk"], presence: "offline" })], ["b"]);
  expect(state.tally).toMatchObject({ total: 1, alarmed: 0, presence: { online: 0, offline: 1 } });
  expect(state.tally.tags.size).toBe(0);
});

test("outages stay until a frame names others", () => {
  const state = emptyFleet();
  const outage = { key: "gateway 10.4.0.1", machines: ["a"], count: 1, since: at.server_time };
  applyFrame(state, { kind: "delta", frame: { ...at, changed: [], removed: [], outages: [outage] } }, { changed: new Set(), removed: new Set() });
  delta(state, [testCard({ id: "a" })]);
  expect(state.outages).toEqual([outage]);
  applyFrame(state, { kind: "delta", frame: { ...at, changed: [], removed: [], outages: [] } }, { changed: new Set(), removed: new Set() });
  expect(state.outages).toEqual([]);
});

test("forgetting an unknown machine changes nothing", () => {
  const state = emptyFleet();
  expect(delta(state, [], ["nobody"]).removed.size).toBe(0);
});
