// Draws what isn't there: stretches without reports are hatched, and say so where
// there is room for the words.
import type uPlot from "uplot";
import { tokenColour } from "../shell/theme";

const NARROW_PX = 90;
const STRIPE_PX = 7;
const TEXT = "no reports";

/** `gap_s`: how long without a value until it counts as a gap. */
export function hatchGaps(gap_s: number): uPlot.Plugin {
  return {
    hooks: {
      drawClear: (plot) => {
        for (const [from_s, to_s] of gapsIn(plot, gap_s)) hatch(plot, from_s, to_s);
      },
    },
  };
}

function gapsIn(plot: uPlot, gap_s: number): [number, number][] {
  const times = plot.data[0];
  const from_s = plot.scales.x?.min ?? 0;
  const to_s = plot.scales.x?.max ?? 0;
  const lines = plot.data.slice(1);
  const gaps: [number, number][] = [];
  let known_s = from_s;
  times.forEach((at_s, index) => {
    if (at_s < from_s || at_s > to_s || lines.every((line) => (line[index] ?? null) === null)) return;
    if (at_s - known_s > gap_s) gaps.push([known_s, at_s]);
    known_s = at_s;
  });
  if (to_s - known_s > gap_s) gaps.push([known_s, to_s]);
  return gaps;
}

function hatch(plot: uPlot, from_s: number, to_s: number): void {
  const { ctx: pen, bbox } = plot;
  const scale = window.devicePixelRatio || 1;
  const left = plot.valToPos(from_s, "x", true);
  const width = plot.valToPos(to_s, "x", true) - left;
  pen.save();
  pen.beginPath();
  pen.rect(left, bbox.top, width, bbox.height);
  pen.clip();
  pen.strokeStyle = tokenColour("--hatch");
  pen.lineWidth = scale;
  pen.beginPath();
  // From a multiple of the stripe, so that stripes of neighbours line up.
  const start = Math.floor((left - bbox.height) / (STRIPE_PX * scale)) * STRIPE_PX * scale;
  for (let x = start; x < left + width; x += STRIPE_PX * scale) {
    pen.moveTo(x, bbox.top + bbox.height);
    pen.lineTo(x + bbox.height, bbox.top);
  }
  pen.stroke();
  if (width > NARROW_PX * scale) label(plot, left + width / 2, scale);
  pen.restore();
}

function label({ ctx: pen, bbox }: uPlot, x: number, scale: number): void {
  pen.font = `${11 * scale}px sans-serif`;
  pen.textAlign = "center";
  pen.textBaseline = "middle";
  const y = bbox.top + bbox.height / 2;
  const half = pen.measureText(TEXT).width / 2 + 6 * scale;
  pen.fillStyle = tokenColour("--surface");
  pen.fillRect(x - half, y - 9 * scale, half * 2, 18 * scale);
  pen.fillStyle = tokenColour("--text-2");
  pen.fillText(TEXT, x, y);
}
