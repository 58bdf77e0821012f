// How packets fare, to each target: the gateway tells whether trouble is near or far.
import { milliseconds, percentFine } from "../../format/quantities";
import { duration } from "../../format/times";
import { Nothing, Part } from "../Part";
import styles from "../Part.module.css";
import { type Report, whyMissing } from "../report";
import type { NetworkReport, PingTarget } from "./networkReport";

export function Pings({ report, network }: { report: Report; network: NetworkReport }) {
  return (
    <Part title="Round trips" note={network.window_s === null ? undefined : `over the last ${duration(network.window_s)}`}>
      {network.pings.length === 0 ? <Nothing>{whyMissing(report, "ping")}</Nothing> : (
        <table className={styles.table}>
          <thead>
            <tr>
              <th scope="col">To</th>
              <th scope="col" className={`${styles.narrow} ${styles.number}`}>Time</th>
              <th scope="col" className={`${styles.narrow} ${styles.number} ${styles.spare}`}>Jitter</th>
              <th scope="col" className={`${styles.narrow} ${styles.number}`}>Lost</th>
            </tr>
          </thead>
          <tbody>{network.pings.map((each) => <PingRow key={`${each.name} ${each.address ?? ""}`} each={each} />)}</tbody>
        </table>
      )}
    </Part>
  );
}

function PingRow({ each }: { each: PingTarget }) {
  const how = each.method === "tcp" ? "measured by how long a connection takes: the system allows no echo" : "";
  const range = each.latency_min_ms === null ? "" : `from ${milliseconds(each.latency_min_ms)} to ${milliseconds(each.latency_max_ms)}`;
  const tone = each.status === "lost" ? styles.red : each.status === "warning" ? styles.amber : "";
  return (
    <tr>
      <td title={[each.name, each.address, how].filter(Boolean).join("\n")}>{each.name} {each.address !== each.name && <span className={styles.quiet}>{each.address}</span>}</td>
      {each.error !== null && each.latency_ms === null
        ? <td colSpan={3} className={styles.quiet} title={each.error}>{each.error}</td>
        : (
          <>
            <td className={styles.number} title={range}>{milliseconds(each.latency_ms)}</td>
            <td className={`${styles.number} ${styles.spare}`}>{milliseconds(each.jitter_ms)}</td>
            <td className={`${styles.number} ${tone}`}>{percentFine(each.loss_percent)}</td>
          </>
        )}
    </tr>
  );
}
