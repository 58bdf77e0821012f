// While somebody looks at a machine it reports more often. "Looks" means: the page is visible, and a
// hand was on it within the last minutes; a page that is left open asks nothing, and keeps no session.
import { useEffect } from "react";
import { askForReport } from "../api/machines";

const ASK_EVERY_MS = 5_000;
const LOOKS_FOR_MS = 5 * 60_000;

export function useLooking(id: string): void {
  useEffect(() => {
    let lastTouch = Date.now();
    const touch = () => { lastTouch = Date.now(); };
    const ask = () => {
      if (document.visibilityState !== "visible" || Date.now() - lastTouch > LOOKS_FOR_MS) return;
      // Without it the next report comes at its own time.
      askForReport(id).catch(() => undefined);
    };
    ask();
    const timer = window.setInterval(ask, ASK_EVERY_MS);
    window.addEventListener("pointermove", touch, { passive: true });
    window.addEventListener("keydown", touch);
    return () => {
      window.clearInterval(timer);
      window.removeEventListener("pointermove", touch);
      window.removeEventListener("keydown", touch);
    };
  }, [id]);
}
