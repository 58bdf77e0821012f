// How much script (CPU time) a frame costs: a Chromium trace, summed between one
// frame and the next.
const SCRIPT_EVENTS = new Set(["FunctionCall", "EvaluateScript", "v8.compile", "FireAnimationFrame", "EventDispatch", "TimerFire", "RunMicrotasks", "v8.run"]);
const CATEGORIES = ["devtools.timeline", "v8", "disabled-by-default-devtools.timeline.frame"];

export async function traced(browser, page, act) {
  await browser.startTracing(page, { categories: CATEGORIES });
  await act();
  return JSON.parse((await browser.stopTracing()).toString()).traceEvents;
}

function pagesThread(events) {
  const calls = new Map();
  for (const event of events) {
    if (event.name !== "FunctionCall") continue;
    const thread = `${event.pid} ${event.tid}`;
    calls.set(thread, (calls.get(thread) ?? 0) + 1);
  }
  const [thread] = [...calls].toSorted((a, b) => b[1] - a[1])[0] ?? [];
  return events.filter((event) => `${event.pid} ${event.tid}` === thread).toSorted((a, b) => a.ts - b.ts);
}

/** Milliseconds of script in every frame that ran any, least first, each with its parts. */
export function scriptPerFrame(events) {
  const ours = pagesThread(events);
  const begins = ours.filter((event) => event.name === "BeginMainThreadFrame").map((event) => event.ts);
  const frames = Array.from({ length: begins.length + 1 }, () => ({ ms: 0, parts: [] }));
  let until = 0;
  let at = 0;
  for (const event of ours) {
    // Script intervals nest (a timer fires, which calls a function): only outermost count.
    if (event.ph !== "X" || !SCRIPT_EVENTS.has(event.name) || event.ts < until) continue;
    until = event.ts + event.dur;
    while (at < begins.length && begins[at] <= event.ts) at += 1;
    // The thread's own time: a busy machine around it is not the page's doing.
    const ms = (event.tdur ?? event.dur) / 1000;
    frames[at].ms += ms;
    frames[at].parts.push({ name: event.args?.data?.type ?? event.name, ms });
  }
  return frames.filter((frame) => frame.ms > 0).toSorted((a, b) => a.ms - b.ms);
}
