import { expect, test } from "vitest";
import { percentLabels, plainLabels, rateLabels } from "./valueAxis";

const plain = (labels: string[]) => labels.map((label) => label.replaceAll("\u00a0", " "));

test.each([
  [[0, 100e6, 200e6], ["0 MB/s", "100 MB/s", "200 MB/s"]],
  [[0, 0.5e6, 1e6], ["0.0 MB/s", "0.5 MB/s", "1.0 MB/s"]],
  [[0, 200, 400], ["0 B/s", "200 B/s", "400 B/s"]],
  [[0], ["0 B/s"]],
])("rates %j share the unit of the largest", (splits, labels) => {
  expect(plain(rateLabels(splits))).toEqual(labels);
});

test("no two labels read the same", () => {
  expect(plainLabels([1, 1.05, 1.1])).toEqual(["1.00", "1.05", "1.10"]);
  expect(plainLabels([0, 0.5, 1])).toEqual(["0.0", "0.5", "1.0"]);
  expect(plain(percentLabels([0, 50, 100]))).toEqual(["0 %", "50 %", "100 %"]);
});
