// The CPU's last minutes for all rows on screen, on one canvas that scrolls with them.
import { useEffect, useLayoutEffect, useRef } from "react";
import { isReporting } from "../live/fleetState";
import { fleetStore } from "../live/fleetStore";
import { tokenColour, useShownColours } from "../shell/theme";
import styles from "./MachineTable.module.css";

interface Row {
  id: string;
  top: number;
}

const WIDTH_PX = 84;
const HEIGHT_PX = 18;
const POINTS_MAX = 20;

export function SparklineCanvas({ rows, rowHeight }: { rows: readonly Row[]; rowHeight: number }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const colours = useShownColours();
  const latest = useRef(rows);
  const first = rows[0]?.top ?? 0;
  const height = rows.length * rowHeight;

  useLayoutEffect(() => {
    latest.current = rows;
    if (canvas.current) drawAll(canvas.current, rows, rowHeight);
  }, [rows, rowHeight, colours]);

  useEffect(
    () =>
      fleetStore.onChange(({ changed }) => {
        const onScreen = latest.current.some((row) => changed.has(row.id));
        if (onScreen && canvas.current) drawAll(canvas.current, latest.current, rowHeight);
      }),
    [rowHeight],
  );

  return <canvas ref={canvas} aria-hidden="true" className={styles.sparklines} style={{ top: first, width: WIDTH_PX, height }} />;
}

function drawAll(canvas: HTMLCanvasElement, rows: readonly Row[], rowHeight: number): void {
  const scale = window.devicePixelRatio || 1;
  const height = rows.length * rowHeight;
  const first = rows[0]?.top ?? 0;
  // Setting a canvas's size also clears it, at the price of a new buffer.
  const size = { width: Math.round(WIDTH_PX * scale), height: Math.round(height * scale) };
  if (canvas.width !== size.width || canvas.height !== size.height) Object.assign(canvas, size);
  const pen = canvas.getContext("2d");
  if (!pen) return;
  pen.setTransform(scale, 0, 0, scale, 0, 0);
  pen.clearRect(0, 0, WIDTH_PX, height);
  pen.lineWidth = 1.25;
  pen.lineJoin = "round";
  const calm = tokenColour("--text-3");
  const alarm = tokenColour("--amber");
  for (const row of rows) {
    const card = fleetStore.machine(row.id);
    if (!card || !isReporting(card)) continue;
    pen.strokeStyle = card.alarms.includes("cpu") ? alarm : calm;
    drawLine(pen, card.cpu_recent, row.top - first + (rowHeight - HEIGHT_PX) / 2);
  }
}

function drawLine(pen: CanvasRenderingContext2D, values: readonly number[], top: number): void {
  if (values.length < 2) return;
  const step = (WIDTH_PX - 2) / (POINTS_MAX - 1);
  // The newest value stands at the right edge, however few there are.
  const start = WIDTH_PX - 1 - (values.length - 1) * step;
  pen.beginPath();
  values.forEach((value, index) => {
    const y = top + HEIGHT_PX - 1 - (Math.min(100, Math.max(0, value)) / 100) * (HEIGHT_PX - 2);
    if (index === 0) pen.moveTo(start, y);
    else pen.lineTo(start + index * step, y);
  });
  pen.stroke();
}
