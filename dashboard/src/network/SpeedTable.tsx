// The fleet's newest speed tests.
import type { SpeedTestView } from "../api/wire";
import { megabits, milliseconds } from "../format/quantities";
import { Age } from "../live/Age";
import { fleetStore } from "../live/fleetStore";
import { Nothing, Part } from "../machine/Part";
import styles from "../machine/Part.module.css";
import { Link } from "../route/Link";
import { machinePath } from "../route/pages";

export function SpeedTable({ tests }: { tests: readonly SpeedTestView[] }) {
  return (
    <Part title="Speed tests">
      {tests.length === 0 ? <Nothing>None: they are off unless a machine's config asks for them.</Nothing> : (
        <table className={styles.table}>
          <thead>
            <tr>
              <th scope="col">Machine</th>
              <th scope="col" className={`${styles.medium} ${styles.spare}`}>Against</th>
              <th scope="col" className={styles.number}>Down</th>
              <th scope="col" className={styles.number}>Up</th>
              <th scope="col" className={`${styles.narrow} ${styles.number} ${styles.spare}`}>Delay</th>
              <th scope="col" className={`${styles.medium} ${styles.number}`}>When</th>
            </tr>
          </thead>
          <tbody>
            {tests.map((test, index) => (
              // Two of one machine may have the same time when its clock jumped.
              <tr key={`${test.machine_id} ${test.timestamp} ${index}`}>
                <td title={test.machine_id}><Link to={`${machinePath(test.machine_id)}?tab=network`}>{fleetStore.machine(test.machine_id)?.name ?? test.machine_id}</Link></td>
                <td className={`${styles.quiet} ${styles.spare}`} title={test.server}>{test.server}</td>
                <td className={`${styles.number} ${test.is_slow ? styles.amber : ""}`}>{megabits(test.download)}</td>
                <td className={styles.number}>{megabits(test.upload)}</td>
                <td className={`${styles.number} ${styles.spare}`}>{milliseconds(test.ping)}</td>
                <td className={styles.number}><Age since={test.timestamp} suffix=" ago" /></td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Part>
  );
}
