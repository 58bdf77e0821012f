// The three roles, the harmless first.
import type { ChangeEvent, Ref } from "react";
import type { Role } from "../../api/wire";
import form from "../../shell/Form.module.css";

const ROLES: readonly Role[] = ["viewer", "operator", "admin"];

interface RoleSelectProps {
  initial: Role;
  ref?: Ref<HTMLSelectElement>;
  disabled?: boolean;
  onChange?: (event: ChangeEvent<HTMLSelectElement>) => void;
}

export function RoleSelect({ initial, ...rest }: RoleSelectProps) {
  return (
    <label className={form.field}>
      <span>Role</span>
      <select {...rest} name="role" defaultValue={initial}>{ROLES.map((role) => <option key={role}>{role}</option>)}</select>
    </label>
  );
}
