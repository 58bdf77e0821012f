// A part of a whole as a bar; amber from where it becomes worth a look.
import { isKnown } from "../format/quantities";
import styles from "./Meter.module.css";

export function Meter({ percent, amberFrom }: { percent: number | null; amberFrom: number }) {
  const filled = isKnown(percent) ? Math.min(100, Math.max(0, percent)) / 100 : 0;
  const alarming = isKnown(percent) && percent >= amberFrom;
  return (
    <span className={`${styles.meter} ${alarming ? styles.amber : ""}`} aria-hidden="true">
      <span style={{ transform: `scaleX(${filled})` }} />
    </span>
  );
}
