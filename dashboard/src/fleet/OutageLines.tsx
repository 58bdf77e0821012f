// Machines that were lost together: one line for one cause, however many they are.
import type { OutageView } from "../api/wire";
import { counted } from "../format/quantities";
import { parseTime_s, sinceTime } from "../format/times";
import { useServerNow_s } from "../live/serverClock";
import styles from "./VerdictLine.module.css";

/** More at once are hardly read one by one. */
const SHOWN_MAX = 4;

export function OutageLines({ outages }: { outages: readonly OutageView[] }) {
  const now_s = useServerNow_s();
  return (
    <>
      {outages.slice(0, SHOWN_MAX).map((outage) => <p key={outage.key} className={`${styles.verdict} ${styles.red}`} data-testid="outage">{outageSentence(outage, now_s)}</p>)}
      {outages.length > SHOWN_MAX && <p className={`${styles.verdict} ${styles.red}`}>{`And ${outages.length - SHOWN_MAX} more networks.`}</p>}
    </>
  );
}

export function outageSentence({ key, count, since }: OutageView, now_s: number): string {
  const at_s = parseTime_s(since);
  return `${counted(count, "machine")} ${whereOf(key)} ${count === 1 ? "was" : "were"} lost at once${at_s === null ? "" : `, at ${sinceTime(at_s, now_s)}`}.`;
}

// 'gateway 10.4.0.1' or 'ssid office'
function whereOf(key: string): string {
  const [kind = "", ...rest] = key.split(" ");
  const name = rest.join(" ");
  if (kind === "gateway") return `behind gateway ${name}`;
  return kind === "ssid" ? `in the Wi-Fi ${name}` : `that share ${key}`;
}
