import { expect, test } from "vitest";
import { pageAt, pathAfterSignIn } from "./pages";

test.each([
  ["/", { name: "fleet" }], ["/network", { name: "network" }], ["/commands", { name: "commands" }], ["/commands/new", { name: "compose" }],
  ["/commands/scripts", { name: "scripts" }], ["/commands/0199-a", { name: "batch", id: "0199-a" }], ["/machine/a%2Fb", { name: "machine", id: "a/b" }],
  ["/commands/a/b", { name: "unknown" }], ["/machine/%", { name: "unknown" }], ["/settings/nothing", { name: "unknown" }],
])("%s is a page of its own, or none", (path, page) => {
  expect(pageAt(path)).toEqual(page);
});

test("after signing in one goes on to a page of ours, and nowhere else", () => {
  expect(pathAfterSignIn("?next=%2Fcommands%2Fnew%3Fmachine%3Da")).toBe("/commands/new?machine=a");
  for (const next of ["//evil.example", "https://evil.example", "/login", "javascript:alert(1)"]) expect(pathAfterSignIn(`?next=${encodeURIComponent(next)}`)).toBe("/");
});
