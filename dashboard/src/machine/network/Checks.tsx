// Services that the config names: whether they answer as they should, those that don't first.
import { counted, milliseconds } from "../../format/quantities";
import { Nothing, Part } from "../Part";
import styles from "../Part.module.css";
import { type Report, whyMissing } from "../report";
import type { Check } from "./networkReport";

/** A certificate with fewer days left deserves a look. */
const TLS_DAYS_FEW = 21;

export function Checks({ report, checks, looks }: { report: Report; checks: readonly Check[]; looks: boolean }) {
  const rows = checks.toSorted((a, b) => Number(a.is_up ?? true) - Number(b.is_up ?? true));
  return (
    <Part title="Checked services">
      {rows.length === 0 ? <Nothing>{looks && !Object.hasOwn(report.unavailable, "checks") ? "The config names none: network.checks.targets." : whyMissing(report, "checks")}</Nothing> : (
        <table className={styles.table}>
          <thead>
            <tr>
              <th scope="col">Service</th>
              <th scope="col">State</th>
              <th scope="col" className={`${styles.narrow} ${styles.number}`}>Time</th>
              <th scope="col" className={`${styles.medium} ${styles.number} ${styles.spare}`}>Certificate</th>
            </tr>
          </thead>
          <tbody>{rows.map((each) => <CheckRow key={`${each.name} ${each.target ?? ""}`} each={each} />)}</tbody>
        </table>
      )}
    </Part>
  );
}

function CheckRow({ each }: { each: Check }) {
  const few = each.tls_days_left !== null && each.tls_days_left < TLS_DAYS_FEW;
  return (
    <tr>
      <td title={[each.name, each.target].join("\n")}>{each.name}</td>
      <td className={`${styles.wrap} ${each.is_up === false ? styles.red : ""}`} title={each.error ?? undefined}>{stateOf(each)}</td>
      <td className={styles.number}>{milliseconds(each.latency_ms)}</td>
      <td className={`${styles.number} ${styles.spare} ${few ? styles.amber : ""}`}>{certificateOf(each)}</td>
    </tr>
  );
}

function stateOf(each: Check): string {
  if (each.is_up === false) return each.error ?? (each.status === null ? "down" : `down (${each.status})`);
  return each.is_up === null ? "–" : "up";
}

function certificateOf({ tls_days_left: days }: Check): string {
  if (days === null) return "–";
  return days < 0 ? "expired" : counted(days, "day");
}
