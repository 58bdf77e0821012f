// How warm it is: every sensor, the hottest first; fans; and whether the processor is slowed for it.
import { celsius, count, percent } from "../../format/quantities";
import { FactList, known } from "../FactList";
import { Nothing, Part } from "../Part";
import { type Report, whyMissing } from "../report";
import styles from "./ThermalPart.module.css";
import type { Thermal } from "./thermal";

const HOT_C = 90;
const SHOWN_MAX = 12;

export function ThermalPart({ report, thermal }: { report: Report; thermal: Thermal | null }) {
  const sensors = report.temperatures.toSorted((a, b) => b.celsius - a.celsius).slice(0, SHOWN_MAX);
  return (
    <Part title="Heat and fans" note={thermal?.is_throttled === true ? "slowed for its heat" : undefined}>
      {sensors.length === 0 ? <Nothing>{`Temperatures: ${whyMissing(report, "temperature", "temperatures").toLowerCase()}`}</Nothing> : (
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
      {thermal === null ? <Nothing>{`Fans and clock: ${whyMissing(report, "thermal").toLowerCase()}`}</Nothing> : <FactList facts={factsOf(thermal)} />}
    </Part>
  );
}

function factsOf(thermal: Thermal) {
  return known([
    { label: "Fans", value: thermal.fans.length === 0 ? null : thermal.fans.map((fan) => `${fan.label} ${count(fan.rpm)}`).join(", ") },
    { label: "CPU clock", value: clockOf(thermal) },
    { label: "CPU held at", value: thermal.cpu_limit_percent === null || thermal.cpu_limit_percent >= 100 ? null : percent(thermal.cpu_limit_percent), tone: "amber" },
    { label: "Slowed for heat", value: thermal.throttle_count === null ? null : `${count(thermal.throttle_count)} times since its start`, tone: thermal.is_throttled === true ? "amber" : undefined },
    { label: "Pressure", value: thermal.pressure === "nominal" ? null : thermal.pressure, tone: "amber" },
  ]);
}

function clockOf({ cpu_mhz: now, cpu_max_mhz: max }: Thermal): string | null {
  if (now === null) return null;
  const ghz = (mhz: number) => (mhz / 1000).toFixed(1);
  return max === null ? `${ghz(now)} GHz` : `${ghz(now)} of ${ghz(max)} GHz`;
}
