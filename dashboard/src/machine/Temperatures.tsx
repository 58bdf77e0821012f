// Every sensor, the hottest first.
import { celsius } from "../format/quantities";
import { Nothing, Part } from "./Part";
import { type Report, whyMissing } from "./report";
import styles from "./Temperatures.module.css";

const HOT_C = 90;
const SHOWN_MAX = 12;

export function Temperatures({ report }: { report: Report }) {
  const sensors = report.temperatures.toSorted((a, b) => b.celsius - a.celsius).slice(0, SHOWN_MAX);
  return (
    <Part title="Temperatures">
      {sensors.length === 0 ? <Nothing>{whyMissing(report, "temperature")}</Nothing> : (
        <dl className={styles.sensors}>
          {sensors.map((sensor, index) => (
            // Two sensors may share a label
            <div key={`${sensor.label} ${index}`}>
              <dt title={sensor.label}>{sensor.label}</dt>
              <dd className={sensor.celsius >= HOT_C ? styles.hot : undefined}>{celsius(sensor.celsius)}</dd>
            </div>
          ))}
        </dl>
      )}
    </Part>
  );
}
