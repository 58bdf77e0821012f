// The words under a chart: the clock within a day, the date where a day begins.
const CLOCK = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });
const SECONDS = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const DAY = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short" });

export function timeLabels(splits_s: number[]): string[] {
  const step_s = (splits_s[1] ?? 0) - (splits_s[0] ?? 0);
  return splits_s.map((at_s) => {
    const date = new Date(at_s * 1000);
    if (date.getHours() === 0 && date.getMinutes() === 0 && date.getSeconds() === 0) return DAY.format(date);
    return (step_s > 0 && step_s < 60 ? SECONDS : CLOCK).format(date);
  });
}

const MOMENT = new Intl.DateTimeFormat("en-GB", { weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", second: "2-digit" });

export const momentLabel = (at_s: number) => MOMENT.format(at_s * 1000);
