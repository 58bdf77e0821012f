// A machine's tags: each opens the machines that share it; who may can change them.
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState, type SubmitEvent } from "react";
import { tagMachine } from "../api/machines";
import { mayTag } from "../api/permissions";
import { filterWord } from "../fleet/filter";
import { Link } from "../route/Link";
import { useSignedIn } from "../shell/signedIn";
import styles from "./TagEditor.module.css";
import { pathPart } from "../route/pathPart";

const TAG_LENGTH_MAX = 64;

export function TagEditor({ id, tags }: { id: string; tags: readonly string[] }) {
  const { user } = useSignedIn();
  const queries = useQueryClient();
  const change = useMutation({
    mutationFn: (wanted: readonly string[]) => tagMachine(id, wanted),
    onSettled: () => queries.invalidateQueries({ queryKey: ["machine", id] }),
  });
  // Shown as wished for until the server has answered.
  const shown = change.isPending ? change.variables : tags;
  const editable = mayTag(user);
  return (
    <div className={styles.tags} role="group" aria-label="Tags">
      {shown.map((tag) => (
        <span key={tag} className={styles.tag}>
          <Link to={`/?q=${pathPart(filterWord("tag", tag))}`}>{tag}</Link>
          {editable && <button type="button" aria-label={`Remove tag ${tag}`} onClick={() => change.mutate(shown.filter((each) => each !== tag))}>✕</button>}
        </span>
      ))}
      {editable && <NewTag onAdd={(tag) => { if (!shown.includes(tag)) change.mutate([...shown, tag]); }} />}
      {change.error && <span role="alert" className={styles.complaint}>{change.error.message}</span>}
    </div>
  );
}

function NewTag({ onAdd }: { onAdd: (tag: string) => void }) {
  const [text, setText] = useState("");

  function submit(event: SubmitEvent) {
    event.preventDefault();
    const tag = text.trim();
    if (tag !== "") onAdd(tag);
    setText("");
  }

  return (
    <form onSubmit={submit}>
      <input className={styles.field} aria-label="Add a tag" placeholder="+ tag" maxLength={TAG_LENGTH_MAX} value={text}
        autoCapitalize="none" autoComplete="off" spellCheck={false} onChange={(event) => setText(event.target.value)} />
    </form>
  );
}
