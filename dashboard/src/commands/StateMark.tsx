// A command's state as a sign and a word.
import { stateEntry } from "./states";
import styles from "./StateMark.module.css";

const SIGN = { good: "✓", red: "■", amber: "▲", plain: "·" } as const;

export function StateMark({ state }: { state: string }) {
  const { word, meaning, tone } = stateEntry(state);
  return <span className={`${styles.state} ${styles[tone]}`} title={meaning}><span aria-hidden="true">{SIGN[tone]}</span> {word}</span>;
}
