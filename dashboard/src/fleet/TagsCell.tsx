// A machine's tags; a click on one filters by it.
import type { CardView } from "../api/wire";
import { columnIndex } from "./columns";
import { filterWord, toggleWord } from "./filter";
import { showFilter } from "./fleetAddress";
import styles from "./MachineTable.module.css";

const SHOWN_MAX = 3;

export function TagsCell({ card, filterText }: { card: CardView; filterText: string }) {
  const more = card.tags.length - SHOWN_MAX;
  return (
    <div role="gridcell" aria-colindex={columnIndex("tags")} className={`${styles.cell} ${styles.tags}`} title={card.tags.join(", ")}>
      {card.tags.slice(0, SHOWN_MAX).map((tag) => (
        <button key={tag} type="button" tabIndex={-1} className={styles.tag}
          onClick={(event) => { event.preventDefault(); showFilter(toggleWord(filterText, filterWord("tag", tag))); }}>
          {tag}
        </button>
      ))}
      {more > 0 && <span className={styles.more}>+{more}</span>}
    </div>
  );
}
