// Fans, clock and throttling, as a report says it. The wire's shape ends here.
import type { MachineView } from "../../api/wire";
import { booleanIn, numberIn, objectIn, objectsIn, textIn } from "../untrusted";

export interface Thermal {
  fans: { label: string; rpm: number | null }[];
  cpu_mhz: number | null;
  cpu_max_mhz: number | null;
  cpu_limit_percent: number | null;
  is_throttled: boolean | null;
  throttle_count: number | null;
  pressure: string | null;
}

export function readThermal(machine: MachineView): Thermal | null {
  const thermal = objectIn(objectIn(machine.latest_metrics).thermal);
  if (Object.keys(thermal).length === 0) return null;
  return {
    fans: objectsIn(thermal.fans).map((fan) => ({ label: textIn(fan.label) ?? "fan", rpm: numberIn(fan.rpm) })),
    cpu_mhz: numberIn(thermal.cpu_mhz), cpu_max_mhz: numberIn(thermal.cpu_max_mhz), cpu_limit_percent: numberIn(thermal.cpu_limit_percent),
    is_throttled: booleanIn(thermal.is_throttled), throttle_count: numberIn(thermal.throttle_count), pressure: textIn(thermal.pressure),
  };
}
