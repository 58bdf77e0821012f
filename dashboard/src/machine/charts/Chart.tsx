// One chart of the small multiples. Values under the cursor are written straight
// into the page: a render for every move of the pointer would be felt.
import { useEffect, useRef } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { changeSearch } from "../../route/location";
import { useShownColours } from "../../shell/theme";
import styles from "./Charts.module.css";
import { chartData, chartOptions } from "./chartOptions";
import type { Gap } from "./gaps";
import type { Panel } from "./panels";
import type { Series } from "./series";
import { type Span, zoomParams } from "./span";
import { momentLabel } from "./timeAxis";

interface ChartProps {
  panel: Panel;
  /** With an empty point in every gap. */
  series: Series;
  span: Span;
  gaps: readonly Gap[];
}

export function Chart({ panel, series, span, gaps }: ChartProps) {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const readout = useRef<HTMLDListElement>(null);
  const latest = useRef({ series, span, gaps });
  const colours = useShownColours();

  useEffect(() => {
    const element = place.current;
    if (!element) return;
    const options = chartOptions(panel, element.clientWidth, {
      gaps: () => latest.current.gaps,
      onCursor: (index) => write(readout.current, panel, latest.current.series, index),
      onZoom: (zoomed) => changeSearch(zoomParams(zoomed), "push"),
      onZoomOut: () => changeSearch({ from: null, to: null }, "push"),
    });
    const made = new uPlot(options, [[]], element);
    plot.current = made;
    fill(made, panel, latest.current);
    const observer = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height: options.height }));
    observer.observe(element);
    return () => {
      observer.disconnect();
      made.destroy();
      plot.current = null;
    };
    // Colours are drawn into the canvas, so a new theme needs a new chart.
  }, [panel, colours]);

  useEffect(() => {
    latest.current = { series, span, gaps };
    if (plot.current) fill(plot.current, panel, latest.current);
    write(readout.current, panel, series, null);
  }, [panel, series, span, gaps, colours]);

  return (
    <figure className={styles.panel} data-testid={`chart-${panel.lines[0]?.metric ?? ""}`}>
      <figcaption className={styles.caption}>
        <h3>{panel.title}</h3>
        <dl ref={readout} className={styles.readout}>
          {panel.lines.map((line, index) => (
            <div key={line.metric}>
              <dt className={panel.lines.length > 1 ? styles[`line${index + 1}`] : "visually-hidden"}>{line.label}</dt>
              <dd />
            </div>
          ))}
        </dl>
      </figcaption>
      <div ref={place} className={styles.plot} />
    </figure>
  );
}

function fill(plot: uPlot, panel: Panel, { series, span }: { series: Series; span: Span }): void {
  plot.batch(() => {
    plot.setData(chartData(panel, series), false);
    plot.setScale("x", { min: span.from_s, max: span.to_s });
  });
}

// Without a cursor: the newest value.
function write(readout: HTMLDListElement | null, panel: Panel, series: Series, index: number | null): void {
  if (!readout) return;
  const at = index ?? series.times.length - 1;
  const at_s = series.times[at];
  readout.title = at_s === undefined ? "" : momentLabel(at_s);
  panel.lines.forEach((line, position) => {
    const place = readout.children[position]?.querySelector("dd");
    if (place) place.textContent = panel.format(series.lines.get(line.metric)?.avg[at]);
  });
}
