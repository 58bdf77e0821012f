// Before something that can't be undone: what will happen, and a red button that says
// it. Where much depends on it, the name has to be typed.
import { useState, type ReactNode } from "react";
import { Button } from "../shell/Button";
import { Dialog } from "../shell/Dialog";
import { Field } from "../shell/Field";
import form from "../shell/Form.module.css";

interface ConfirmDialogProps {
  title: string;
  /** What the last button says: a verb and what it is done to. */
  deed: string;
  tone?: "danger" | "primary";
  /** This must be typed first. */
  typed?: string;
  act: { mutate: () => void; isPending: boolean; error: Error | null };
  onClose: () => void;
  children: ReactNode;
}

export function ConfirmDialog({ title, deed, tone = "danger", typed, act, onClose, children }: ConfirmDialogProps) {
  const [text, setText] = useState("");
  const isTyped = typed === undefined || text === typed;
  return (
    <Dialog title={title} onClose={onClose}>
      <form className={form.form} onSubmit={(event) => { event.preventDefault(); if (isTyped) act.mutate(); }}>
        <div className={form.text}>{children}</div>
        {typed !== undefined && (
          <Field label={`Type ${typed} to go on`} value={text} onChange={(event) => setText(event.target.value)} autoComplete="off" autoCapitalize="none" spellCheck={false} />
        )}
        <p role="alert" className={form.complaint}>{act.error?.message}</p>
        <div className={form.buttons}>
          <Button onClick={onClose}>Cancel</Button>
          <Button tone={tone} type="submit" disabled={!isTyped || act.isPending} className={form.danger ?? ""}>{deed}</Button>
        </div>
      </form>
    </Dialog>
  );
}
