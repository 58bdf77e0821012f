// The last speed tests, the newest first.
import { megabits, milliseconds } from "../../format/quantities";
import { Age } from "../../live/Age";
import { Nothing, Part } from "../Part";
import styles from "../Part.module.css";
import { type Report, whyMissing } from "../report";
import type { NetworkReport } from "./networkReport";

const SHOWN_MAX = 6;

export function SpeedTests({ report, network }: { report: Report; network: NetworkReport }) {
  const tests = network.speedTests.slice(0, SHOWN_MAX);
  return (
    <Part title="Speed tests" note={network.isSlowAlarm ? "several slow ones in a row" : tests[0]?.server ?? undefined}>
      {tests.length === 0 ? <Nothing>{network.looks && !Object.hasOwn(report.unavailable, "speedtest") ? "None yet: they are off unless the config asks for them." : whyMissing(report, "speedtest")}</Nothing> : (
        <table className={styles.table}>
          <thead>
            <tr>
              <th scope="col">When</th>
              <th scope="col" className={styles.number}>Down</th>
              <th scope="col" className={styles.number}>Up</th>
              <th scope="col" className={`${styles.number} ${styles.spare}`}>Delay</th>
            </tr>
          </thead>
          <tbody>
            {tests.map((test, index) => (
              // Two may have the same time when its clock jumped.
              <tr key={`${test.at ?? ""} ${index}`}>
                <td><Age since={test.at} suffix=" ago" /></td>
                <td className={`${styles.number} ${test.is_slow ? styles.amber : ""}`}>{megabits(test.download_mbps)}</td>
                <td className={styles.number}>{megabits(test.upload_mbps)}</td>
                <td className={`${styles.number} ${styles.spare}`}>{milliseconds(test.latency_ms)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Part>
  );
}
