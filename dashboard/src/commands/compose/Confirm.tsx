// Exactly what will be sent, and to whom. More than a handful of machines are confirmed by
// typing how many they are; the last button names what it does.
import { useMutation } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { type BatchRequest, type PreviewView, sendCommand } from "../../api/commands";
import { counted } from "../../format/quantities";
import { parseTime_s, sinceTime } from "../../format/times";
import { serverNow_s } from "../../live/serverClock";
import { navigate } from "../../route/location";
import { batchPath } from "../../route/pages";
import { Button } from "../../shell/Button";
import { Field } from "../../shell/Field";
import form from "../../shell/Form.module.css";
import { actionNamed, actionTitle, argsInShort } from "../actions";
import page from "../CommandsPage.module.css";
import { SignBox } from "../signing/SignBox";
import { signDrafts } from "../signing/signDrafts";
import { useOperatorKey } from "../signing/useOperatorKey";
import styles from "./Compose.module.css";
import { TargetList } from "./TargetList";
import { wavesSentence } from "./waves";

/** More machines are confirmed by typing their number. */
const TYPED_ABOVE = 10;

interface ConfirmProps {
  asked: BatchRequest;
  preview: PreviewView;
  onBack: () => void;
}

export function Confirm({ asked, preview, onBack }: ConfirmProps) {
  const [text, setText] = useState("");
  const key = useOperatorKey();
  useEffect(() => {
    // In braces: newer browsers answer with a promise, which is no way to end an effect.
    window.scrollTo(0, 0);
  }, []);
  // Agents of 2.0 check no signature: what is signed doesn't reach them.
  const targets = preview.needs_signature ? preview.targets.filter((each) => typeof each.payload === "string") : preview.targets;
  const unsigned = preview.targets.length - targets.length;
  const send = useMutation({
    mutationFn: async () => {
      const whole = { ...asked, batch_id: preview.batch_id, expected_targets: targets.length };
      if (!preview.needs_signature) return sendCommand(whole);
      if (!key.data) throw new Error("There is no key in this browser to sign with.");
      return sendCommand({ ...whole, targets: {}, signed: await signDrafts(key.data, asked, targets) });
    },
    onSuccess: (batch) => navigate(batchPath(batch.batch_id), "replace"),
  });
  const isTyped = targets.length <= TYPED_ABOVE || text.trim() === String(targets.length);
  const isSignable = !preview.needs_signature || Boolean(key.data);
  const not_after_s = parseTime_s(preview.not_after);
  const on = `on ${counted(targets.length, "machine")}`;
  return (
    <form className={page.page} onSubmit={(event) => { event.preventDefault(); if (isTyped && isSignable) send.mutate(); }} data-testid="confirm">
      <h1>{`${actionTitle(preview.action)} ${on}`}</h1>
      <section className={page.box}>
        <p className={styles.what}>
          {argsInShort(preview.args) !== "" && <code>{argsInShort(preview.args)}</code>}
          <span>To be begun {not_after_s === null ? "soon" : `before ${sinceTime(not_after_s, serverNow_s())}`}, or not at all. Each machine does it once at most, and only if its own policy allows it.</span>
        </p>
        {asked.waves && <p className={styles.count}>{wavesSentence(asked.waves)}</p>}
        <TargetList targets={targets} />
        {unsigned > 0 && <p className={styles.count}>{`${counted(unsigned, "machine")} with an agent of 2.0 can't be asked in a signed command, and are left out.`}</p>}
        {preview.skipped.length > 0 && <Skipped skipped={preview.skipped} />}
      </section>
      {preview.needs_signature && <SignBox asked={asked} />}
      {targets.length > TYPED_ABOVE && (
        <section className={page.box}>
          <Field label={`Type ${targets.length} to go on`} name="number" inputMode="numeric" value={text} autoComplete="off" onChange={(event) => setText(event.target.value)} />
        </section>
      )}
      <p role="alert" className={form.complaint}>{send.error?.message}</p>
      <div className={form.buttons}>
        <Button onClick={onBack}>Change it</Button>
        <Button tone={preview.class === "dangerous" ? "danger" : "primary"} type="submit" disabled={!isTyped || !isSignable || send.isPending || targets.length === 0}>
          {`${actionNamed(preview.action)?.deed ?? preview.action} ${on}`}
        </Button>
      </div>
    </form>
  );
}

const SKIPPED_MAX = 8;

function Skipped({ skipped }: { skipped: PreviewView["skipped"] }) {
  return (
    <div>
      <h2>{`${counted(skipped.length, "machine")} can't do it`}</h2>
      <ul className={styles.skipped}>
        {skipped.slice(0, SKIPPED_MAX).map((each) => <li key={each.machine_id}><strong>{each.machine_id}</strong> {each.message}</li>)}
        {skipped.length > SKIPPED_MAX && <li>{`and ${skipped.length - SKIPPED_MAX} more`}</li>}
      </ul>
    </div>
  );
}
