// How far a batch has come, as one bar: what ended, how, and what is open.
import type { CommandState } from "../api/commands";
import { progressSentence, STATES } from "./states";
import styles from "./ProgressBar.module.css";

export function ProgressBar({ states, total, wide = false }: { states: Partial<Record<CommandState, number>>; total: number; wide?: boolean }) {
  const parts = STATES.filter(({ state, isOpen }) => !isOpen && (states[state] ?? 0) > 0);
  return (
    <span className={`${styles.bar} ${wide ? styles.wide : ""}`} role="img" aria-label={progressSentence(states)}>
      {parts.map(({ state, tone }) => <span key={state} className={styles[tone]} style={{ flexGrow: (states[state] ?? 0) / Math.max(1, total) }} />)}
    </span>
  );
}
