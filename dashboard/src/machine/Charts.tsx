// The small multiples: one range and one cursor for all. A metric without a single
// value gets no empty chart but a word why.
import { useMemo } from "react";
import { changeSearch } from "../route/location";
import { useKeys } from "../shell/useKeys";
import { Button } from "../shell/Button";
import { Chart } from "./Chart";
import styles from "./Charts.module.css";
import { brokenAtGaps, gapsIn } from "./gaps";
import { PANELS } from "./panels";
import { type Report, whyMissing } from "./report";
import { hasValues } from "./series";
import { type Choice, RANGES, type RangeName } from "./span";
import { momentLabel } from "./timeAxis";
import { useSeries } from "./useSeries";

const showRange = (range: RangeName) => changeSearch({ range: range === "1h" ? null : range, from: null, to: null }, "push");

interface ChartsProps {
  id: string;
  choice: Choice;
  report: Report;
  firstSeen_s: number;
}

export function Charts({ id, choice, report, firstSeen_s }: ChartsProps) {
  const { shown, error, isPlaceholderData } = useSeries(id, choice);
  const gaps = useMemo(() => (shown ? gapsIn(shown.series, shown.span, firstSeen_s) : []), [shown, firstSeen_s]);
  const broken = useMemo(() => (shown ? brokenAtGaps(shown.series) : null), [shown]);
  useKeys({ 1: () => showRange("1h"), 2: () => showRange("24h"), 3: () => showRange("7d") });
  return (
    <section aria-labelledby="charts-title">
      <div className={styles.head}>
        <h2 id="charts-title">History</h2>
        <RangePicker choice={choice} />
      </div>
      {error && !shown && <p className={styles.missing}>The history can't be shown: {error.message}</p>}
      {shown && broken && (
        <>
          <div className={`${styles.grid} ${isPlaceholderData ? styles.old : ""} live`}>
            {PANELS.filter((panel) => panel.lines.some((line) => hasValues(shown.series, line.metric))).map((panel) => (
              <Chart key={panel.title} panel={panel} series={broken} span={shown.span} gaps={gaps} />
            ))}
          </div>
          <MissingPanels report={report} titles={PANELS.filter((panel) => panel.lines.every((line) => !hasValues(shown.series, line.metric)))} />
        </>
      )}
    </section>
  );
}

function MissingPanels({ report, titles }: { report: Report; titles: typeof PANELS }) {
  if (titles.length === 0) return null;
  if (titles.length === PANELS.length) return <p className={styles.missing}>No reports in this time.</p>;
  return (
    <p className={styles.missing}>
      Nothing recorded in this time:{" "}
      {titles.map((panel, index) => (
        <span key={panel.title} title={whyMissing(report, panel.reasonName)}>{index > 0 && ", "}{panel.title.toLowerCase()}</span>
      ))}
    </p>
  );
}

function RangePicker({ choice }: { choice: Choice }) {
  return (
    <div className={styles.ranges} role="group" aria-label="Range">
      {choice.zoom && (
        <>
          <span className={styles.zoomed}>{momentLabel(choice.zoom.from_s)} – {momentLabel(choice.zoom.to_s)}</span>
          <Button tone="quiet" onClick={() => changeSearch({ from: null, to: null }, "push")}>Zoom out</Button>
        </>
      )}
      <div className={styles.segments}>
        {RANGES.map(({ name, label }) => (
          <button key={name} type="button" aria-pressed={!choice.zoom && choice.range === name} onClick={() => showRange(name)}>{label}</button>
        ))}
      </div>
    </div>
  );
}
