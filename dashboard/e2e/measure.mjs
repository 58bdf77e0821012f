// What the dashboard costs while a fleet is live (P8 in docs/performance.md): prints
// figures, and fails where one is above its target.
//   ATLAS_URL=… ATLAS_PASSWORD=… MINUTES=3 npm run measure
import { gzipSync } from "node:zlib";
import { launch, openPage } from "./browser.mjs";
import { ROW } from "./fleet.mjs";
import { fillIn } from "./signIn.mjs";
import { PASSWORD, URL_ROOT } from "./settings.mjs";
import { scriptPerFrame, traced } from "./trace.mjs";

const SCRIPT_MS_MAX = 16;
const FIRST_ROW_MS_MAX = 1000;
const JAVASCRIPT_BYTES_MAX = 150_000;
const WATCH_MS = 15_000;
const HEAP_INTERVAL_MS = 10_000;
const MINUTES = Number(process.env.MINUTES ?? 3);
const misses = [];

function say(what, value, unit, max) {
  const miss = max !== undefined && value > max;
  if (miss) misses.push(what);
  console.log(`${what}: ${value} ${unit}${max === undefined ? "" : ` (target: ${max} at most)`}${miss ? "  MISSED" : ""}`);
}

function sayFrames(what, events, max) {
  const frames = scriptPerFrame(events);
  const at = (part) => Number((frames[Math.min(frames.length - 1, Math.floor(frames.length * part))]?.ms ?? 0).toFixed(1));
  const over = frames.filter((frame) => frame.ms > SCRIPT_MS_MAX);
  console.log(`${what}: ${frames.length} frames with script, p50 ${at(0.5)} ms, over ${SCRIPT_MS_MAX} ms: ${over.length}`);
  say(`${what}, script a frame, p99`, at(0.99), "ms", max);
  say(`${what}, script a frame, max`, at(1), "ms");
  for (const frame of over.slice(-4)) console.log(`    ${frame.ms.toFixed(1)} ms: ${frame.parts.toSorted((a, b) => b.ms - a.ms).slice(0, 4).map((part) => `${part.name} ${part.ms.toFixed(1)}`).join(", ")}`);
}

/** Gathers the sizes of the scripts that the page loads. */
function countScripts(page) {
  const sizes = [];
  page.on("response", (response) => {
    if (response.request().resourceType() === "script") sizes.push(response.body().then((body) => gzipSync(body).length, () => 0));
  });
  return async () => (await Promise.all(sizes)).reduce((sum, each) => sum + each, 0);
}

async function arrive(page) {
  const answer = page.waitForResponse((response) => response.url().endsWith("/api/auth/login"));
  await fillIn(page, PASSWORD);
  await answer;
  const from = performance.now();
  await page.waitForSelector(ROW);
  const firstRow_ms = performance.now() - from;
  await page.waitForTimeout(4000);
  return Math.round(firstRow_ms);
}

async function scrollThrough(page) {
  await page.mouse.move(700, 600);
  const until = Date.now() + WATCH_MS / 2;
  while (Date.now() < until) {
    await page.mouse.wheel(0, 900);
    await page.waitForTimeout(30);
  }
}

/** Heap after a collection, again and again; the slope of the line through them. */
async function watchHeap(page, minutes) {
  const devtools = await page.context().newCDPSession(page);
  const points = [];
  const began = performance.now();
  while (performance.now() - began < minutes * 60_000) {
    await devtools.send("HeapProfiler.collectGarbage");
    const { usedSize } = await devtools.send("Runtime.getHeapUsage");
    points.push({ h: (performance.now() - began) / 3_600_000, mb: usedSize / 1e6 });
    await page.waitForTimeout(HEAP_INTERVAL_MS);
  }
  return points;
}

function slope(points) {
  const mean = (read) => points.reduce((sum, point) => sum + read(point), 0) / points.length;
  const [h, mb] = [mean((point) => point.h), mean((point) => point.mb)];
  const top = points.reduce((sum, point) => sum + (point.h - h) * (point.mb - mb), 0);
  return top / points.reduce((sum, point) => sum + (point.h - h) ** 2, 0);
}

const browser = await launch();
const { page } = await openPage(browser);
const scripts = countScripts(page);
let firstRow_ms = 0;
const arriving = await traced(browser, page, async () => {
  await page.goto(URL_ROOT);
  await page.waitForSelector("input[name=username]");
  firstRow_ms = await arrive(page);
});
console.log(`machines: ${Number(await page.getAttribute("[role=grid]", "aria-rowcount")) - 1}, rows in the page: ${await page.locator(ROW).count()}`);
say("first row after sign-in", firstRow_ms, "ms", FIRST_ROW_MS_MAX);
say("JavaScript of the first page, gzipped", await scripts(), "bytes", JAVASCRIPT_BYTES_MAX);
sayFrames("arriving", arriving);
sayFrames("watching", await traced(browser, page, () => page.waitForTimeout(WATCH_MS)), SCRIPT_MS_MAX);
sayFrames("scrolling", await traced(browser, page, () => scrollThrough(page)), SCRIPT_MS_MAX);
const heap = await watchHeap(page, MINUTES);
say(`heap after collection, first and last of ${MINUTES} minutes`, `${heap[0].mb.toFixed(1)} and ${heap.at(-1).mb.toFixed(1)}`, "MB");
say("heap's slope", Number(slope(heap.slice(1)).toFixed(1)), "MB/h");
await browser.close();
if (misses.length > 0) console.log(`missed: ${misses.join("; ")}`);
process.exit(misses.length === 0 ? 0 : 1);
