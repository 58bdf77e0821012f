// Every core as a bar. What they do, not what they are called, is what matters.
import { counted, percent } from "../../format/quantities";
import styles from "./Cores.module.css";
import { Nothing, Part } from "../Part";
import { type Report, whyMissing } from "../report";

export function Cores({ report }: { report: Report }) {
  const note = report.perCore.length === 0 ? undefined : `${counted(report.perCore.length, "core")}, ${percent(report.cpuPercent)} together`;
  return (
    <Part title="CPU cores" note={note}>
      {report.perCore.length === 0 ? <Nothing>{whyMissing(report, "cpu")}</Nothing> : (
        <ol className={styles.cores}>
          {report.perCore.map((busy, core) => (
            // A core is its number.
            <li key={core} title={`core ${core}: ${percent(busy)}`}>
              <span className="visually-hidden">{percent(busy)}</span>
              <span className={styles.bar} style={{ transform: `scaleY(${Math.min(100, Math.max(0, busy)) / 100})` }} />
            </li>
          ))}
        </ol>
      )}
    </Part>
  );
}
