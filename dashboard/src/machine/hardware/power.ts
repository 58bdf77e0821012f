// Mains and battery, as a report says it. The wire's shape ends here.
import type { MachineView } from "../../api/wire";
import { booleanIn, numberIn, objectIn, textIn } from "../untrusted";

export interface Power {
  /** Null: not said. */
  hasBattery: boolean | null;
  ac_connected: boolean | null;
  percent: number | null;
  is_charging: boolean | null;
  time_left_s: number | null;
  health_percent: number | null;
  cycle_count: number | null;
  design_capacity: number | null;
  max_capacity: number | null;
  capacity_unit: string;
  temperature_c: number | null;
  condition: string | null;
}

/** From `metrics.power`; an older agent has only `metrics.battery`. */
export function readPower(machine: MachineView): Power | null {
  const metrics = objectIn(machine.latest_metrics);
  const power = objectIn(metrics.power);
  const battery = objectIn(metrics.battery);
  if (Object.keys(power).length === 0 && Object.keys(battery).length === 0) return null;
  const percent = numberIn(power.percent) ?? numberIn(battery.percent);
  return {
    hasBattery: booleanIn(power.battery_installed) ?? (percent === null ? null : true),
    ac_connected: booleanIn(power.ac_connected) ?? booleanIn(battery.plugged),
    percent, is_charging: booleanIn(power.is_charging), time_left_s: numberIn(power.time_left_s) ?? numberIn(battery.time_left),
    health_percent: numberIn(power.health_percent), cycle_count: numberIn(power.cycle_count),
    design_capacity: numberIn(power.design_capacity), max_capacity: numberIn(power.max_capacity), capacity_unit: textIn(power.capacity_unit) ?? "",
    temperature_c: numberIn(power.temperature_c), condition: textIn(power.condition),
  };
}
