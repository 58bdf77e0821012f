// How a chart looks: thin lines, a band from lowest to highest behind the first,
// few grid lines, colours from the tokens.
import type uPlot from "uplot";
import { tokenColour } from "../../shell/theme";
import { hatchGaps } from "./gapHatching";
import type { Gap } from "./gaps";
import type { Panel } from "./panels";
import type { Series } from "./series";
import type { Span } from "./span";
import { timeLabels } from "./timeAxis";

export const CHART_HEIGHT_PX = 150;
/** All charts of the page share this cursor. */
const CURSOR = "machine";
/** Wide enough for '500 MB/s', and the same for all, so that their times line up. */
const VALUE_AXIS_PX = 66;
const LINE_COLOURS = ["--line-1", "--line-2", "--line-3"];

/** What the chart asks and tells the page while it lives. */
export interface ChartPage {
  onCursor: (index: number | null) => void;
  onZoom: (span: Span) => void;
  onZoomOut: () => void;
  /** Where to hatch. */
  gaps: () => readonly Gap[];
}

export function chartOptions(panel: Panel, width: number, page: ChartPage): uPlot.Options {
  const colours = LINE_COLOURS.map(tokenColour);
  return {
    width,
    height: CHART_HEIGHT_PX,
    padding: [8, 8, 0, 0],
    legend: { show: false },
    cursor: {
      sync: { key: CURSOR, setSeries: false },
      drag: { x: true, y: false, setScale: false },
      points: { size: 7 },
      bind: { dblclick: () => () => { page.onZoomOut(); return null; } },
    },
    scales: { x: { time: true }, y: { range: (_plot, low, high) => axisEnds(panel, low, high) } },
    axes: [
      axis({ size: 24, space: 64, values: (_plot, splits) => timeLabels(splits), grid: { show: false } }),
      axis({ size: roomFor, space: 36, incrs: [...panel.increments], values: (_plot, splits) => panel.labels(splits) }),
    ],
    series: [{}, ...panel.lines.map((_, index) => lineOf(colours[index] ?? "")), ...bandEdges()],
    bands: [{ series: [panel.lines.length + 2, panel.lines.length + 1], fill: translucent(colours[0] ?? "") }],
    plugins: [hatchGaps(page.gaps)],
    hooks: {
      setCursor: [(plot) => page.onCursor(plot.cursor.idx ?? null)],
      setSelect: [(plot) => { if (plot.select.width > 4) zoomTo(plot, page); }],
    },
  };
}

function zoomTo(plot: uPlot, page: ChartPage): void {
  const from_s = plot.posToVal(plot.select.left, "x");
  const to_s = plot.posToVal(plot.select.left + plot.select.width, "x");
  plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
  page.onZoom({ from_s, to_s });
}

function axis(own: uPlot.Axis): uPlot.Axis {
  const grid = { stroke: tokenColour("--border"), width: 1 };
  return {
    stroke: tokenColour("--text-2"),
    font: `11px ${tokenColour("--font")}`,
    ticks: { show: false },
    gap: 6,
    ...own,
    grid: { ...grid, ...own.grid },
  };
}

// Another font may be wider: a label is never cut.
function roomFor(plot: uPlot, labels: string[] | null): number {
  const widest = Math.max(0, ...(labels ?? []).map((label) => plot.ctx.measureText(label).width));
  return Math.max(VALUE_AXIS_PX, Math.ceil(widest / (window.devicePixelRatio || 1)) + 12);
}

function lineOf(stroke: string): uPlot.Series {
  return { stroke, width: 1.5, points: { size: 4, width: 0, fill: stroke, show: true, filter: lonePoints }, spanGaps: false };
}

// A value between two gaps makes no line: it is shown as a dot.
function lonePoints(plot: uPlot, line: number): number[] | null {
  const values = plot.data[line] ?? [];
  const isKnown = (index: number) => typeof values[index] === "number";
  const lone: number[] = [];
  for (let index = 0; index < values.length; index += 1) {
    if (isKnown(index) && !isKnown(index - 1) && !isKnown(index + 1)) lone.push(index);
  }
  return lone;
}

// Lowest and highest are there only as the edges of the band.
function bandEdges(): uPlot.Series[] {
  return [1, 2].map(() => ({ width: 0, stroke: "transparent", points: { show: false }, spanGaps: false }));
}

function translucent(colour: string): string {
  return /^#[0-9a-f]{6}$/i.test(colour) ? `${colour}2e` : "transparent";
}

function axisEnds(panel: Panel, low: number | null, high: number | null): [number, number] {
  if (panel.min !== null && panel.max !== null) return [panel.min, panel.max];
  const top = Math.max(high ?? 1, panel.leastTop ?? -Infinity);
  const bottom = panel.min ?? low ?? 0;
  // A flat line sits in the middle of something, not on the edge of nothing.
  const room = Math.max((top - bottom) * 0.1, Math.abs(top) * 0.02, 0.05);
  return [panel.min ?? Math.floor(bottom - room), top + room];
}

export function chartData(panel: Panel, series: Series): uPlot.AlignedData {
  const empty = series.times.map(() => null);
  const first = series.lines.get(panel.lines[0]?.metric ?? "");
  return [
    series.times,
    ...panel.lines.map((line) => series.lines.get(line.metric)?.avg ?? empty),
    first?.min ?? empty,
    first?.max ?? empty,
  ];
}
