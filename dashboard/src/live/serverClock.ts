// The server's clock, as far as this page knows it: ages are reckoned in the
// server's time, so that a laptop whose clock is wrong shows the same ages.
import { useSyncExternalStore } from "react";

let offset_s = 0;
let now_s = Date.now() / 1000;
let timer: number | undefined;
const listeners = new Set<() => void>();

/** The server said that it was `iso`, and this page heard it at `heard_ms` on its own clock. */
export function learnServerTime(iso: string, heard_ms: number): void {
  const at_ms = Date.parse(iso);
  if (!Number.isNaN(at_ms)) offset_s = (at_ms - heard_ms) / 1000;
}

export function serverNow_s(): number {
  return Date.now() / 1000 + offset_s;
}

// One timer for every age on the page; it stops when no age is shown.
function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  now_s = serverNow_s();
  timer ??= window.setInterval(() => {
    now_s = serverNow_s();
    for (const each of listeners) each();
  }, 1000);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    window.clearInterval(timer);
    timer = undefined;
  };
}

/** The server's time, renewed once a second. */
export function useServerNow_s(): number {
  return useSyncExternalStore(subscribe, () => now_s);
}
