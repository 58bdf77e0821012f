// What the agent itself costs its machine, and which of its monitors it slowed down.
import { bytes, decimal, percentFine } from "../../format/quantities";
import { duration } from "../../format/times";
import type { OwnCost } from "../report";
import styles from "./OwnCostLine.module.css";

export function OwnCostLine({ cost }: { cost: OwnCost }) {
  const parts = [
    cost.cpu_percent === null ? null : `${percentFine(cost.cpu_percent)} of one core`,
    cost.memory_bytes === null ? null : `${bytes(cost.memory_bytes)} of memory`,
    cost.wakeups_per_s === null ? null : `${decimal(cost.wakeups_per_s, 1)} wake-ups a second`,
  ].filter((each) => each !== null);
  if (parts.length === 0 && cost.slowed.length === 0) return null;
  return (
    <p className={`${styles.cost} live`} data-testid="own-cost">
      {parts.length > 0 && `The agent itself takes ${parts.join(", ")}.`}
      {cost.slowed.length > 0 && ` It looks more seldom at ${cost.slowed.map((each) => `${each.name} (every ${duration(each.interval_s)})`).join(", ")}: that took too long.`}
    </p>
  );
}
