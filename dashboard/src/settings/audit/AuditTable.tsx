// Only the records on screen exist; older ones are fetched as the end comes near.
import { useWindowVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useLayoutEffect, useRef, useState } from "react";
import type { AuditRecordView } from "../../api/wire";
import { UNKNOWN } from "../../format/quantities";
import { exactTime, parseTime_s } from "../../format/times";
import { Age } from "../../live/Age";
import { Button } from "../../shell/Button";
import { Badge } from "../Badge";
import styles from "./Audit.module.css";
import { useAuditRowHeight } from "./useAuditRowHeight";

const HEADS = ["Record", "When", "Who", "What", "To what", "Result", "From"];
/** So many rows before the end the next ones are asked for. */
const NEAR_END = 40;

interface AuditTableProps {
  records: readonly AuditRecordView[];
  more: (() => void) | null;
  busy: boolean;
}

export function AuditTable({ records, more, busy }: AuditTableProps) {
  const body = useRef<HTMLDivElement>(null);
  const [top, setTop] = useState(0);
  const rowHeight = useAuditRowHeight();
  useLayoutEffect(() => setTop(Math.round((body.current?.getBoundingClientRect().top ?? 0) + window.scrollY)), []);
  const rows = useWindowVirtualizer({ count: records.length, estimateSize: () => rowHeight, overscan: 8, scrollMargin: top });
  useLayoutEffect(() => rows.measure(), [rows, rowHeight]);

  const shown = rows.getVirtualItems();
  const isNearEnd = (shown.at(-1)?.index ?? 0) >= records.length - NEAR_END;
  useEffect(() => {
    if (isNearEnd && more && !busy) more();
  }, [isNearEnd, more, busy]);

  return (
    <>
      <div role="table" aria-label="Audit log" aria-rowcount={records.length + 1} className={styles.table}>
        <div role="row" aria-rowindex={1} className={`${styles.row} ${styles.head}`}>{HEADS.map((head) => <span key={head} role="columnheader">{head}</span>)}</div>
        <div ref={body} role="rowgroup" className={styles.body} style={{ height: rows.getTotalSize() }}>
          {shown.map((item) => <AuditRow key={records[item.index]?.seq} record={records[item.index]} index={item.index} top={item.start - top} />)}
        </div>
      </div>
      {records.length === 0 && <p className={styles.none}>Nothing like that is in the log. Names must be whole.</p>}
      {more && <Button disabled={busy} onClick={more}>{busy ? "Loading…" : "Load older"}</Button>}
    </>
  );
}

function AuditRow({ record, index, top }: { record: AuditRecordView | undefined; index: number; top: number }) {
  if (!record) return null;
  return (
    <div role="row" aria-rowindex={index + 2} className={`${styles.row} ${styles.item}`} style={{ transform: `translateY(${top}px)` }}
      title={`${exactTime(parseTime_s(record.at))}${typeof record.request_id !== "string" ? "" : `\nrequest ${record.request_id}`}`}>
      <span role="cell" className={styles.seq}>{record.seq}</span>
      <span role="cell" className={styles.when}><Age since={record.at} suffix=" ago" /></span>
      <span role="cell" className={styles.who}>{record.actor}</span>
      <span role="cell" className={styles.what}>{record.action}</span>
      <span role="cell" className={styles.target}>{record.target ?? UNKNOWN}</span>
      <span role="cell" className={styles.result}><Result result={record.result} /></span>
      <span role="cell" className={styles.from}>{record.address ?? UNKNOWN}</span>
    </div>
  );
}

const FINE = new Set(["ok", "allowed", "success", "done"]);

// What went well is the rule, and stays quiet.
function Result({ result }: { result: string }) {
  return FINE.has(result) ? <>{result}</> : <Badge tone="amber">{result}</Badge>;
}
