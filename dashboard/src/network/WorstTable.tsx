// The machines whose network is worst, each with where its trouble is and how that is known.
import type { NetworkMachineView } from "../api/wire";
import { milliseconds, percentFine } from "../format/quantities";
import { Age } from "../live/Age";
import { whereWords } from "../machine/network/trouble";
import { Nothing, Part } from "../machine/Part";
import styles from "../machine/Part.module.css";
import { Link } from "../route/Link";
import { machinePath } from "../route/pages";

export function WorstTable({ worst }: { worst: readonly NetworkMachineView[] }) {
  return (
    <Part title="Worst machines">
      {worst.length === 0 ? <Nothing>None is worse than another.</Nothing> : (
        <table className={styles.table}>
          <thead>
            <tr>
              <th scope="col">Machine</th>
              <th scope="col" className={styles.twice}>Trouble</th>
              <th scope="col" className={`${styles.medium} ${styles.spare}`}>For</th>
              <th scope="col" className={`${styles.narrow} ${styles.number} ${styles.spare}`}>Time</th>
              <th scope="col" className={`${styles.narrow} ${styles.number}`}>Lost</th>
            </tr>
          </thead>
          <tbody>{worst.map((each) => <WorstRow key={each.machine_id} each={each} />)}</tbody>
        </table>
      )}
    </Part>
  );
}

function WorstRow({ each }: { each: NetworkMachineView }) {
  const isTroubled = each.trouble !== null && each.trouble !== "none";
  return (
    <tr>
      <td title={[each.name, each.ssid, each.gateway].filter((part) => part !== null).join("\n")}><Link to={`${machinePath(each.machine_id)}?tab=network`}>{each.name}</Link> <span className={styles.quiet}>{each.ssid ?? each.gateway}</span></td>
      <td className={styles.wrap} title={each.evidence.join("\n")}>
        {isTroubled ? <><span className={each.severity === "critical" ? styles.red : styles.amber}>{whereWords(each.trouble ?? "")}</span> <span className={styles.quiet}>{each.evidence[0] ?? each.summary}</span></> : <span className={styles.quiet}>{each.trouble === null ? "– it doesn't say" : "none"}</span>}
      </td>
      <td className={`${styles.quiet} ${styles.spare}`}>{isTroubled && each.since !== null && <Age since={each.since} />}</td>
      <td className={`${styles.number} ${styles.spare}`}>{milliseconds(each.latency_ms)}</td>
      <td className={styles.number}>{percentFine(each.loss_percent)}</td>
    </tr>
  );
}
