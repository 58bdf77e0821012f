// The small multiples: one range and one cursor for all. A metric without a single
// value gets no empty chart but a word why.
import { useMemo } from "react";
import { changeSearch } from "../../route/location";
import { sinceTime } from "../../format/times";
import { useKeys } from "../../shell/useKeys";
import { Button } from "../../shell/Button";
import { Chart } from "./Chart";
import styles from "./Charts.module.css";
import { brokenAtGaps, type Gap, gapsIn, withCauses } from "./gaps";
import type { Panel } from "./panels";
import { type Report, whyMissing } from "../report";
import { hasValues } from "./series";
import { type Choice, RANGES, type RangeName } from "./span";
import { momentLabel } from "./timeAxis";
import { useSeries } from "./useSeries";

const showRange = (range: RangeName) => changeSearch({ range: range === "1h" ? null : range, from: null, to: null }, "push");

interface ChartsProps {
  id: string;
  panels: readonly Panel[];
  choice: Choice;
  report: Report;
  firstSeen_s: number;
}

export function Charts({ id, panels, choice, report, firstSeen_s }: ChartsProps) {
  const { shown, error, isPlaceholderData } = useSeries(id, panels, choice);
  const gaps = useMemo(() => (shown ? withCauses(gapsIn(shown.series, shown.span, firstSeen_s), shown.series.told) : []), [shown, firstSeen_s]);
  const broken = useMemo(() => (shown ? brokenAtGaps(shown.series) : null), [shown]);
  useKeys(Object.fromEntries(RANGES.map(({ name }, index) => [index + 1, () => showRange(name)])));
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
            {panels.filter((panel) => panel.lines.some((line) => hasValues(shown.series, line.metric))).map((panel) => (
              <Chart key={panel.title} panel={panel} series={broken} span={shown.span} gaps={gaps} />
            ))}
          </div>
          <GapList gaps={gaps} />
          <MissingPanels report={report} all={panels} missing={panels.filter((panel) => panel.lines.every((line) => !hasValues(shown.series, line.metric)))} />
        </>
      )}
    </section>
  );
}

const GAPS_MAX = 4;

// What is hatched above, in words: a chart can't be read aloud.
function GapList({ gaps }: { gaps: readonly Gap[] }) {
  if (gaps.length === 0) return null;
  const shown = gaps.slice(-GAPS_MAX).map((gap) => `${sinceTime(gap.from_s, gap.to_s)} – ${sinceTime(gap.to_s, gap.from_s)} ${gap.words}`);
  return <p className={styles.missing} data-testid="gaps">{`Silent: ${shown.join("; ")}${gaps.length > GAPS_MAX ? `; and ${gaps.length - GAPS_MAX} times before` : ""}`}</p>;
}

function MissingPanels({ report, all, missing }: { report: Report; all: readonly Panel[]; missing: readonly Panel[] }) {
  if (missing.length === 0) return null;
  if (missing.length === all.length) return <p className={styles.missing}>Nothing recorded in this time.</p>;
  return (
    <p className={styles.missing}>
      Nothing recorded in this time:{" "}
      {missing.map((panel, index) => (
        <span key={panel.title} title={whyMissing(report, panel.reasonName)}>{index > 0 && ", "}{panel.title}</span>
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
