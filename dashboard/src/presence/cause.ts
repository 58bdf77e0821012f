// Why a machine is away, in words that follow 'offline: ' and stand in a chart's gap.
import type { Cause } from "../api/wire";

const WORDS: Record<Exclude<Cause, "unknown">, string> = {
  asleep: "asleep",
  powered_off: "switched off",
  network_down: "network down",
  agent_stopped: "agent stopped",
  agent_upgrading: "agent upgraded",
  server_down: "server away",
};

/** Null where nobody knows, or where a newer server says what this page doesn't know. */
export function causeWords(cause: string | null | undefined): string | null {
  return isKnown(cause) ? WORDS[cause] : null;
}

function isKnown(cause: string | null | undefined): cause is keyof typeof WORDS {
  return typeof cause === "string" && Object.hasOwn(WORDS, cause);
}
