// The first thing anyone sees: two fields and a button.
import { useEffect, useRef, useState, type SubmitEvent } from "react";
import { Refusal } from "../api/request";
import { signIn } from "../api/session";
import type { UserView } from "../api/wire";
import { Button } from "../shell/Button";
import { Logo } from "../shell/Logo";
import styles from "./SignInPage.module.css";

export function SignInPage({ onSignedIn }: { onSignedIn: (user: UserView) => void }) {
  const [complaint, setComplaint] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const username = useRef<HTMLInputElement>(null);
  const password = useRef<HTMLInputElement>(null);

  useEffect(() => {
    document.title = "Sign in · ATLAS";
    username.current?.focus();
  }, []);

  async function submit(event: SubmitEvent) {
    event.preventDefault();
    setBusy(true);
    setComplaint(null);
    try {
      onSignedIn(await signIn(username.current?.value ?? "", password.current?.value ?? ""));
    } catch (error) {
      setBusy(false);
      setComplaint(complaintAbout(error));
      password.current?.select();
    }
  }

  return (
    <main className={styles.page}>
      <form className={styles.card} onSubmit={(event) => void submit(event)}>
        <div className={styles.brand}>
          <Logo size={28} />
          <h1>ATLAS</h1>
        </div>
        <label className={styles.field}>
          <span>User name</span>
          <input ref={username} name="username" autoComplete="username" autoCapitalize="none" spellCheck={false} required />
        </label>
        <label className={styles.field}>
          <span>Password</span>
          <input ref={password} name="password" type="password" autoComplete="current-password" required />
        </label>
        <p className={styles.complaint} role="alert">{complaint}</p>
        <Button tone="primary" type="submit" disabled={busy} className={styles.submit ?? ""}>
          {busy ? "Signing in…" : "Sign in"}
        </Button>
      </form>
    </main>
  );
}

function complaintAbout(error: unknown): string {
  if (!(error instanceof Refusal)) return "Something went wrong here. Reload the page and try again.";
  if (error.status === 401) return "User name or password is wrong.";
  if (error.status === 429) {
    const wait = error.retryAfterS === null ? "a little" : `${Math.ceil(error.retryAfterS)} seconds`;
    return `Too many tries. Wait ${wait}, then try again.`;
  }
  return error.message;
}
