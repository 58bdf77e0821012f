// One machine in the table. It says why it stands where it stands: a machine that
// doesn't report shows that instead of numbers nobody vouches for any more.
import { memo } from "react";
import type { CardView } from "../api/wire";
import { bytesPerSecond, percent } from "../format/quantities";
import { Age } from "../live/Age";
import { isReporting } from "../live/fleetState";
import { useMachineCard } from "../live/fleetStore";
import { PresenceMark } from "../presence/PresenceMark";
import { Link } from "../route/Link";
import { navigate } from "../route/location";
import { machinePath } from "../route/pages";
import { columnIndex } from "./columns";
import styles from "./MachineTable.module.css";
import { MeterCell } from "./MeterCell";
import { SilentCell } from "./SilentCell";
import { systemName } from "./systemName";
import { TagsCell } from "./TagsCell";

interface MachineRowProps {
  id: string;
  index: number;
  top: number;
  current: boolean;
  selected: boolean;
  filterText: string;
}

export const MachineRow = memo(function MachineRow({ id, index, top, current, selected, filterText }: MachineRowProps) {
  const card = useMachineCard(id);
  if (!card) return null;
  const classes = [styles.row, styles.item, styles[card.presence], current ? styles.current : "", selected ? styles.selected : ""].join(" ");
  return (
    // Enter opens the current row, and the name is a link.
    <div role="row" id={`row-${id}`} aria-rowindex={index + 2} aria-selected={selected} data-current={current} className={classes} style={{ transform: `translateY(${top}px)` }}
      onClick={(event) => { if (!event.defaultPrevented) navigate(machinePath(id)); }}>
      <div role="gridcell" aria-colindex={1} className={`${styles.cell} ${styles.presence}`}><PresenceMark presence={card.presence} />{selected && <span className={styles.tick} aria-hidden="true">✓</span>}</div>
      <NameCell card={card} />
      <div role="gridcell" aria-colindex={columnIndex("system")} className={`${styles.cell} ${styles.system}`} title={card.model ?? undefined}>{systemName(card)}</div>
      <TagsCell card={card} filterText={filterText} />
      {isReporting(card) ? <Numbers card={card} /> : <SilentCell card={card} />}
      <div role="gridcell" aria-colindex={columnIndex("report")} className={`${styles.cell} ${styles.report} ${styles.number}`}><Age since={card.last_seen} /></div>
    </div>
  );
});

function NameCell({ card }: { card: CardView }) {
  const title = card.hostname === card.name ? card.name : `${card.name} (${card.hostname})`;
  return (
    <div role="gridcell" aria-colindex={columnIndex("name")} className={`${styles.cell} ${styles.name}`}>
      <Link to={machinePath(card.id)} tabIndex={-1} title={title}>{card.name}</Link>
      {card.legacy && <span className={styles.legacy} title="An ATLAS 2.0 agent: its reports aren't sealed">2.0</span>}
    </div>
  );
}

function Numbers({ card }: { card: CardView }) {
  const recv = bytesPerSecond(card.recv_bytes_per_s);
  const sent = bytesPerSecond(card.sent_bytes_per_s);
  return (
    <>
      <div role="gridcell" aria-colindex={columnIndex("cpu")} className={`${styles.cell} ${styles.cpu} ${styles.number} ${card.alarms.includes("cpu") ? styles.alarming : ""}`}>
        <span className={styles.phoneLabel}>CPU </span>{percent(card.cpu_percent)}
      </div>
      <MeterCell column="memory" label="MEM" value={card.memory_percent} alarming={card.alarms.includes("memory")} />
      <MeterCell column="disk" label="DISK" value={card.disk_percent} alarming={card.alarms.includes("disk")} />
      <div role="gridcell" aria-colindex={columnIndex("network")} className={`${styles.cell} ${styles.network} ${styles.number}`} title={`received ${recv}, sent ${sent}`}>
        <span><i>↓</i>{recv}</span><span><i>↑</i>{sent}</span>
      </div>
    </>
  );
}
