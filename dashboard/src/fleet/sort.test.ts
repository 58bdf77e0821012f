import { expect, test } from "vitest";
import { comparing, parseSort } from "./sort";
import { testCard } from "./testCard";

const worst = comparing({ key: "worst", direction: "desc" });

test("worst first: offline, late, alarmed, asleep, well", () => {
  const cards = [
    testCard({ id: "well" }),
    testCard({ id: "asleep", presence: "asleep" }),
    testCard({ id: "alarmed", alarms: ["disk"] }),
    testCard({ id: "offline", presence: "offline" }),
    testCard({ id: "late", presence: "warning" }),
  ];
  expect(cards.toSorted(worst).map((card) => card.id)).toEqual(["offline", "late", "alarmed", "asleep", "well"]);
});

test("of the offline machines the latest stands on top", () => {
  const before = testCard({ id: "a", presence: "offline", presence_since: "2026-11-20T00:00:00Z" });
  const just = testCard({ id: "b", presence: "offline", presence_since: "2026-11-24T00:00:00Z" });
  expect([before, just].toSorted(worst).map((card) => card.id)).toEqual(["b", "a"]);
});

test("names count like people do", () => {
  const names = ["mac-10", "Mac-2", "mac-1"].map((id) => testCard({ id }));
  expect(names.toSorted(comparing({ key: "name", direction: "asc" })).map((card) => card.id)).toEqual(["mac-1", "Mac-2", "mac-10"]);
});

test.each(["asc", "desc"] as const)("unknown numbers stand last, %s", (direction) => {
  const cards = [testCard({ id: "unknown", cpu_percent: null }), testCard({ id: "known", cpu_percent: 5 })];
  expect(cards.toSorted(comparing({ key: "cpu", direction })).at(-1)?.id).toBe("unknown");
});

test("an address that names no order means worst first", () => {
  expect(parseSort("toString", "up")).toEqual({ key: "worst", direction: "desc" });
});
