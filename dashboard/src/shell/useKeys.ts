// Single-key shortcuts: not while somebody types, not under a dialog, and never in
// place of what the browser does with Ctrl, Alt or ⌘.
import { useEffect, useRef } from "react";

export type Keys = Partial<Record<string, (event: KeyboardEvent) => void>>;

export function useKeys(keys: Keys): void {
  const current = useRef(keys);
  useEffect(() => {
    current.current = keys;
  });
  useEffect(() => {
    function press(event: KeyboardEvent) {
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
      if (isTyping(event.target) || document.querySelector("dialog[open]")) return;
      const act = current.current[event.key];
      if (!act) return;
      event.preventDefault();
      act(event);
    }
    document.addEventListener("keydown", press);
    return () => document.removeEventListener("keydown", press);
  }, []);
}

// A field in a dialog that has just closed may keep the focus for a moment: nobody
// types where nothing is seen.
function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.matches("input, select, textarea") && target.checkVisibility();
}
