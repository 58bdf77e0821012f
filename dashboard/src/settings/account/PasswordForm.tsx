// The present password, and a new one.
import { useMutation } from "@tanstack/react-query";
import { useRef, type SubmitEvent } from "react";
import { changePassword } from "../../api/account";
import { Button } from "../../shell/Button";
import { Field } from "../../shell/Field";
import form from "../../shell/Form.module.css";
import { useSignedIn } from "../../shell/signedIn";
import styles from "./Account.module.css";

export const PASSWORD_LENGTH_MIN = 12;
export const PASSWORD_HINT = `${PASSWORD_LENGTH_MIN} characters at least. Several words are easier to remember than signs.`;

export function PasswordForm({ onChanged }: { onChanged?: () => void }) {
  const { user } = useSignedIn();
  const present = useRef<HTMLInputElement>(null);
  const next = useRef<HTMLInputElement>(null);
  const change = useMutation({
    mutationFn: () => changePassword(present.current?.value ?? "", next.current?.value ?? ""),
    onSuccess: () => {
      for (const field of [present, next]) if (field.current) field.current.value = "";
      onChanged?.();
    },
  });

  function submit(event: SubmitEvent) {
    event.preventDefault();
    change.mutate();
  }

  return (
    <form className={`${form.form} ${styles.password}`} onSubmit={submit}>
      {/* Tells password managers whose password this is. */}
      <input hidden readOnly autoComplete="username" value={user.username} aria-label="User name" />
      <Field ref={present} label="Present password" type="password" name="current-password" autoComplete="current-password" required />
      <Field ref={next} label="New password" hint={PASSWORD_HINT} type="password" name="new-password" autoComplete="new-password" minLength={PASSWORD_LENGTH_MIN} required />
      <p role="alert" className={form.complaint}>{change.error?.message}</p>
      <div className={styles.line}>
        <Button tone="primary" type="submit" disabled={change.isPending}>Change the password</Button>
        <span role="status">{change.isSuccess && "Changed."}</span>
      </div>
    </form>
  );
}
