// Network interfaces: those that carry something first.
import { bytes, bytesPerSecond } from "../../format/quantities";
import { Nothing, Part } from "../Part";
import styles from "../Part.module.css";
import { type NetworkInterface, type Report, whyMissing } from "../report";

const SHOWN_MAX = 8;

export function Interfaces({ report }: { report: Report }) {
  const sorted = report.interfaces.toSorted((a, b) => traffic(b) - traffic(a));
  const more = sorted.length - SHOWN_MAX;
  return (
    <Part title="Interfaces" note={more > 0 ? `and ${more} quiet ones` : undefined}>
      {sorted.length === 0 ? <Nothing>{whyMissing(report, "network")}</Nothing> : (
        <table className={styles.table}>
          <thead>
            <tr>
              <th scope="col">Interface</th>
              <th scope="col" className={`${styles.medium} ${styles.number}`}>Receiving</th>
              <th scope="col" className={`${styles.medium} ${styles.number}`}>Sending</th>
              <th scope="col" className={`${styles.narrow} ${styles.number} ${styles.spare}`}>Errors</th>
            </tr>
          </thead>
          <tbody>{sorted.slice(0, SHOWN_MAX).map((each) => <InterfaceRow key={each.name} each={each} />)}</tbody>
        </table>
      )}
    </Part>
  );
}

function traffic(each: NetworkInterface): number {
  return (each.bytes_recv ?? 0) + (each.bytes_sent ?? 0);
}

function InterfaceRow({ each }: { each: NetworkInterface }) {
  return (
    <tr>
      <td title={[each.name, ...each.addresses].join("\n")}>
        {each.name} <span className={styles.quiet}>{each.addresses[0] ?? ""}</span>
      </td>
      <td className={styles.number} title={`${bytes(each.bytes_recv)} since it started`}>{bytesPerSecond(each.recv_bytes_per_s)}</td>
      <td className={styles.number} title={`${bytes(each.bytes_sent)} since it started`}>{bytesPerSecond(each.sent_bytes_per_s)}</td>
      <td className={`${styles.number} ${styles.spare}`}>{each.errors ?? "–"}</td>
    </tr>
  );
}
