// What more than one operator must sign: whoever looks at it can add theirs, with the key of
// this browser, or on the command line.
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { addSignatures, type BatchView } from "../../api/commands";
import { mayRunDangerous } from "../../api/permissions";
import { counted } from "../../format/quantities";
import { Button } from "../../shell/Button";
import form from "../../shell/Form.module.css";
import { useSignedIn } from "../../shell/signedIn";
import page from "../CommandsPage.module.css";
import { signDrafts } from "../signing/signDrafts";
import { useOperatorKey } from "../signing/useOperatorKey";

export function ApproveBox({ batch }: { batch: BatchView }) {
  const { user } = useSignedIn();
  const queries = useQueryClient();
  const key = useOperatorKey();
  const waiting = batch.commands.filter((each) => typeof each.payload === "string");
  const mine = key.data ? waiting.filter((each) => !each.signed_by.includes(key.data?.id ?? "")) : [];
  const sign = useMutation({
    mutationFn: async () => {
      if (!key.data) return;
      const targets = mine.map((each) => ({ name: each.machine_id, payload: each.payload ?? null }));
      await addSignatures(batch.batch_id, await signDrafts(key.data, batch, targets, batch.by));
    },
    onSuccess: () => queries.invalidateQueries({ queryKey: ["batch", batch.batch_id] }),
  });
  if (waiting.length === 0) return null;
  return (
    <section className={page.box} aria-label="Signatures">
      <p>{`It waits until ${counted(batch.signatures, "operator")} have signed. Nothing is handed out before.`}</p>
      {mayRunDangerous(user) && mine.length === 0 && <p className={form.text}>{key.data ? "Yours is there." : <>Sign it with your key: <code>atlas command approve {batch.batch_id}</code></>}</p>}
      <p role="alert" className={form.complaint}>{sign.error?.message}</p>
      {mayRunDangerous(user) && mine.length > 0 && <div><Button disabled={sign.isPending} onClick={() => sign.mutate()}>{`Sign it too, for ${counted(mine.length, "machine")}`}</Button></div>}
    </section>
  );
}
