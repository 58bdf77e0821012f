import { expect, test } from "vitest";
import type { CardView } from "../api/wire";
import { applyFrame, emptyFleet } from "../live/fleetState";
import { testCard } from "./testCard";
import { verdictOn } from "./verdict";

const NOW_S = Date.parse("2026-11-24T12:00:00Z") / 1000;

function verdictAbout(machines: CardView[]): string | undefined {
  const state = emptyFleet();
  const frame = { revision: "x-1", server_time: "2026-11-24T12:00:00Z", part: 1, parts: 1, machines, outages: [] };
  applyFrame(state, { kind: "snapshot", frame }, { changed: new Set(), removed: new Set() });
  return verdictOn(state, NOW_S)?.sentence;
}

const many = (count: number, changes: Partial<CardView>) => Array.from({ length: count }, (_, index) => testCard({ id: `${JSON.stringify(changes)}${index}`, ip: `10.${index}.0.1`, ...changes }));

test("nothing wrong, nothing said; sleeping is nothing wrong", () => {
  expect(verdictAbout([testCard({ id: "a" }), testCard({ id: "b", presence: "asleep" })])).toBeUndefined();
});

test("one machine is named", () => {
  expect(verdictAbout([testCard({ id: "db-1", presence: "offline" })])).toMatch(/^db-1 is offline since /);
});

test("many are counted, with what most of them share and the others don't", () => {
  const fleet = [...many(4, { presence: "offline", tags: ["studio"] }), ...many(1, { presence: "offline" }), ...many(10, {})];
  expect(verdictAbout(fleet)).toMatch(/^5 machines are offline, 4 of them tagged studio, the first since /);
});

test("what the whole fleet shares explains nothing", () => {
  const fleet = [...many(4, { presence: "offline", tags: ["all"] }), ...many(10, { tags: ["all"] })];
  expect(verdictAbout(fleet)).not.toContain("tagged");
});

test("alarms are summed up by kind", () => {
  expect(verdictAbout(many(2, { alarms: ["disk"] }))).toBe("2 machines need a look: 2 disks nearly full.");
});

test("one machine's alarms are told as its own", () => {
  expect(verdictAbout(many(1, { name: "build-7", alarms: ["cpu", "disk"] }))).toBe("build-7 needs a look: its CPU is busy, a disk is nearly full.");
});
