// Whether somebody is in the table: then its rows keep their places.
import { useMemo } from "react";

/** A pointer left lying on the table must not hold it for ever. */
const HOLD_MS = 15_000;

export interface TableHold {
  touch: () => void;
  release: () => void;
  isHeld: () => boolean;
}

export function useTableHold(): TableHold {
  return useMemo(() => startHold(), []);
}

function startHold(): TableHold {
  let touchedAt_ms = -Infinity;
  return {
    touch: () => {
      touchedAt_ms = performance.now();
    },
    release: () => {
      touchedAt_ms = -Infinity;
    },
    isHeld: () => performance.now() - touchedAt_ms < HOLD_MS,
  };
}
