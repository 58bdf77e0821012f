// The processes that take the most. Their names are whatever the machine says.
import { bytes, counted, isKnown, percent } from "../../format/quantities";
import { Nothing, Part } from "../Part";
import styles from "../Part.module.css";
import { type Report, whyMissing } from "../report";

const SHOWN_MAX = 8;

export function Processes({ report }: { report: Report }) {
  const rows = report.processes.toSorted((a, b) => (b.cpu ?? -1) - (a.cpu ?? -1)).slice(0, SHOWN_MAX);
  const note = report.processCount === null ? undefined : `${counted(report.processCount, "process", "processes")} in all`;
  return (
    <Part title="Top processes" note={note}>
      {rows.length === 0 ? <Nothing>{whyMissing(report, "processes")}</Nothing> : (
        <table className={styles.table}>
          <thead>
            <tr>
              <th scope="col">Name</th>
              <th scope="col" className={`${styles.medium} ${styles.spare}`}>User</th>
              <th scope="col" className={`${styles.narrow} ${styles.number}`}>PID</th>
              <th scope="col" className={`${styles.narrow} ${styles.number}`}>CPU</th>
              <th scope="col" className={`${styles.medium} ${styles.number}`}>Memory</th>
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <tr key={`${row.pid ?? ""} ${row.name}`}>
                <td title={row.name}>{row.name}</td>
                <td className={`${styles.quiet} ${styles.spare}`} title={row.user ?? undefined}>{row.user ?? "–"}</td>
                <td className={`${styles.number} ${styles.quiet}`}>{row.pid ?? "–"}</td>
                <td className={styles.number}>{percent(row.cpu)}</td>
                <td className={styles.number}>{isKnown(row.memory_bytes) ? bytes(row.memory_bytes) : percent(row.memory_percent)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Part>
  );
}
