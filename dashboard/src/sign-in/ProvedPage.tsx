// Where somebody comes back to who has shown the identity provider once more who they are.
import { useEffect } from "react";
import { Logo } from "../shell/Logo";
import { refusalIn } from "./refusals";
import styles from "./SignInPage.module.css";

export function ProvedPage() {
  const refusal = refusalIn(window.location.search);
  useEffect(() => {
    document.title = "ATLAS";
    // Only what a page has opened closes itself; otherwise the words below stay.
    if (refusal === null) window.close();
  }, [refusal]);
  return (
    <main className={styles.page}>
      <div className={styles.card}>
        <div className={styles.brand}>
          <Logo size={28} />
          <h1>{refusal === null ? "It is you" : "Not proved"}</h1>
        </div>
        <p role="status">{refusal ?? "Go on where you came from; this page can be closed."}</p>
      </div>
    </main>
  );
}
