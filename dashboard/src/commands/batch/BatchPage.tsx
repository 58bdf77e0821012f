// One batch: what was asked, how far it has come, and how each machine fared.
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { type BatchView, cancelCommand, fetchBatch } from "../../api/commands";
import { mayRun } from "../../api/permissions";
import { counted } from "../../format/quantities";
import { Age } from "../../live/Age";
import { navigate, useSearch } from "../../route/location";
import { COMMANDS_PATH } from "../../route/pages";
import { Link } from "../../route/Link";
import { ConfirmDialog } from "../../settings/ConfirmDialog";
import { Button } from "../../shell/Button";
import notice from "../../shell/Notice.module.css";
import { useSignedIn } from "../../shell/signedIn";
import { actionTitle, argsInShort } from "../actions";
import page from "../CommandsPage.module.css";
import { composeAddress } from "../draft";
import { ProgressBar } from "../ProgressBar";
import { countOf, progressSentence, RETRYABLE } from "../states";
import { wavesSentence } from "../compose/waves";
import { ApproveBox } from "./ApproveBox";
import { CommandTable } from "./CommandTable";
import { Output } from "./Output";
import styles from "./BatchPage.module.css";

const REFETCH_MS = 1000;
/** A large answer is asked for more seldom: so many commands more cost a second each. */
const COMMANDS_A_SECOND = 500;

export default function BatchPage({ id }: { id: string }) {
  const batch = useQuery({
    queryKey: ["batch", id],
    queryFn: ({ signal }) => fetchBatch(id, signal),
    refetchInterval: ({ state }) => {
      if (!state.data || countOf(state.data.states, (each) => each.isOpen) === 0) return false;
      return REFETCH_MS * (1 + state.data.commands.length / COMMANDS_A_SECOND);
    },
  });
  useEffect(() => {
    document.title = `${batch.data ? actionTitle(batch.data.action) : "Command"} · ATLAS`;
  }, [batch.data]);
  if (batch.data) return <Batch batch={batch.data} />;
  if (!batch.error) return null;
  return <div className={notice.notice}><h1>This command can't be shown</h1><p>{batch.error.message}</p><p><Link to={COMMANDS_PATH} className={notice.link}>All commands</Link></p></div>;
}

function Batch({ batch }: { batch: BatchView }) {
  const opened = new URLSearchParams(useSearch()).get("open");
  const shown = batch.commands.find((each) => each.command_id === opened) ?? (batch.commands.length === 1 ? batch.commands[0] : undefined);
  return (
    <div className={page.page}>
      <nav aria-label="Where you are"><Link to={COMMANDS_PATH} className={page.back}>← Commands</Link></nav>
      <div className={page.head}>
        <div>
          <h1>{`${actionTitle(batch.action)} on ${counted(batch.commands.length, "machine")}`}</h1>
          <p>
            {batch.by}, <Age since={batch.created_at} suffix=" ago" />{batch.reason !== "" && `: ${batch.reason}`}
          </p>
          {argsInShort(batch.args) !== "" && <p><code className={styles.args}>{argsInShort(batch.args)}</code></p>}
        </div>
        <Deeds batch={batch} />
      </div>
      <section className={page.box} aria-label="Progress">
        <ProgressBar states={batch.states} total={batch.commands.length} wide />
        <p role="status" data-testid="progress">{progressSentence(batch.states)}</p>
        {batch.waves && <p>{wavesSentence(batch.waves)}</p>}
      </section>
      <ApproveBox batch={batch} />
      {shown && <Output key={shown.command_id} command={shown} />}
      <CommandTable commands={batch.commands} shown={shown?.command_id} />
    </div>
  );
}

function Deeds({ batch }: { batch: BatchView }) {
  const { user } = useSignedIn();
  const queries = useQueryClient();
  const [cancelling, setCancelling] = useState(false);
  const cancel = useMutation({
    mutationFn: () => cancelCommand(batch.batch_id),
    onSuccess: () => { setCancelling(false); return queries.invalidateQueries({ queryKey: ["batch", batch.batch_id] }); },
  });
  const open = countOf(batch.states, (each) => each.isOpen);
  const again = batch.commands.filter((each) => RETRYABLE.includes(each.state)).map((each) => each.machine_id);
  if (!mayRun(user)) return null;
  return (
    <div className={page.deeds}>
      {again.length > 0 && <Button onClick={() => navigate(composeAddress({ machines: again, action: batch.action, args: batch.args, reason: batch.reason }))}>{`Try again on ${counted(again.length, "machine")}…`}</Button>}
      {open > 0 && <Button onClick={() => setCancelling(true)}>Call it off…</Button>}
      {cancelling && (
        <ConfirmDialog title="Call it off?" deed={`Call it off on ${counted(open, "machine")}`} act={{ ...cancel, mutate: () => cancel.mutate() }} onClose={() => setCancelling(false)}>
          <p>Machines that have not begun never will; what runs already is ended soon. Nothing that was done is undone.</p>
        </ConfirmDialog>
      )}
    </div>
  );
}
