// j, k, x and Enter: one row is the current one, and it stays the same machine when
// the order changes.
import { useState } from "react";
import { navigate } from "../route/location";
import { machinePath } from "../route/pages";
import { useKeys } from "../shell/useKeys";

// Survives a visit to a machine's page, so that coming back is coming back.
let lastId: string | null = null;

interface RowCursorEvents {
  firstVisible: () => number;
  reveal: (index: number) => void;
  select: (id: string) => void;
}

export function useRowCursor(ids: readonly string[], { firstVisible, reveal, select }: RowCursorEvents) {
  const [id, setId] = useState<string | null>(lastId);

  function move(step: number) {
    const at = id === null ? -1 : ids.indexOf(id);
    const wanted = at === -1 ? firstVisible() : at + step;
    const next = Math.min(Math.max(wanted, 0), ids.length - 1);
    const nextId = ids[next];
    if (nextId === undefined) return;
    lastId = nextId;
    setId(nextId);
    reveal(next);
  }

  function enter(event: KeyboardEvent) {
    // Enter on a focused link or button is that one's business.
    if (event.target instanceof HTMLElement && event.target.closest("a, button")) {
      event.target.click();
      return;
    }
    if (id !== null && ids.includes(id)) navigate(machinePath(id));
  }

  useKeys({
    j: () => move(1),
    k: () => move(-1),
    ArrowDown: () => move(1),
    ArrowUp: () => move(-1),
    x: () => { if (id !== null && ids.includes(id)) select(id); },
    Enter: enter,
  });
  return { id };
}
