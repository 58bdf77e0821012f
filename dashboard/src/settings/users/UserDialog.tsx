// Everything that can be done to another user. One's own account is elsewhere: nobody
// should lock themselves out here.
import { useRef, useState, type SubmitEvent } from "react";
import type { UserEntryView, Role } from "../../api/wire";
import { changeUser, removeUser, resetTotp, type UserChange } from "../../api/users";
import { Button } from "../../shell/Button";
import { Dialog } from "../../shell/Dialog";
import { Field } from "../../shell/Field";
import form from "../../shell/Form.module.css";
import { PASSWORD_LENGTH_MIN } from "../account/PasswordForm";
import { ConfirmDialog } from "../ConfirmDialog";
import { useAct } from "../useAct";
import { RoleSelect } from "./RoleSelect";
import styles from "./UserDialog.module.css";

export function UserDialog({ account, onClose }: { account: UserEntryView; onClose: () => void }) {
  const { username } = account;
  const [removing, setRemoving] = useState(false);
  const change = useAct((wanted: UserChange) => changeUser(username, wanted), "users");
  const reset = useAct(() => resetTotp(username), "users");
  const remove = useAct(() => removeUser(username), "users", onClose);

  if (removing) {
    return (
      <ConfirmDialog title="Remove this user?" deed={`Remove ${username}`} typed={username} act={{ ...remove, mutate: () => remove.mutate(undefined) }} onClose={() => setRemoving(false)}>
        <p><strong>{username}</strong> is signed out at once and can't sign in again. What they did stays in the audit log. This can't be undone.</p>
      </ConfirmDialog>
    );
  }
  return (
    <Dialog title={username} onClose={onClose}>
      <div className={styles.parts}>
        <RoleSelect initial={account.role} disabled={change.isPending} onChange={(event) => change.mutate({ role: event.target.value as Role })} />
        <NewPassword set={(password) => change.mutate({ password })} busy={change.isPending} />
        <p role="alert" className={form.complaint}>{(change.error ?? reset.error)?.message}</p>
        <p role="status" className={styles.done}>{change.isSuccess || reset.isSuccess ? "Done." : ""}</p>
        <div className={styles.deeds}>
          {account.has_totp && <Button disabled={reset.isPending} onClick={() => reset.mutate(undefined)}>Reset the second factor</Button>}
          <Button disabled={change.isPending} onClick={() => change.mutate({ is_active: !account.is_active })}>{account.is_active ? "Deactivate" : "Activate"}</Button>
          <Button onClick={() => setRemoving(true)}>Remove…</Button>
        </div>
      </div>
    </Dialog>
  );
}

function NewPassword({ set, busy }: { set: (password: string) => void; busy: boolean }) {
  const field = useRef<HTMLInputElement>(null);

  function submit(event: SubmitEvent) {
    event.preventDefault();
    set(field.current?.value ?? "");
    if (field.current) field.current.value = "";
  }

  return (
    <form className={styles.password} onSubmit={submit}>
      <Field ref={field} label="New password" hint="They have to choose their own at the next sign-in, and are signed out now." type="password" autoComplete="new-password" minLength={PASSWORD_LENGTH_MIN} required />
      <Button type="submit" disabled={busy}>Set</Button>
    </form>
  );
}
