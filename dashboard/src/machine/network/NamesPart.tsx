// Whether names are found: each name server, and how fast it answers.
import { milliseconds } from "../../format/quantities";
import { Nothing, Part } from "../Part";
import styles from "../Part.module.css";
import { type Report, whyMissing } from "../report";
import type { NetworkReport } from "./networkReport";

export function NamesPart({ report, dns }: { report: Report; dns: NetworkReport["dns"] }) {
  return (
    <Part title="Name servers" note={dns?.method === "system" ? "asked through the system's resolver" : undefined}>
      {dns === null || dns.resolvers.length === 0 ? <Nothing>{whyMissing(report, "dns")}</Nothing> : (
        <table className={styles.table}>
          <thead>
            <tr>
              <th scope="col">Server</th>
              <th scope="col" className={`${styles.medium} ${styles.number}`}>Answered</th>
              <th scope="col" className={`${styles.narrow} ${styles.number}`}>Time</th>
            </tr>
          </thead>
          <tbody>
            {dns.resolvers.map((each) => (
              <tr key={each.address}>
                <td title={each.error ?? undefined}>{each.address} {each.error !== null && <span className={styles.quiet}>{each.error}</span>}</td>
                <td className={`${styles.number} ${each.answered === 0 ? styles.red : ""}`}>{each.answered ?? "–"} of {each.asked ?? "–"}</td>
                <td className={styles.number}>{milliseconds(each.latency_ms)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Part>
  );
}
