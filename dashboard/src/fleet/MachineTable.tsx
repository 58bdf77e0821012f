// Every machine that the filter admits. Only rows on screen exist; a screen reader
// still hears of a table with all of them.
import { useWindowVirtualizer, windowScroll, type Virtualizer } from "@tanstack/react-virtual";
import { useLayoutEffect, useMemo, useRef, useState, useSyncExternalStore } from "react";
import { counted } from "../format/quantities";
import { fleetStore } from "../live/fleetStore";
import { COLUMNS } from "./columns";
import { LiveOrder } from "./liveOrder";
import { MachineRow } from "./MachineRow";
import styles from "./MachineTable.module.css";
import { NoMatch } from "./NoMatch";
import type { Rule } from "./order";
import type { Selection } from "./selection";
import { SparklineCanvas } from "./SparklineCanvas";
import type { Sort } from "./sort";
import { TableHead } from "./TableHead";
import { useTableHold } from "./tableHold";
import { useRowCursor } from "./useRowCursor";
import { useRowHeight } from "./useRowHeight";

/** Top bar, filter and head lie over the rows: a row scrolled to must clear them. */
const COVERED_PX = 150;
const OVERSCAN = 4;

interface MachineTableProps {
  rule: Rule;
  sort: Sort;
  filterText: string;
  selection: Selection;
}

export function MachineTable({ rule, sort, filterText, selection }: MachineTableProps) {
  const hold = useTableHold();
  const live = useMemo(() => new LiveOrder(rule, hold.isHeld), [rule, hold]);
  const { ids, held } = useSyncExternalStore(live.subscribe, live.current);
  const rowHeight = useRowHeight();
  const body = useRef<HTMLDivElement>(null);
  const top = useTop(body);

  const rows = useWindowVirtualizer({
    count: ids.length,
    estimateSize: () => rowHeight,
    getItemKey: (index) => ids[index] ?? index,
    overscan: OVERSCAN,
    scrollToFn: scrollUnlessThere,
    scrollMargin: top,
    scrollPaddingStart: COVERED_PX,
    scrollPaddingEnd: rowHeight,
  });
  useLayoutEffect(() => rows.measure(), [rows, rowHeight]);

  const grid = useRef<HTMLDivElement>(null);

  // The keys move the focus into the table: Enter then means the row, not the
  // button that was clicked last, and a screen reader reads the row.
  const cursor = useRowCursor(ids, {
    firstVisible: () => rows.range?.startIndex ?? 0,
    reveal: (index) => {
      hold.touch();
      grid.current?.focus({ preventScroll: true });
      rows.scrollToIndex(index, { align: "auto" });
    },
    select: selection.toggle,
  });
  const shown = rows.getVirtualItems().map((item) => ({ id: ids[item.index] ?? "", index: item.index, top: item.start - top }));

  return (
    <>
      {/* A grid takes the focus and names its active row */}
      <div ref={grid} role="grid" aria-label="Machines" aria-multiselectable="true" aria-rowcount={ids.length + 1} aria-colcount={COLUMNS.length} tabIndex={0} className={`${styles.table} live`}
        aria-activedescendant={shown.some((row) => row.id === cursor.id) ? `row-${cursor.id}` : undefined}>
        <TableHead sort={sort} />
        <div ref={body} role="rowgroup" className={styles.body} style={{ height: rows.getTotalSize() }}
          onPointerMove={hold.touch} onPointerLeave={hold.release}>
          {shown.map((row) => (
            <MachineRow key={row.id} id={row.id} index={row.index} top={row.top} current={row.id === cursor.id} selected={selection.ids.has(row.id)} filterText={filterText} />
          ))}
          <SparklineCanvas rows={shown} rowHeight={rowHeight} />
        </div>
      </div>
      {ids.length === 0 && <NoMatch filterText={filterText} />}
      <p className={styles.foot}>
        {ids.length > 0 && `${counted(ids.length, "machine")}${filterText === "" ? "" : ` of ${fleetStore.current().tally.total.toLocaleString("en")}`}`}
        {held && " · the order waits while you are in the table"}
      </p>
    </>
  );
}

// At its first drawing the virtualizer "scrolls" to where the page is: at the top that
// only makes the browser lay out everything once more.
function scrollUnlessThere(offset: number, options: Parameters<typeof windowScroll>[1], virtualizer: Virtualizer<Window, Element>): void {
  if (offset === 0 && virtualizer.scrollOffset === 0) return;
  windowScroll(offset, options, virtualizer);
}

// How far down the page the rows begin: the verdict above comes and goes.
function useTop(element: React.RefObject<HTMLElement | null>): number {
  const [top, setTop] = useState(0);
  useLayoutEffect(() => {
    const measure = () => {
      const box = element.current?.getBoundingClientRect();
      if (box) setTop(Math.round(box.top + window.scrollY));
    };
    // Called first once the page is laid out; measuring before would lay it out twice.
    const observer = new ResizeObserver(measure);
    observer.observe(document.body);
    const summary = element.current?.closest("main")?.firstElementChild?.nextElementSibling;
    if (summary) observer.observe(summary);
    return () => observer.disconnect();
  }, [element]);
  return top;
}
