import { expect, test } from "vitest";
import { mergeChanged, orderAll } from "./order";
import { comparing } from "./sort";
import { testCard } from "./testCard";

const rule = { admit: () => true, compare: comparing({ key: "cpu", direction: "desc" }) };
const fleet = (cpu: Record<string, number>) => new Map(Object.entries(cpu).map(([id, cpu_percent]) => [id, testCard({ id, cpu_percent })]));

test("merging changes gives what sorting anew would", () => {
  const machines = fleet(Object.fromEntries(Array.from({ length: 500 }, (_, index) => [`m${index}`, (index * 7919) % 100])));
  const order = orderAll(machines, rule);
  const changed = new Set<string>();
  for (let index = 0; index < 500; index += 7) {
    const id = `m${index}`;
    changed.add(id);
    machines.set(id, testCard({ id, cpu_percent: (index * 31) % 100 }));
  }
  machines.delete("m7");
  machines.set("new", testCard({ id: "new", cpu_percent: 55 }));
  changed.add("new");
  expect(mergeChanged(order, changed, machines, rule)).toEqual(orderAll(machines, rule));
});

test("a machine that the filter no longer admits leaves", () => {
  const machines = fleet({ a: 90, b: 10 });
  const busy = { ...rule, admit: (card: { cpu_percent?: number | null }) => (card.cpu_percent ?? 0) > 50 };
  const order = orderAll(machines, busy);
  machines.set("a", testCard({ id: "a", cpu_percent: 1 }));
  expect(mergeChanged(order, new Set(["a"]), machines, busy)).toEqual([]);
});
