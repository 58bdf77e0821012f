// The small word in the top bar: whether what is shown is live.
import { useConnection } from "./fleetStream";
import styles from "./Connection.module.css";

const WORD = { connecting: "connecting", live: "live", lost: "not live" } as const;

export function ConnectionMark() {
  const connection = useConnection();
  return (
    <span className={`${styles.mark} ${styles[connection]}`} data-testid="connection">
      <span className={styles.dot} aria-hidden="true" />
      <span className={styles.word}>{WORD[connection]}</span>
    </span>
  );
}
