import { expect, test } from "vitest";
import { refusalIn } from "./refusals";

test("a refusal is told in our own words, whatever the address says", () => {
  expect(refusalIn("?refused=no_account")).toContain("no account");
  expect(refusalIn("?refused=<b>")).toBe("Signing in did not work. Try again.");
  expect(refusalIn("?refused=constructor")).toBe("Signing in did not work. Try again.");
  expect(refusalIn("?next=/")).toBeNull();
});
