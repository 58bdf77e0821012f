// The battery and its wear; for a machine without one, that it runs on mains.
import { celsius, count, percent } from "../../format/quantities";
import { duration } from "../../format/times";
import { type Fact, FactList, known } from "../FactList";
import { Nothing, Part } from "../Part";
import { type Report, whyMissing } from "../report";
import { BATTERY_WORN_PERCENT } from "./limits";
import type { Power } from "./power";

export function PowerPart({ report, power }: { report: Report; power: Power | null }) {
  return (
    <Part title="Power" note={power === null ? undefined : sourceOf(power)}>
      {power === null && <Nothing>{whyMissing(report, "power", "battery")}</Nothing>}
      {power !== null && (power.hasBattery === true ? <FactList facts={factsOf(power)} /> : <Nothing>No battery.</Nothing>)}
    </Part>
  );
}

function sourceOf({ ac_connected }: Power): string | undefined {
  if (ac_connected === null) return undefined;
  return ac_connected ? "on mains" : "on battery";
}

function factsOf(power: Power): Fact[] {
  const isWorn = power.health_percent !== null && power.health_percent < BATTERY_WORN_PERCENT;
  return [
    { label: "Charge", value: power.percent === null ? null : `${percent(power.percent)}${power.is_charging === true ? ", charging" : ""}` },
    { label: "Health", value: power.health_percent === null ? null : `${percent(power.health_percent)} of what it held when new`, why: "this battery doesn't say", tone: isWorn ? "amber" : undefined },
    ...known([
      { label: power.is_charging === true ? "Full in" : "Lasts for", value: power.time_left_s === null ? null : duration(power.time_left_s) },
      { label: "Cycles", value: power.cycle_count === null ? null : count(power.cycle_count) },
      { label: "Capacity", value: capacityOf(power) },
      { label: "Temperature", value: power.temperature_c === null ? null : celsius(power.temperature_c) },
      { label: "Condition", value: power.condition },
    ]),
  ];
}

function capacityOf({ design_capacity: design, max_capacity: max, capacity_unit: unit }: Power): string | null {
  if (max === null) return null;
  return design === null ? `${count(max)} ${unit}` : `${count(max)} of ${count(design)} ${unit}`;
}
