// How long until something ends, with the exact moment on hover.
import { UNKNOWN } from "../format/quantities";
import { duration, exactTime, parseTime_s } from "../format/times";
import { useServerNow_s } from "../live/serverClock";

export function Until({ at, past = "over" }: { at: string | null; past?: string }) {
  const now_s = useServerNow_s();
  const at_s = parseTime_s(at);
  if (at_s === null) return <span>{UNKNOWN}</span>;
  return <time dateTime={at ?? undefined} title={exactTime(at_s)}>{at_s > now_s ? `in ${duration(at_s - now_s)}` : past}</time>;
}
