// What can be done to the machines that were picked.
import { useMutation } from "@tanstack/react-query";
import { useState, type SubmitEvent } from "react";
import { tagMachine } from "../api/machines";
import { mayRun, mayTag } from "../api/permissions";
import { composeAddress } from "../commands/draft";
import { counted } from "../format/quantities";
import { fleetStore } from "../live/fleetStore";
import { navigate } from "../route/location";
import { Button } from "../shell/Button";
import { useSignedIn } from "../shell/signedIn";
import { useKeys } from "../shell/useKeys";
import type { Selection } from "./selection";
import styles from "./SelectionBar.module.css";

export function SelectionBar({ selection }: { selection: Selection }) {
  const { user } = useSignedIn();
  const run = () => navigate(composeAddress({ machines: [...selection.ids] }));
  useKeys({ Escape: selection.clear, ...(mayRun(user) ? { r: run } : {}) });
  return (
    <div className={styles.bar} role="region" aria-label="Selected machines" data-testid="selection">
      <strong role="status">{counted(selection.ids.size, "machine")} selected</strong>
      {mayTag(user) && <TagAll ids={selection.ids} />}
      {mayRun(user) && <Button onClick={run}>Run a command…</Button>}
      <Button tone="quiet" onClick={selection.clear}>Clear</Button>
    </div>
  );
}

function TagAll({ ids }: { ids: ReadonlySet<string> }) {
  const [tag, setTag] = useState("");
  const all = useMutation({ mutationFn: () => tagAll(ids, tag.trim()), onSuccess: () => setTag("") });

  function submit(event: SubmitEvent) {
    event.preventDefault();
    all.mutate();
  }

  return (
    <form className={styles.tag} onSubmit={submit}>
      <input aria-label="Tag for all of them" placeholder="tag" value={tag} maxLength={64} autoCapitalize="none" spellCheck={false} autoComplete="off" required
        onChange={(event) => setTag(event.target.value)} />
      <Button type="submit" disabled={all.isPending || tag.trim() === ""}>{`Tag ${counted(ids.size, "machine")}`}</Button>
      <span role="status" className={all.error ? styles.complaint : styles.done}>{all.error?.message ?? all.data}</span>
    </form>
  );
}

/** Requests under way at once: as many as a browser keeps connections. */
const AT_ONCE = 6;

// Each machine keeps the tags it has. One that went away meanwhile is left out.
async function tagAll(ids: ReadonlySet<string>, tag: string): Promise<string> {
  const cards = [...ids].map((id) => fleetStore.machine(id)).filter((card) => card !== undefined);
  const wanted = cards.filter((card) => !card.tags.includes(tag));
  for (let from = 0; from < wanted.length; from += AT_ONCE) {
    await Promise.all(wanted.slice(from, from + AT_ONCE).map((card) => tagMachine(card.id, [...card.tags, tag])));
  }
  return wanted.length === 0 ? "All have it already." : `${counted(wanted.length, "machine")} tagged.`;
}
