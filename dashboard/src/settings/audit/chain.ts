// Whether records follow each other: a number that is left out was taken out.
import type { AuditRecordView } from "../../api/wire";

const NAMED_MAX = 100;

/** Numbers that should stand between the records shown (newest first) and don't. */
export function missingIn(records: readonly AuditRecordView[]): number[] {
  const missing: number[] = [];
  records.forEach((record, index) => {
    const newer = records[index - 1];
    if (!newer) return;
    for (let seq = newer.seq - 1; seq > record.seq && missing.length < NAMED_MAX; seq -= 1) missing.push(seq);
  });
  return missing;
}
