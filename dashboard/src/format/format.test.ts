import { expect, test } from "vitest";
import { bytes, bytesPerSecond, count, percent } from "./quantities";
import { duration, parseTime_s } from "./times";

const plain = (text: string) => text.replaceAll("\u00a0", " ");

test.each([
  [0, "0 B"], [999, "999 B"], [999.96, "1.0 kB"], [1000, "1.0 kB"], [1_234_567, "1.2 MB"], [999_960, "1.0 MB"], [5e12, "5.0 TB"], [-2000, "-2.0 kB"],
])("%d bytes read %s", (value, text) => {
  expect(plain(bytes(value))).toBe(text);
});

test.each([
  [0, "0 s"], [59.9, "59 s"], [60, "1 min"], [3600, "1 h"], [11_520, "3 h 12 min"], [90_000, "1 d 1 h"], [1_000_000, "11 d"], [-5, "0 s"],
])("%d seconds read %s", (value, text) => {
  expect(plain(duration(value))).toBe(text);
});

test("the unknown is never 0", () => {
  for (const show of [bytes, bytesPerSecond, percent, count, duration]) {
    expect(show(null)).toBe("–");
    expect(show(undefined)).toBe("–");
    expect(show(Number.NaN)).toBe("–");
  }
  expect(parseTime_s("yesterday")).toBeNull();
});
