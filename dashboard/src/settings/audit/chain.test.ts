import { expect, test } from "vitest";
import type { AuditRecordView } from "../../api/wire";
import { missingIn } from "./chain";

const record = (seq: number): AuditRecordView => ({ seq, at: "", actor: "", address: null, action: "", target: null, result: "", request_id: null });

test("records that follow each other miss nothing", () => {
  expect(missingIn([5, 4, 3].map(record))).toEqual([]);
  expect(missingIn([])).toEqual([]);
});

test("a record that was taken out is named", () => {
  expect(missingIn([6, 5, 2].map(record))).toEqual([4, 3]);
});
