import { expect, test } from "vitest";
import type { CardView, OutageView } from "../api/wire";
import { applyFrame, emptyFleet } from "../live/fleetState";
import { testCard } from "./testCard";
import { outageSentence } from "./OutageLines";
import { verdictOn } from "./verdict";

const NOW_S = Date.parse("2026-11-24T12:00:00Z") / 1000;

function verdictAbout(machines: CardView[], outages: OutageView[] = []): string | undefined {
  const state = emptyFleet();
  const frame = { revision: "x-1", server_time: "2026-11-24T12:00:00Z", part: 1, parts: 1, machines, outages };
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

test("what was lost together is one event, and only the others are told of", () => {
  const lost = (count: number): OutageView => ({ key: "gateway 10.4.0.1", machines: ["m0", "m1"], count, since: "2026-11-24T09:12:00Z" });
  const offline = [0, 1, 2].map((at) => testCard({ id: `m${at}`, name: `m${at}`, presence: "offline" }));
  expect(verdictAbout(offline.slice(0, 2), [lost(2)])).toBeUndefined();
  expect(verdictAbout(offline, [lost(2)])).toMatch(/^m2 is offline since /);
  expect(verdictAbout([...offline, ...many(3, { presence: "offline" })], [lost(5)])).toBe("1 other machine is offline.");
  expect(outageSentence(lost(11), NOW_S)).toMatch(/^11 machines behind gateway 10.4.0.1 were lost at once, at \d\d:12\.$/);
});

test("one machine's cause is told", () => {
  expect(verdictAbout([testCard({ id: "a", name: "a", presence: "offline", presence_cause: "network_down" })])).toContain(": network down.");
});

test("alarms are summed up by kind", () => {
  expect(verdictAbout(many(2, { alarms: ["disk"] }))).toBe("2 machines need a look: 2 disks nearly full.");
});

test("one machine's alarms are told as its own", () => {
  expect(verdictAbout(many(1, { name: "build-7", alarms: ["cpu", "disk"] }))).toBe("build-7 needs a look: its CPU is busy, a disk is nearly full.");
});
