// The public parts of one's own keys: they sign dangerous commands, and agents seal to them.
import { useQuery } from "@tanstack/react-query";
import { useRef, useState, type SubmitEvent } from "react";
import { fetchOperatorKeys, registerOperatorKey, removeOperatorKey } from "../../api/operatorKeys";
import type { OperatorKeyView } from "../../api/wire";
import { Age } from "../../live/Age";
import { Button } from "../../shell/Button";
import { Dialog } from "../../shell/Dialog";
import { Field } from "../../shell/Field";
import form from "../../shell/Form.module.css";
import { ConfirmDialog } from "../ConfirmDialog";
import { Loaded, Section } from "../Section";
import { Table } from "../Table";
import { useAct } from "../useAct";

const LIST = "operator-keys";

export function OperatorKeys() {
  const keys = useQuery({ queryKey: [LIST], queryFn: ({ signal }) => fetchOperatorKeys(signal) });
  const [adding, setAdding] = useState(false);
  const [removing, setRemoving] = useState<OperatorKeyView | null>(null);
  return (
    <Section level={2} title="Operator keys" intro={<>Made on your own machine with <code>atlas operator key create</code>; only the public part is registered here.</>}
      action={<Button onClick={() => setAdding(true)}>Register a key</Button>}>
      <Loaded query={keys}>
        {(answer) => (
          <Table label="Operator keys" heads={["Name", "Id", "Registered", ""]} empty="No keys."
            rows={answer.keys.map((key) => ({ key: key.id, cells: cellsOf(key, () => setRemoving(key)) }))} />
        )}
      </Loaded>
      {adding && <RegisterDialog onClose={() => setAdding(false)} />}
      {removing && <RemoveDialog operatorKey={removing} onClose={() => setRemoving(null)} />}
    </Section>
  );
}

function cellsOf(key: OperatorKeyView, remove: () => void) {
  return [
    key.name,
    <code key="id">{key.id}</code>,
    <Age key="made" since={key.created_at} suffix=" ago" />,
    <Button key="remove" onClick={remove} aria-label={`Remove ${key.name}`}>Remove…</Button>,
  ];
}

function RegisterDialog({ onClose }: { onClose: () => void }) {
  const name = useRef<HTMLInputElement>(null);
  const publicKey = useRef<HTMLInputElement>(null);
  const register = useAct(registerOperatorKey, LIST, onClose);

  function submit(event: SubmitEvent) {
    event.preventDefault();
    register.mutate({ name: name.current?.value.trim() ?? "", public_key: publicKey.current?.value.trim() ?? "" });
  }

  return (
    <Dialog title="Register an operator key" onClose={onClose}>
      <form className={form.form} onSubmit={submit}>
        <Field ref={name} label="Name" hint="For example the machine that it rests on." name="operator-key-name" autoComplete="off" required />
        <Field ref={publicKey} label="Public key" hint="All of what atlas operator key show prints: aop1_…" name="operator-public-key" autoComplete="off" autoCapitalize="none" spellCheck={false} required />
        <p role="alert" className={form.complaint}>{register.error?.message}</p>
        <div className={form.buttons}>
          <Button onClick={onClose}>Cancel</Button>
          <Button tone="primary" type="submit" disabled={register.isPending}>Register the key</Button>
        </div>
      </form>
    </Dialog>
  );
}

function RemoveDialog({ operatorKey, onClose }: { operatorKey: OperatorKeyView; onClose: () => void }) {
  const remove = useAct(() => removeOperatorKey(operatorKey.id), LIST, onClose);
  return (
    <ConfirmDialog title="Remove this key?" deed={`Remove ${operatorKey.name}`} act={{ ...remove, mutate: () => remove.mutate(undefined) }} onClose={onClose}>
      <p>What <strong>{operatorKey.name}</strong> signs is refused from now on, and nothing more is sealed to it.</p>
    </ConfirmDialog>
  );
}
