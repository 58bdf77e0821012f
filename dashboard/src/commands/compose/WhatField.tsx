// What to do: one of the actions, and what it needs to know.
import { mayRunDangerous } from "../../api/permissions";
import { Field } from "../../shell/Field";
import form from "../../shell/Form.module.css";
import { useSignedIn } from "../../shell/signedIn";
import { ACTIONS, type ActionEntry, actionNamed, type ArgField } from "../actions";
import page from "../CommandsPage.module.css";
import styles from "./Compose.module.css";
import { ScriptField } from "./ScriptField";
import type { Typed } from "./typed";

interface WhatFieldProps {
  typed: Typed;
  onChange: (part: Partial<Typed>) => void;
}

export function WhatField({ typed, onChange }: WhatFieldProps) {
  const { user } = useSignedIn();
  const action = actionNamed(typed.action);
  const write = (name: string, text: string) => onChange({ fields: { ...typed.fields, [name]: text } });
  return (
    <section className={page.box} aria-labelledby="what-title">
      <h2 id="what-title">What to do</h2>
      <div className={styles.actions} role="radiogroup" aria-labelledby="what-title">
        {ACTIONS.map((each) => (
          <ActionChoice key={each.name} action={each} chosen={each.name === typed.action} allowed={each.class === "safe" || mayRunDangerous(user)} onChoose={() => onChange({ action: each.name })} />
        ))}
      </div>
      {action && action.fields.length > 0 && (
        <div className={form.row}>{action.fields.map((field) => <ArgInput key={field.name} field={field} text={typed.fields[field.name] ?? field.initial ?? ""} write={(text) => write(field.name, text)} />)}</div>
      )}
    </section>
  );
}

interface ActionChoiceProps {
  action: ActionEntry;
  chosen: boolean;
  allowed: boolean;
  onChoose: () => void;
}

function ActionChoice({ action, chosen, allowed, onChoose }: ActionChoiceProps) {
  return (
    <label className={styles.action} data-chosen={chosen} title={allowed ? undefined : "Your role may not run what is dangerous"}>
      <input type="radio" name="action" value={action.name} checked={chosen} disabled={!allowed} onChange={onChoose} />
      <span>
        <strong>{action.title}</strong>{action.class === "dangerous" && <span className={styles.dangerous}>▲ dangerous</span>}
        <small>{action.meaning}</small>
      </span>
    </label>
  );
}

function ArgInput({ field, text, write }: { field: ArgField; text: string; write: (text: string) => void }) {
  switch (field.kind) {
    case "script":
      return <ScriptField label={field.label} chosen={text} onChoose={write} />;
    case "list":
      return (
        <label className={form.field}>
          <span>{field.label}</span>
          <textarea className={styles.lines} rows={3} value={text} spellCheck={false} onChange={(event) => write(event.target.value)} />
          {field.hint !== undefined && <small>{field.hint}</small>}
        </label>
      );
    case "text":
    case "number":
      return (
        <Field label={field.label} name={`arg-${field.name}`} {...(field.hint === undefined ? {} : { hint: field.hint })} inputMode={field.kind === "number" ? "numeric" : "text"} value={text}
          spellCheck={false} autoCapitalize="none" autoComplete="off" onChange={(event) => write(event.target.value)} />
      );
  }
}
