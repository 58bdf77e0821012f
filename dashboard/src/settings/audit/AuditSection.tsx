// Who did what, when, and whether it was let: the newest first, older ones as you go down.
import { useDeferredValue } from "react";
import { AUDIT_EXPORT_PATH } from "../../api/audit";
import { counted } from "../../format/quantities";
import { changeSearch, useSearch } from "../../route/location";
import { Field } from "../../shell/Field";
import form from "../../shell/Form.module.css";
import { Section } from "../Section";
import { AuditTable } from "./AuditTable";
import styles from "./Audit.module.css";
import { missingIn } from "./chain";
import { useAudit } from "./useAudit";

export function AuditSection() {
  const params = new URLSearchParams(useSearch());
  const actor = params.get("actor") ?? "";
  const action = params.get("action") ?? "";
  const audit = useAudit(useDeferredValue(actor.trim()), useDeferredValue(action.trim()));
  return (
    <Section title="Audit log" intro="Written before each action takes effect, and never changed. Each record holds the hash of the one before it."
      action={<a className={styles.export} href={AUDIT_EXPORT_PATH} download="atlas-audit.jsonl">Export all</a>}>
      <div className={form.row} role="search">
        <Field label="Who" type="search" placeholder="anybody" list="audit-actors" value={actor} onChange={(event) => changeSearch({ actor: event.target.value })} autoCapitalize="none" spellCheck={false} />
        <Field label="What" type="search" placeholder="anything" list="audit-actions" value={action} onChange={(event) => changeSearch({ action: event.target.value })} autoCapitalize="none" spellCheck={false} />
        <Seen id="audit-actors" names={audit.records.map((record) => record.actor)} />
        <Seen id="audit-actions" names={audit.records.map((record) => record.action)} />
      </div>
      {audit.error && <p role="alert" className={form.complaint}>The log can't be shown: {audit.error.message}</p>}
      {audit.isSuccess && (
        <>
          <Chain head={audit.head} records={audit.records} isWhole={actor === "" && action === ""} />
          <AuditTable records={audit.records} more={audit.hasNextPage ? () => void audit.fetchNextPage() : null} busy={audit.isFetchingNextPage} />
        </>
      )}
    </Section>
  );
}

const SEEN_MAX = 50;

// What the log asks for are whole names: those on the page are offered.
function Seen({ id, names }: { id: string; names: readonly string[] }) {
  return <datalist id={id}>{[...new Set(names)].toSorted().slice(0, SEEN_MAX).map((name) => <option key={name} value={name} />)}</datalist>;
}

// What this page can vouch for by itself, and what can't be seen from a browser.
function Chain({ head, records, isWhole }: { head: ReturnType<typeof useAudit>["head"]; records: ReturnType<typeof useAudit>["records"]; isWhole: boolean }) {
  const missing = isWhole ? missingIn(records) : [];
  return (
    <div className={styles.chain}>
      {head && <p>Newest: record {head.seq}, chain head <code data-testid="audit-head">{head.hash}</code></p>}
      {missing.length > 0 && <p role="alert" className={styles.broken}>{`${counted(missing.length, "record")} missing, the first is ${missing[0] ?? ""}. Run atlas audit verify on the server.`}</p>}
      {isWhole && missing.length === 0 && records.length > 1 && <p data-testid="audit-whole">{`The ${counted(records.length, "record")} shown follow each other without a gap. atlas audit verify proves the whole chain.`}</p>}
    </div>
  );
}
