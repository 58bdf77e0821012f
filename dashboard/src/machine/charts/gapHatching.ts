// Draws what isn't there: stretches without reports are hatched, and say so where
// there is room for the words.
import type uPlot from "uplot";
import { tokenColour } from "../../shell/theme";
import type { Gap } from "./gaps";

const STRIPE_PX = 7;
/** Room beside the words, left and right together. */
const MARGIN_PX = 2;

/** `gaps` is asked at every drawing: a live chart moves on. */
export function hatchGaps(gaps: () => readonly Gap[]): uPlot.Plugin {
  return {
    hooks: {
      drawClear: (plot) => {
        for (const gap of gaps()) hatch(plot, gap);
      },
    },
  };
}

function hatch(plot: uPlot, { from_s, to_s, words }: Gap): void {
  const { ctx: pen, bbox } = plot;
  const scale = window.devicePixelRatio || 1;
  const edge = (at_s: number) => Math.min(Math.max(plot.valToPos(at_s, "x", true), bbox.left), bbox.left + bbox.width);
  const left = edge(from_s);
  const width = edge(to_s) - left;
  if (width <= 0) return;
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
  label(plot, words, { left, width }, scale);
  pen.restore();
}

// Where there is room for it.
function label({ ctx: pen, bbox }: uPlot, words: string, { left, width }: { left: number; width: number }, scale: number): void {
  pen.font = `${11 * scale}px ${tokenColour("--font")}`;
  pen.textAlign = "center";
  pen.textBaseline = "middle";
  const y = bbox.top + bbox.height / 2;
  const x = left + width / 2;
  const half = pen.measureText(words).width / 2 + 6 * scale;
  if (half * 2 + MARGIN_PX * scale > width) return;
  pen.fillStyle = tokenColour("--surface");
  pen.fillRect(x - half, y - 9 * scale, half * 2, 18 * scale);
  pen.fillStyle = tokenColour("--text-2");
  pen.fillText(words, x, y);
}
