// A new script, or a new version of one: its text, whole, as it will be run.
import { useState } from "react";
import { keepScript } from "../../api/commands";
import { useAct } from "../../settings/useAct";
import { Button } from "../../shell/Button";
import { Dialog } from "../../shell/Dialog";
import { Field } from "../../shell/Field";
import form from "../../shell/Form.module.css";
import styles from "../compose/Compose.module.css";

const FIRST_LINE = "#!/bin/sh\n";

export function KeepScriptDialog({ onClose }: { onClose: () => void }) {
  const [id, setId] = useState("");
  const [description, setDescription] = useState("");
  const [content, setContent] = useState(FIRST_LINE);
  const keep = useAct(keepScript, "scripts", onClose);
  return (
    <Dialog title="Keep a script" onClose={onClose}>
      <form className={form.form} onSubmit={(event) => { event.preventDefault(); keep.mutate({ script_id: id.trim(), description: description.trim(), content }); }}>
        <Field label="Name" name="script-id" hint="Letters, digits and ._- only. A name that is there already gets a new version" value={id} maxLength={64} required autoComplete="off" autoCapitalize="none" spellCheck={false} onChange={(event) => setId(event.target.value)} />
        <Field label="What it does" name="script-description" value={description} maxLength={500} autoComplete="off" onChange={(event) => setDescription(event.target.value)} />
        <label className={form.field}>
          <span>Text</span>
          <textarea className={styles.lines} name="script-content" rows={10} value={content} spellCheck={false} required onChange={(event) => setContent(event.target.value)} />
          <small>It begins with #! and its interpreter. It is run without a shell around it.</small>
        </label>
        <p role="alert" className={form.complaint}>{keep.error?.message}</p>
        <div className={form.buttons}>
          <Button onClick={onClose}>Cancel</Button>
          <Button tone="primary" type="submit" disabled={keep.isPending || id.trim() === "" || content.trim() === ""}>Keep this version</Button>
        </div>
      </form>
    </Dialog>
  );
}
