// Programs that crashed, the newest first.
import { Age } from "../../live/Age";
import { Nothing } from "../Part";
import styles from "../Part.module.css";
import type { Report } from "../report";
import { SectionPart } from "../SectionPart";
import { readCrashes } from "./crashes";

const SHOWN_MAX = 10;

export function CrashesPart({ id, report }: { id: string; report: Report }) {
  return (
    <SectionPart id={id} title="Crashes" name="crashes" report={report}>
      {(value) => {
        const crashes = readCrashes(value);
        if (crashes.length === 0) return <Nothing>None is on record.</Nothing>;
        return (
          <>
            <table className={styles.table}>
              <tbody>
                {crashes.slice(0, SHOWN_MAX).map((crash, index) => (
                  <tr key={`${crash.at ?? ""} ${index}`}>
                    <td title={crash.program}>{crash.program} <span className={styles.quiet}>{crash.version}</span></td>
                    <td className={styles.quiet} title={crash.cause ?? undefined}>{crash.cause ?? "–"}</td>
                    <td className={`${styles.medium} ${styles.number}`}><Age since={crash.at} suffix=" ago" /></td>
                  </tr>
                ))}
              </tbody>
            </table>
            {crashes.length > SHOWN_MAX && <Nothing>{`and ${crashes.length - SHOWN_MAX} more`}</Nothing>}
          </>
        );
      }}
    </SectionPart>
  );
}
