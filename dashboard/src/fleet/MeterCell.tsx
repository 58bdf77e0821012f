// A part of a whole, as a number and a thin bar.
import { isKnown, percent } from "../format/quantities";
import { columnIndex } from "./columns";
import styles from "./MachineTable.module.css";

interface MeterCellProps {
  column: "memory" | "disk";
  label: string;
  value: number | null | undefined;
  alarming: boolean;
}

export function MeterCell({ column, label, value, alarming }: MeterCellProps) {
  const filled = isKnown(value) ? Math.min(100, Math.max(0, value)) / 100 : 0;
  return (
    <div role="gridcell" aria-colindex={columnIndex(column)} title={isKnown(value) ? undefined : "Not in its reports"}
      className={`${styles.cell} ${styles[column]} ${styles.number} ${alarming ? styles.alarming : ""}`}>
      <span className={styles.phoneLabel}>{label} </span>
      <span className={styles.meter} aria-hidden="true"><span style={{ transform: `scaleX(${filled})` }} /></span>
      {percent(value)}
    </div>
  );
}
