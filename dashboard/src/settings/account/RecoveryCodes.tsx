// Shown once: the way in for who has lost the authenticator app.
import { useState } from "react";
import { Button } from "../../shell/Button";
import form from "../../shell/Form.module.css";
import styles from "./Account.module.css";

export function RecoveryCodes({ codes, onDone }: { codes: readonly string[]; onDone: () => void }) {
  const [copied, setCopied] = useState(false);

  function copy() {
    // Where the clipboard is refused, the codes can still be marked and copied by hand.
    void navigator.clipboard.writeText(codes.join("\n")).then(() => setCopied(true), () => undefined);
  }

  return (
    <>
      <p className={form.text}><strong>The second factor is on. Keep these recovery codes.</strong> Each opens your account once if you lose the app. They are not shown again.</p>
      <ul className={styles.codes} data-testid="recovery-codes">{codes.map((code) => <li key={code}>{code}</li>)}</ul>
      <div className={styles.line}>
        <Button onClick={copy}>{copied ? "Copied" : "Copy"}</Button>
        <Button onClick={() => window.print()}>Print</Button>
        <Button tone="primary" onClick={onDone}>I have kept them</Button>
      </div>
    </>
  );
}
