// Machines that share a network, the most troubled first: whether it is the network or one of them.
import type { NetworkGroupView } from "../api/wire";
import { count, decibels, milliseconds, percentFine } from "../format/quantities";
import { Nothing, Part } from "../machine/Part";
import styles from "../machine/Part.module.css";

const SHOWN_MAX = 30;

interface GroupTableProps {
  title: string;
  kind: string;
  groups: readonly NetworkGroupView[];
  empty: string;
  hasSignal?: boolean;
}

export function GroupTable({ title, kind, groups, empty, hasSignal = false }: GroupTableProps) {
  const more = groups.length - SHOWN_MAX;
  return (
    <Part title={title} note={groups.length > 0 ? <span className={styles.deskOnly}>middle machine, worst machine</span> : undefined}>
      {groups.length === 0 ? <Nothing>{empty}</Nothing> : (
        <table className={styles.table}>
          <thead>
            <tr>
              <th scope="col">{kind}</th>
              <th scope="col" className={`${styles.medium} ${styles.number}`}>Troubled</th>
              <th scope="col" className={styles.number}>Time</th>
              <th scope="col" className={styles.number}>Lost</th>
              {hasSignal && <th scope="col" className={`${styles.number} ${styles.spare}`}>Signal</th>}
            </tr>
          </thead>
          <tbody>
            {groups.slice(0, SHOWN_MAX).map((group) => (
              <tr key={group.name}>
                <td title={group.name}>{group.name}</td>
                <td className={`${styles.number} ${group.troubled > 0 ? styles.amber : styles.quiet}`}>{`${count(group.troubled)} of ${count(group.machines)}`}</td>
                <td className={styles.number}>{milliseconds(group.latency_ms_median)} <span className={`${styles.quiet} ${styles.spare}`}>{milliseconds(group.latency_ms_worst)}</span></td>
                <td className={styles.number}>{percentFine(group.loss_percent_median)} <span className={`${styles.quiet} ${styles.spare}`}>{percentFine(group.loss_percent_worst)}</span></td>
                {hasSignal && <td className={`${styles.number} ${styles.spare}`}>{decibels(group.signal_dbm_median)}</td>}
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {more > 0 && <Nothing>{`and ${more} more`}</Nothing>}
    </Part>
  );
}
