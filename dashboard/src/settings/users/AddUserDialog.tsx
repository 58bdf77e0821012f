// A new user: a name, a first password, a role.
import { useQuery } from "@tanstack/react-query";
import { useRef, useState, type SubmitEvent } from "react";
import { fetchMethods } from "../../api/session";
import type { Role } from "../../api/wire";
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
  const methods = useQuery({ queryKey: ["methods"], queryFn: ({ signal }) => fetchMethods(signal), staleTime: Infinity });
  const provider = methods.data?.oidc;
  const [byProvider, setByProvider] = useState(false);

  function submit(event: SubmitEvent) {
    event.preventDefault();
    const user = { username: name.current?.value.trim() ?? "", role: (role.current?.value ?? "viewer") as Role };
    add.mutate(byProvider ? user : { ...user, password: password.current?.value ?? "" });
  }

  return (
    <Dialog title="Add a user" onClose={onClose}>
      <form className={form.form} onSubmit={submit}>
        <div className={form.row}>
          <Field ref={name} label="Name" name="new-username" autoComplete="off" autoCapitalize="none" spellCheck={false} required />
          <RoleSelect ref={role} initial="viewer" />
        </div>
        {provider && (
          <label className={form.check}>
            <input type="checkbox" name="by-provider" checked={byProvider} onChange={(event) => setByProvider(event.target.checked)} />
            <span>They sign in with {provider.name}, under this name, and have no password here.</span>
          </label>
        )}
        {!byProvider && (
          <Field ref={password} label="First password" hint={`${PASSWORD_HINT} Tell it to them on a safe way; they choose their own afterwards.`}
            type="password" name="first-password" autoComplete="new-password" minLength={PASSWORD_LENGTH_MIN} required />
        )}
        <p role="alert" className={form.complaint}>{add.error?.message}</p>
        <div className={form.buttons}>
          <Button onClick={onClose}>Cancel</Button>
          <Button tone="primary" type="submit" disabled={add.isPending}>Add the user</Button>
        </div>
      </form>
    </Dialog>
  );
}
