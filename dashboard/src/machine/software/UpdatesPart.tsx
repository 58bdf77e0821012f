// Updates that wait, those for security first.
import { counted } from "../../format/quantities";
import { Age } from "../../live/Age";
import { Nothing } from "../Part";
import styles from "../Part.module.css";
import type { Report } from "../report";
import { SectionPart } from "../SectionPart";
import { readUpdates, type Updates } from "./updates";

const SHOWN_MAX = 8;

export function UpdatesPart({ id, report }: { id: string; report: Report }) {
  return (
    <SectionPart id={id} title="Updates" name="updates" report={report}>
      {(value) => <UpdateList updates={readUpdates(value)} />}
    </SectionPart>
  );
}

function UpdateList({ updates }: { updates: Updates }) {
  const more = updates.updates.length - SHOWN_MAX;
  return (
    <>
      <p>
        {sentenceOf(updates)}{" "}
        {updates.rebootRequired === true && <span className={styles.amberText}>It must be restarted for what is installed already.</span>}
      </p>
      {updates.updates.length > 0 && (
        <table className={styles.table}>
          <tbody>
            {updates.updates.slice(0, SHOWN_MAX).map((each) => (
              <tr key={each.name}>
                <td title={each.name}>{each.name}</td>
                <td className={styles.quiet} title={each.version ?? undefined}>{each.version ?? "–"}</td>
                <td className={`${styles.medium} ${each.isSecurity ? styles.amber : ""}`}>{each.isSecurity && "security"}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {more > 0 && <Nothing>{`and ${more} more`}</Nothing>}
      {updates.checkedAt !== null && <Nothing>{updates.source ?? "The system"} last heard of updates <Age since={updates.checkedAt} suffix=" ago" />.</Nothing>}
    </>
  );
}

function sentenceOf({ pending, security }: Updates): string {
  if (pending === null) return "How many wait isn't known.";
  if (pending === 0) return "None waits.";
  const secure = security === null ? "" : security === 0 ? ", none of them for security" : `, ${security} of them for security`;
  return `${counted(pending, "update")} ${pending === 1 ? "waits" : "wait"}${secure}.`;
}
