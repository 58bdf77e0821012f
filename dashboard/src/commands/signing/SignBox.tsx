// What is dangerous is signed by a person. With the key of this browser, or where the key is.
import { useState } from "react";
import type { BatchRequest } from "../../api/commands";
import { Button } from "../../shell/Button";
import { CopyLine } from "../../shell/CopyLine";
import { Field } from "../../shell/Field";
import form from "../../shell/Form.module.css";
import page from "../CommandsPage.module.css";
import { commandLine } from "./commandLine";
import styles from "./SignBox.module.css";
import { useMakeOperatorKey, useOperatorKey } from "./useOperatorKey";

export function SignBox({ asked }: { asked: BatchRequest }) {
  const key = useOperatorKey();
  return (
    <section className={page.box} aria-labelledby="sign-title" data-testid="sign">
      <h2 id="sign-title">Your signature</h2>
      {key.data && <p className={form.text}>It is signed with <strong>{key.data.name}</strong>, your key in this browser (<code title={key.data.publicText}>{key.data.id}</code>). Machines that don't trust this key refuse it.</p>}
      {key.data === null && <NewKey />}
      {key.error && <p role="alert" className={form.complaint}>{key.error.message}</p>}
      <details className={styles.other}>
        <summary>Sign it on the command line instead</summary>
        <CopyLine line={commandLine(asked)} />
      </details>
    </section>
  );
}

function NewKey() {
  const make = useMakeOperatorKey();
  const [name, setName] = useState("this browser");
  return (
    <>
      <p className={form.text}>This action is dangerous: machines carry it out only with a signature of somebody whom they trust. This browser has no key of yours yet. It can make one that can't be copied out of it.</p>
      <div className={styles.make}>
        <Field label="The key's name" name="key-name" value={name} maxLength={64} autoComplete="off" onChange={(event) => setName(event.target.value)} />
        <Button disabled={make.isPending || name.trim() === ""} onClick={() => make.mutate(name.trim())}>Make a key here</Button>
      </div>
      {make.error && <p role="alert" className={form.complaint}>{complaintOf(make.error)}</p>}
    </>
  );
}

function complaintOf(error: Error): string {
  return error.name === "NotSupportedError" ? "This browser can't make such a key: update it, or sign on the command line." : error.message;
}
