// A new key: what it is for, what it may do, for how long; then the key, once.
import { useState, type SubmitEvent } from "react";
import type { Scope } from "../../api/wire";
import { addKey } from "../../api/keys";
import { scopesOf } from "../../api/permissions";
import { Button } from "../../shell/Button";
import { CopyLine } from "../../shell/CopyLine";
import { Dialog } from "../../shell/Dialog";
import { Field } from "../../shell/Field";
import form from "../../shell/Form.module.css";
import { useSignedIn } from "../../shell/signedIn";
import { useAct } from "../useAct";
import { SCOPE_MEANING } from "./scopeMeaning";

const LIVES_DAYS: readonly [label: string, days: number][] = [["30 days", 30], ["90 days", 90], ["1 year", 365], ["3 years", 1095]];

export function AddKeyDialog({ onClose }: { onClose: () => void }) {
  const add = useAct(addKey, "keys");
  if (add.data) return <NewKey apiKey={add.data.key} onClose={onClose} />;
  return <KeyForm add={(key) => add.mutate(key)} complaint={add.error?.message} busy={add.isPending} onClose={onClose} />;
}

interface KeyFormProps {
  add: (key: Parameters<typeof addKey>[0]) => void;
  complaint: string | undefined;
  busy: boolean;
  onClose: () => void;
}

function KeyForm({ add, complaint, busy, onClose }: KeyFormProps) {
  const { user } = useSignedIn();
  const [name, setName] = useState("");
  const [days, setDays] = useState(90);
  const [scopes, setScopes] = useState<ReadonlySet<Scope>>(new Set(["machines:read", "metrics:read"]));

  function toggle(scope: Scope) {
    const next = new Set(scopes);
    if (!next.delete(scope)) next.add(scope);
    setScopes(next);
  }

  function submit(event: SubmitEvent) {
    event.preventDefault();
    add({ name: name.trim(), scopes: [...scopes], days });
  }

  return (
    <Dialog title="Make an API key" onClose={onClose}>
      <form className={form.form} onSubmit={submit}>
        <div className={form.row}>
          <Field label="Name" hint="What it is for" value={name} onChange={(event) => setName(event.target.value)} maxLength={64} autoComplete="off" required />
          <label className={form.field}>
            <span>Good for</span>
            <select value={days} onChange={(event) => setDays(Number(event.target.value))}>{LIVES_DAYS.map(([label, each]) => <option key={label} value={each}>{label}</option>)}</select>
          </label>
        </div>
        <fieldset className={form.group}>
          <legend className={form.legend}>It may</legend>
          <div className={form.checks}>
            {scopesOf(user).map((scope) => (
              <label key={scope} className={form.check}>
                <input type="checkbox" checked={scopes.has(scope)} onChange={() => toggle(scope)} />
                <span>{scope}<small>{SCOPE_MEANING[scope]}</small></span>
              </label>
            ))}
          </div>
        </fieldset>
        <p role="alert" className={form.complaint}>{complaint}</p>
        <div className={form.buttons}>
          <Button onClick={onClose}>Cancel</Button>
          <Button tone="primary" type="submit" disabled={busy || scopes.size === 0}>Make the key</Button>
        </div>
      </form>
    </Dialog>
  );
}

function NewKey({ apiKey, onClose }: { apiKey: string; onClose: () => void }) {
  return (
    <Dialog title="Your new key" onClose={onClose}>
      <div className={form.form}>
        <p className={form.text}>Copy it now: it is <strong>not shown again</strong>. Who has it can do what it may: treat it like a password.</p>
        <CopyLine line={apiKey} testId="new-key" />
        <div className={form.buttons}><Button onClick={onClose}>I have kept it</Button></div>
      </div>
    </Dialog>
  );
}
