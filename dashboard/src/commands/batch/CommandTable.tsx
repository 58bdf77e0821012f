// How each machine fared, those that need somebody first. Only rows on screen exist.
import { useWindowVirtualizer } from "@tanstack/react-virtual";
import { useLayoutEffect, useMemo, useRef, useState } from "react";
import type { CommandView } from "../../api/commands";
import { duration, parseTime_s } from "../../format/times";
import { useMachineCard } from "../../live/fleetStore";
import { changeSearch, useSearch } from "../../route/location";
import { machinePath } from "../../route/pages";
import { Link } from "../../route/Link";
import { Button } from "../../shell/Button";
import { STATES, stateEntry } from "../states";
import { StateMark } from "../StateMark";
import styles from "./BatchPage.module.css";
import { useCommandRowHeight } from "./useCommandRowHeight";

const HEADS = ["Machine", "State", "Said", "Took", ""];

export function CommandTable({ commands, shown }: { commands: readonly CommandView[]; shown: string | undefined }) {
  const wanted = new URLSearchParams(useSearch()).get("state");
  const rank = (command: CommandView) => STATES.findIndex((each) => each.state === command.state);
  const list = useMemo(() => commands.filter((each) => wanted === null || each.state === wanted).toSorted((a, b) => rank(a) - rank(b)), [commands, wanted]);
  const body = useRef<HTMLDivElement>(null);
  const [top, setTop] = useState(0);
  const rowHeight = useCommandRowHeight();
  // What is above grows with the output that is shown.
  useLayoutEffect(() => setTop(Math.round((body.current?.getBoundingClientRect().top ?? 0) + window.scrollY)), [shown, list.length]);
  const rows = useWindowVirtualizer({ count: list.length, estimateSize: () => rowHeight, overscan: 8, scrollMargin: top });
  useLayoutEffect(() => rows.measure(), [rows, rowHeight]);
  return (
    <>
      {commands.length > 1 && <StateFilter commands={commands} wanted={wanted} />}
      <div role="table" aria-label="Machines" aria-rowcount={list.length + 1} className={styles.table}>
        <div role="row" aria-rowindex={1} className={`${styles.row} ${styles.head}`}>
          {HEADS.map((head) => <span key={head} role="columnheader">{head === "" ? <span className="visually-hidden">Details</span> : head}</span>)}
        </div>
        <div ref={body} role="rowgroup" className={styles.body} style={{ height: rows.getTotalSize() }}>
          {rows.getVirtualItems().map(({ index, start }) => <CommandRow key={list[index]?.command_id} command={list[index]} index={index} top={start - top} shown={shown} />)}
        </div>
      </div>
    </>
  );
}

function StateFilter({ commands, wanted }: { commands: readonly CommandView[]; wanted: string | null }) {
  const present = STATES.filter(({ state }) => commands.some((each) => each.state === state));
  if (present.length < 2) return null;
  return (
    <div className={styles.filters} role="group" aria-label="Show only">
      {present.map(({ state, word }) => (
        <button key={state} type="button" className={styles.filter} aria-pressed={wanted === state} onClick={() => changeSearch({ state: wanted === state ? null : state })}>
          {`${word} ${commands.filter((each) => each.state === state).length}`}
        </button>
      ))}
    </div>
  );
}

interface CommandRowProps {
  command: CommandView | undefined;
  index: number;
  top: number;
  shown: string | undefined;
}

function CommandRow({ command, index, top, shown }: CommandRowProps) {
  const name = useMachineCard(command?.machine_id ?? "")?.name;
  if (!command) return null;
  const isShown = command.command_id === shown;
  return (
    <div role="row" aria-rowindex={index + 2} className={`${styles.row} ${styles.item}`} data-shown={isShown} style={{ transform: `translateY(${top}px)` }}>
      <span role="cell"><Link to={`${machinePath(command.machine_id)}?tab=commands`} title={command.machine_id}>{name ?? command.machine_id}</Link></span>
      <span role="cell"><StateMark state={command.state} /></span>
      <span role="cell" className={styles.said} title={command.message ?? undefined}>{saidOf(command)}</span>
      <span role="cell" className={styles.took}>{tookOf(command)}</span>
      <span role="cell"><Button className={styles.open ?? ""} aria-expanded={isShown} aria-label={`${isShown ? "Hide" : "Details"}: ${name ?? command.machine_id}`} onClick={() => changeSearch({ open: isShown ? null : command.command_id })}>{isShown ? "Hide" : "Details"}</Button></span>
    </div>
  );
}

export function saidOf(command: CommandView): string {
  if (typeof command.message === "string" && command.message !== "") return command.message;
  if (typeof command.exit_code === "number") return `exit status ${command.exit_code}`;
  return stateEntry(command.state).isOpen ? "–" : command.code ?? "–";
}

function tookOf(command: CommandView): string {
  const [from_s, to_s] = [parseTime_s(command.started_at), parseTime_s(command.settled_at)];
  return from_s === null || to_s === null ? "" : duration(to_s - from_s);
}
