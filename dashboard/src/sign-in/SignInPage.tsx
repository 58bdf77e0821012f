// The first thing anyone sees: two fields and a button; and the code of the second
// factor, for those who have one.
import { useEffect, useRef, useState, type SubmitEvent } from "react";
import { Refusal } from "../api/request";
import { signIn } from "../api/session";
import type { MeView } from "../api/wire";
import { Button } from "../shell/Button";
import { Logo } from "../shell/Logo";
import { ProviderLink } from "./ProviderLink";
import { refusalIn } from "./refusals";
import styles from "./SignInPage.module.css";

export function SignInPage({ onSignedIn }: { onSignedIn: (user: MeView) => void }) {
  const [complaint, setComplaint] = useState(() => refusalIn(window.location.search));
  const [busy, setBusy] = useState(false);
  const username = useRef<HTMLInputElement>(null);
  const password = useRef<HTMLInputElement>(null);
  const code = useRef<HTMLInputElement>(null);
  const [needsCode, setNeedsCode] = useState(false);

  useEffect(() => {
    if (needsCode) code.current?.focus();
  }, [needsCode]);

  useEffect(() => {
    document.title = "Sign in · ATLAS";
    username.current?.focus();
  }, []);

  async function submit(event: SubmitEvent) {
    event.preventDefault();
    setBusy(true);
    setComplaint(null);
    try {
      onSignedIn(await signIn(username.current?.value ?? "", password.current?.value ?? "", needsCode ? code.current?.value.trim() : undefined));
    } catch (error) {
      setBusy(false);
      refused(error);
    }
  }

  function refused(error: unknown) {
    const wantsCode = error instanceof Refusal && error.code === "second_factor_required";
    setNeedsCode(needsCode || wantsCode);
    if (wantsCode && !needsCode) return;
    setComplaint(needsCode && isRefused(error) ? "That code is wrong, or was used already." : complaintAbout(error));
    (needsCode ? code : password).current?.select();
  }

  function startOver() {
    setNeedsCode(false);
    setComplaint(null);
    password.current?.select();
  }

  return (
    <main className={styles.page}>
      <form className={styles.card} onSubmit={(event) => void submit(event)}>
        <div className={styles.brand}>
          <Logo size={28} />
          <h1>ATLAS</h1>
        </div>
        {/* Kept while the code is asked for: both go to the server together. */}
        <div className={styles.fields} hidden={needsCode}>
          <label className={styles.field}>
            <span>User name</span>
            <input ref={username} name="username" autoComplete="username" autoCapitalize="none" spellCheck={false} required />
          </label>
          <label className={styles.field}>
            <span>Password</span>
            <input ref={password} name="password" type="password" autoComplete="current-password" required />
          </label>
        </div>
        {needsCode && (
          <label className={styles.field}>
            <span>Code from your authenticator app, or a recovery code</span>
            <input ref={code} name="code" autoComplete="one-time-code" autoCapitalize="none" spellCheck={false} required />
          </label>
        )}
        <p className={styles.complaint} role="alert">{complaint}</p>
        <Button tone="primary" type="submit" disabled={busy} className={styles.submit ?? ""}>
          {busy ? "Signing in…" : "Sign in"}
        </Button>
        {!needsCode && <ProviderLink />}
        {needsCode && <Button tone="quiet" onClick={startOver}>Use another account</Button>}
      </form>
    </main>
  );
}

const isRefused = (error: unknown) => error instanceof Refusal && error.status === 401;

function complaintAbout(error: unknown): string {
  if (!(error instanceof Refusal)) return "Something went wrong here. Reload the page and try again.";
  if (isRefused(error)) return "User name or password is wrong.";
  if (error.status === 429) {
    const wait = error.retryAfterS === null ? "a little" : `${Math.ceil(error.retryAfterS)} seconds`;
    return `Too many tries. Wait ${wait}, then try again.`;
  }
  return error.message;
}
