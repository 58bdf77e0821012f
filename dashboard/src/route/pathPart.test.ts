import { expect, test } from "vitest";
import { pathPart } from "./pathPart";

test("no text breaks an address", () => {
  expect(pathPart("a/b c%")).toBe("a%2Fb%20c%25");
  expect(pathPart("\u{1F600}")).toBe("%F0%9F%98%80");
  expect(pathPart("\uD800x")).toBe("%EF%BF%BDx");
});
