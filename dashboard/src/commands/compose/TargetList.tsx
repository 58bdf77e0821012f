// Every machine that will be asked. There may be thousands: only rows on screen exist.
import { useVirtualizer } from "@tanstack/react-virtual";
import { useRef } from "react";
import type { TargetView } from "../../api/commands";
import type { Presence } from "../../api/wire";
import { PRESENCES } from "../../presence/presence";
import { PresenceMark } from "../../presence/PresenceMark";
import styles from "./Compose.module.css";

const ROW_PX = 32;

export function TargetList({ targets }: { targets: readonly TargetView[] }) {
  const box = useRef<HTMLDivElement>(null);
  // eslint-disable-next-line react-hooks/incompatible-library -- what it returns isn't memoized here
  const rows = useVirtualizer({ count: targets.length, getScrollElement: () => box.current, estimateSize: () => ROW_PX, overscan: 6 });
  return (
    <div ref={box} className={styles.targets} role="table" aria-label="Machines that will be asked" aria-rowcount={targets.length} tabIndex={0}>
      <div role="rowgroup" className={styles.rows} style={{ height: rows.getTotalSize() }}>
        {rows.getVirtualItems().map(({ index, start }) => <Target key={index} target={targets[index]} index={index} top={start} />)}
      </div>
    </div>
  );
}

function Target({ target, index, top }: { target: TargetView | undefined; index: number; top: number }) {
  if (!target) return null;
  const presence = PRESENCES.find((each): each is Presence => each === target.presence);
  return (
    <div role="row" aria-rowindex={index + 1} className={styles.target} style={{ transform: `translateY(${top}px)` }}>
      <span role="cell">{presence === undefined ? target.presence : <PresenceMark presence={presence} />}</span>
      <span role="cell" title={target.machine_id}>{target.name === "" ? target.machine_id : target.name}</span>
      <span role="cell" className={styles.id}>{target.machine_id}</span>
    </div>
  );
}
