// A new user: a name, a first password, a role.
import { useRef, type SubmitEvent } from "react";
import type { Role } from "../../api/agreed";
import { addUser } from "../../api/users";
import { Button } from "../../shell/Button";
import { Dialog } from "../../shell/Dialog";
import { Field } from "../../shell/Field";
import form from "../../shell/Form.module.css";
import { PASSWORD_HINT, PASSWORD_LENGTH_MIN } from "../account/PasswordForm";
import { useAct } from "../useAct";
import { RoleSelect } from "./RoleSelect";

export function AddUserDialog({ onClose }: { onClose: () => void }) {
  const name = useRef<HTMLInputElement>(null);
  const password = useRef<HTMLInputElement>(null);
  const role = useRef<HTMLSelectElement>(null);
  const add = useAct(addUser, "users", onClose);

  function submit(event: SubmitEvent) {
    event.preventDefault();
    add.mutate({ username: name.current?.value.trim() ?? "", password: password.current?.value ?? "", role: (role.current?.value ?? "viewer") as Role });
  }

  return (
    <Dialog title="Add a user" onClose={onClose}>
      <form className={form.form} onSubmit={submit}>
        <div className={form.row}>
          <Field ref={name} label="Name" name="new-username" autoComplete="off" autoCapitalize="none" spellCheck={false} required />
          <RoleSelect ref={role} initial="viewer" />
        </div>
        <Field ref={password} label="First password" hint={`${PASSWORD_HINT} Tell it to them on a safe way; they choose their own afterwards.`}
          type="password" name="first-password" autoComplete="new-password" minLength={PASSWORD_LENGTH_MIN} required />
        <p role="alert" className={form.complaint}>{add.error?.message}</p>
        <div className={form.buttons}>
          <Button onClick={onClose}>Cancel</Button>
          <Button tone="primary" type="submit" disabled={add.isPending}>Add the user</Button>
        </div>
      </form>
    </Dialog>
  );
}
