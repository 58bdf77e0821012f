// The column heads; each sorts, and turns round on the second click.
import { COLUMNS, type Column } from "./columns";
import { showSort } from "./fleetAddress";
import styles from "./MachineTable.module.css";
import type { Sort } from "./sort";

const ARIA = { asc: "ascending", desc: "descending" } as const;

export function TableHead({ sort }: { sort: Sort }) {
  return (
    <div role="rowgroup" className={styles.headgroup}>
      <div role="row" aria-rowindex={1} className={`${styles.row} ${styles.head}`}>
        {COLUMNS.map((column, index) => (
          <div key={column.key} role="columnheader" aria-colindex={index + 1} data-column={column.key}
            aria-sort={sort.key === column.sort ? ARIA[sort.direction] : undefined}
            className={`${styles.cell} ${styles[column.key]} ${column.number ? styles.number : ""}`}>
            <HeadLabel column={column} sort={sort} />
          </div>
        ))}
      </div>
    </div>
  );
}

function HeadLabel({ column, sort }: { column: Column; sort: Sort }) {
  const key = column.sort;
  if (key === null) return <span>{column.label}</span>;
  const sorted = sort.key === key;
  const arrow = sort.direction === "asc" ? "↑" : "↓";

  function click() {
    if (key === null) return;
    if (sorted) showSort(key, sort.direction === "asc" ? "desc" : "asc");
    else showSort(key);
  }

  const isPresence = column.key === "presence";
  return (
    <button type="button" className={styles.headButton} onClick={click} title={isPresence ? "Worst first" : undefined}>
      <span className={isPresence ? "visually-hidden" : undefined}>{column.label}</span>
      <span aria-hidden="true" className={styles.arrow}>{sorted ? arrow : isPresence ? "·" : ""}</span>
    </button>
  );
}
