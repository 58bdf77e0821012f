// "Is it still you?": a session left open on a desk must not be able to do harm.
import { useEffect, useRef, useState, type SubmitEvent } from "react";
import { Refusal } from "../api/request";
import { reauthenticate } from "../api/session";
import { Button } from "./Button";
import { Dialog } from "./Dialog";
import { Field } from "./Field";
import form from "./Form.module.css";
import { ProviderProof } from "./ProviderProof";
import { useSignedIn } from "./signedIn";

interface ProofDialogProps {
  onDone: (proven: boolean) => void;
}

export default function ProofDialog({ onDone }: ProofDialogProps) {
  const { user } = useSignedIn();
  return user.signed_in_by === "oidc" ? <ProviderProof onDone={onDone} /> : <PasswordProof onDone={onDone} />;
}

function PasswordProof({ onDone }: ProofDialogProps) {
  const { user } = useSignedIn();
  const [complaint, setComplaint] = useState<string | null>(null);
  const [needsCode, setNeedsCode] = useState(user.has_totp);
  const [busy, setBusy] = useState(false);
  const password = useRef<HTMLInputElement>(null);
  const code = useRef<HTMLInputElement>(null);

  useEffect(() => password.current?.focus(), []);

  async function submit(event: SubmitEvent) {
    event.preventDefault();
    setBusy(true);
    setComplaint(null);
    try {
      await reauthenticate(password.current?.value ?? "", needsCode ? code.current?.value.trim() : undefined);
      onDone(true);
    } catch (error) {
      setBusy(false);
      const wantsCode = error instanceof Refusal && error.code === "second_factor_required";
      setNeedsCode(needsCode || wantsCode);
      if (wantsCode && !needsCode) return;
      setComplaint(complaintAbout(error, needsCode));
      password.current?.select();
    }
  }

  return (
    <Dialog title="Is it still you?" onClose={() => onDone(false)}>
      <form className={form.form} onSubmit={(event) => void submit(event)} data-testid="proof">
        <p className={form.text}>This needs your password once more, <strong>{user.username}</strong>. For five minutes it is not asked again.</p>
        <Field label="Password" ref={password} type="password" autoComplete="current-password" required />
        {needsCode && <Field label="Code, or a recovery code" ref={code} autoComplete="one-time-code" autoCapitalize="none" spellCheck={false} required />}
        <p role="alert" className={form.complaint}>{complaint}</p>
        <div className={form.buttons}>
          <Button onClick={() => onDone(false)}>Cancel</Button>
          <Button tone="primary" type="submit" disabled={busy}>Go on</Button>
        </div>
      </form>
    </Dialog>
  );
}

function complaintAbout(error: unknown, withCode: boolean): string {
  if (!(error instanceof Refusal)) return "Something went wrong here. Reload the page and try again.";
  if (error.status === 401 || error.status === 403) return withCode ? "Password or code is wrong." : "The password is wrong.";
  return error.message;
}
