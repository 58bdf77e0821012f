// What was lost at once, and one sentence when something is wrong; nothing when not.
import type { FleetState } from "../live/fleetState";
import { useServerNow_s } from "../live/serverClock";
import { OutageLines } from "./OutageLines";
import { verdictOn } from "./verdict";
import styles from "./VerdictLine.module.css";

export function VerdictLine({ fleet }: { fleet: Readonly<FleetState> }) {
  const now_s = useServerNow_s();
  const verdict = fleet.complete ? verdictOn(fleet, now_s) : null;
  return (
    <div role="status" className={styles.status}>
      <OutageLines outages={fleet.outages} />
      {verdict && <p className={`${styles.verdict} ${styles[verdict.tone]}`} data-testid="verdict">{verdict.sentence}</p>}
    </div>
  );
}
