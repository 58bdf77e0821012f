// Rows of the settings: a table on a desk, a stack of cards on a phone.
import type { ReactNode } from "react";
import styles from "./Table.module.css";

interface TableProps {
  label: string;
  /** An empty head is the column of buttons. */
  heads: readonly string[];
  /** Shown when there are no rows. */
  empty: ReactNode;
  rows: readonly { key: string; cells: readonly ReactNode[]; quiet?: boolean }[];
}

export function Table({ label, heads, empty, rows }: TableProps) {
  if (rows.length === 0) return <p className={styles.empty}>{empty}</p>;
  return (
    <div className={styles.frame}>
      <table className={styles.table} aria-label={label}>
        <thead>
          <tr>{heads.map((head) => <th key={head} scope="col">{head === "" ? <span className="visually-hidden">What can be done</span> : head}</th>)}</tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.key} className={row.quiet === true ? styles.quiet : undefined}>
              {row.cells.map((cell, index) => (
                <td key={heads[index]} data-head={heads[index]} className={heads[index] === "" ? styles.buttons : undefined}>{cell}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
