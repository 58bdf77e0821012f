// A new token, and the line to paste.
import { useState, type SubmitEvent } from "react";
import { issueToken } from "../../api/enrolment";
import { Button } from "../../shell/Button";
import { CopyLine } from "../../shell/CopyLine";
import { Dialog } from "../../shell/Dialog";
import { Field } from "../../shell/Field";
import form from "../../shell/Form.module.css";
import { useAct } from "../useAct";

const LIVES: readonly [label: string, ttl_s: number][] = [["1 hour", 3600], ["1 day", 86_400], ["7 days", 604_800]];

export function AddTokenDialog({ onClose }: { onClose: () => void }) {
  const [uses, setUses] = useState("1");
  const [ttl_s, setTtl] = useState(3600);
  const add = useAct(() => issueToken(Number(uses), ttl_s), "tokens");

  function submit(event: SubmitEvent) {
    event.preventDefault();
    add.mutate(undefined);
  }

  if (add.data) {
    return (
      <Dialog title="Your new token" onClose={onClose}>
        <div className={form.form}>
          <p className={form.text}>Run this on each machine. Copy it now: it is <strong>not shown again</strong>, and who has it can add machines.</p>
          <CopyLine line={add.data.command} testId="new-token" />
          <div className={form.buttons}><Button onClick={onClose}>Done</Button></div>
        </div>
      </Dialog>
    );
  }
  return (
    <Dialog title="Make a token" onClose={onClose}>
      <form className={form.form} onSubmit={submit}>
        <div className={form.row}>
          <Field label="For so many machines" type="number" min={1} max={10_000} value={uses} onChange={(event) => setUses(event.target.value)} required />
          <label className={form.field}>
            <span>Good for</span>
            <select value={ttl_s} onChange={(event) => setTtl(Number(event.target.value))}>{LIVES.map(([label, each]) => <option key={label} value={each}>{label}</option>)}</select>
          </label>
        </div>
        <p role="alert" className={form.complaint}>{add.error?.message}</p>
        <div className={form.buttons}>
          <Button onClick={onClose}>Cancel</Button>
          <Button tone="primary" type="submit" disabled={add.isPending}>Make the token</Button>
        </div>
      </form>
    </Dialog>
  );
}
