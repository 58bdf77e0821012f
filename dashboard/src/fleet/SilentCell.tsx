// In place of numbers: why there are none, and since when.
import type { CardView } from "../api/wire";
import { exactTime, parseTime_s, sinceTime } from "../format/times";
import { serverNow_s } from "../live/serverClock";
import { causeWords } from "../presence/cause";
import { columnIndex } from "./columns";
import styles from "./MachineTable.module.css";

export function SilentCell({ card }: { card: CardView }) {
  const at_s = parseTime_s(card.presence_since);
  const cause = causeWords(card.presence_cause);
  return (
    <div role="gridcell" aria-colindex={columnIndex("cpu")} aria-colspan={4} className={`${styles.cell} ${styles.silent}`}
      title={`${card.presence} since ${exactTime(at_s)}`}>
      <span>{card.presence}</span>{" "}
      {at_s !== null && `since ${sinceTime(at_s, serverNow_s())}`}
      {cause !== null && card.presence_cause !== card.presence && `: ${cause}`}
    </div>
  );
}
