// How long ago something was, counting on; the exact moment on hover.
import { duration, exactTime, parseTime_s } from "../format/times";
import { UNKNOWN } from "../format/quantities";
import { useServerNow_s } from "./serverClock";

export function Age({ since, suffix = "" }: { since: string | null | undefined; suffix?: string }) {
  const now_s = useServerNow_s();
  const at_s = parseTime_s(since);
  if (at_s === null) return <span>{UNKNOWN}</span>;
  return (
    // The exact moment is written when somebody points at it: every row has an age.
    <time dateTime={since ?? undefined} onPointerEnter={(event) => { event.currentTarget.title = exactTime(at_s); }}>
      {duration(now_s - at_s)}
      {suffix}
    </time>
  );
}
