// The page came, but the server doesn't answer any more.
import { Button } from "./Button";
import styles from "./Notice.module.css";

export function Unreachable({ retry }: { retry: () => void }) {
  return (
    <main className={styles.notice}>
      <h1>The server can't be reached</h1>
      <p>Nothing is shown, because nothing is known right now.</p>
      <Button onClick={retry}>Try again</Button>
    </main>
  );
}
