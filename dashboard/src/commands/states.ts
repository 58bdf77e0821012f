// The states of a command: what each means, in which order they are shown, and which have ended.
import type { CommandState } from "../api/commands";

export interface StateEntry {
  state: CommandState;
  word: string;
  meaning: string;
  tone: "good" | "red" | "amber" | "plain";
  isOpen: boolean;
}

/** Those that need somebody first. */
export const STATES: readonly StateEntry[] = [
  { state: "failed", word: "failed", meaning: "It was carried out, and did not go well", tone: "red", isOpen: false },
  { state: "timed_out", word: "timed out", meaning: "It took longer than it may, and was ended", tone: "red", isOpen: false },
  { state: "unknown", word: "unknown", meaning: "The machine crashed while it ran: nobody knows how far it came. It is not run again", tone: "amber", isOpen: false },
  { state: "expired", word: "expired", meaning: "The machine did not come for it in time: it was never run", tone: "amber", isOpen: false },
  { state: "started", word: "running", meaning: "The machine is at it", tone: "plain", isOpen: true },
  { state: "leased", word: "handed out", meaning: "The machine has it, and has not begun", tone: "plain", isOpen: true },
  { state: "queued", word: "waiting", meaning: "Waits until the machine comes for it", tone: "plain", isOpen: true },
  { state: "cancelled", word: "cancelled", meaning: "It was called off", tone: "plain", isOpen: false },
  { state: "succeeded", word: "done", meaning: "It went well", tone: "good", isOpen: false },
];

export function stateEntry(state: string): StateEntry {
  const known = STATES.find((each) => each.state === state);
  return known ?? { state: "unknown", word: state, meaning: "A state that this page doesn't know", tone: "plain", isOpen: false };
}

/** Those that may be tried again: they ended, and not well. What is unknown may have been run. */
export const RETRYABLE: readonly CommandState[] = ["failed", "timed_out", "expired"];

/** One sentence on how far many commands have come. */
export function progressSentence(states: Partial<Record<CommandState, number>>): string {
  const parts = STATES.filter(({ state }) => (states[state] ?? 0) > 0).map(({ state, word }) => `${states[state] ?? 0} ${word}`);
  return parts.length === 0 ? "no commands" : parts.join(", ");
}

export function countOf(states: Partial<Record<CommandState, number>>, admit: (entry: StateEntry) => boolean): number {
  return STATES.filter(admit).reduce((sum, { state }) => sum + (states[state] ?? 0), 0);
}
