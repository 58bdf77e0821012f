// Why a machine is away, in words.
import type { CardView } from "../api/wire";

type Cause = NonNullable<CardView["presence_cause"]>;

const WORDS: Record<Exclude<Cause, "unknown">, string> = {
  asleep: "it sleeps",
  powered_off: "it was shut down",
  network_down: "its network is down",
  agent_stopped: "its agent was stopped",
  agent_upgrading: "its agent is being replaced",
  server_down: "this server was away",
};

/** Null where there is nothing to say. */
export const causeWords = (cause: Cause | null): string | null =>
  cause === null || cause === "unknown" ? null : WORDS[cause];
