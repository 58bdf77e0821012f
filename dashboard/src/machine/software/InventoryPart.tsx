// What is installed, to be searched. There may be thousands: only rows on screen exist.
import { useVirtualizer } from "@tanstack/react-virtual";
import { useDeferredValue, useMemo, useRef, useState } from "react";
import { count, counted } from "../../format/quantities";
import { Nothing } from "../Part";
import type { Report } from "../report";
import { SectionPart } from "../SectionPart";
import styles from "./InventoryPart.module.css";
import { type Inventory, type Program, programsWith, readInventory } from "./inventory";

const ROW_PX = 30;

export function InventoryPart({ id, report }: { id: string; report: Report }) {
  return (
    <SectionPart id={id} title="Installed" name="software" report={report}>
      {(value) => <Searchable value={value} />}
    </SectionPart>
  );
}

function Searchable({ value }: { value: unknown }) {
  const inventory = useMemo(() => readInventory(value), [value]);
  const [typed, setTyped] = useState("");
  const wanted = useDeferredValue(typed);
  const found = useMemo(() => programsWith(inventory.programs, wanted), [inventory, wanted]);
  return (
    <>
      <div className={styles.head}>
        <input className={styles.field} type="search" aria-label="Find a program" placeholder="Find a program" value={typed} spellCheck={false} autoComplete="off" autoCapitalize="none"
          onChange={(event) => setTyped(event.target.value)} />
        <span role="status">{countOf(inventory, found.length, wanted !== "")}</span>
      </div>
      {found.length === 0 ? <Nothing>{inventory.programs.length === 0 ? "Nothing is listed." : "Nothing is called that."}</Nothing> : <ProgramList programs={found} />}
    </>
  );
}

function countOf(inventory: Inventory, found: number, isSearch: boolean): string {
  if (isSearch) return `${count(found)} found`;
  return inventory.isCut ? `the first ${count(found)} of ${count(inventory.total)}` : counted(found, "program");
}

function ProgramList({ programs }: { programs: readonly Program[] }) {
  const box = useRef<HTMLDivElement>(null);
  // eslint-disable-next-line react-hooks/incompatible-library -- what it returns is not memoized here
  const rows = useVirtualizer({ count: programs.length, getScrollElement: () => box.current, estimateSize: () => ROW_PX, overscan: 6 });
  return (
    // Scrolled by keys as well, so it takes the focus.
    <div ref={box} className={styles.box} role="table" aria-label="Installed programs" aria-rowcount={programs.length} tabIndex={0}>
      <div role="rowgroup" className={styles.list} style={{ height: rows.getTotalSize() }}>
        {rows.getVirtualItems().map(({ index, start }) => <ProgramRow key={index} program={programs[index]} index={index} top={start} />)}
      </div>
    </div>
  );
}

function ProgramRow({ program, index, top }: { program: Program | undefined; index: number; top: number }) {
  if (!program) return null;
  return (
    <div role="row" aria-rowindex={index + 1} className={styles.row} style={{ transform: `translateY(${top}px)` }}>
      <span role="cell" title={[program.name, program.path].filter((each) => each !== null).join("\n")}>{program.name}</span>
      <span role="cell" className={styles.version} title={program.version ?? undefined}>{program.version ?? "–"}</span>
      <span role="cell" className={styles.source}>{program.source}</span>
    </div>
  );
}
