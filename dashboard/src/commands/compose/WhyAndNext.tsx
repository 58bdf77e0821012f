// Why, which others will read, and the way to the preview.
import { Button } from "../../shell/Button";
import { Field } from "../../shell/Field";
import form from "../../shell/Form.module.css";
import { actionNamed } from "../actions";
import page from "../CommandsPage.module.css";
import type { Typed } from "./typed";

const REASON_LENGTH_MAX = 500;

interface WhyAndNextProps {
  typed: Typed;
  onChange: (part: Partial<Typed>) => void;
  complaint: string | null;
  busy: boolean;
  onNext: () => void;
}

export function WhyAndNext({ typed, onChange, complaint, busy, onNext }: WhyAndNextProps) {
  const isAsked = actionNamed(typed.action)?.class === "dangerous";
  return (
    <form className={page.box} onSubmit={(event) => { event.preventDefault(); onNext(); }}>
      <Field label={isAsked ? "Why" : "Why (if you like)"} name="reason" hint="Others read it in the audit log" value={typed.reason} maxLength={REASON_LENGTH_MAX} autoComplete="off" onChange={(event) => onChange({ reason: event.target.value })} />
      <p role="alert" className={form.complaint}>{complaint}</p>
      <div className={form.buttons}>
        <Button tone="primary" type="submit" disabled={busy}>Show what will be sent</Button>
      </div>
    </form>
  );
}
