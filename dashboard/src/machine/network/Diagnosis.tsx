// Where the network's trouble is, as the agent on the machine sees it, and how it knows.
import { Age } from "../../live/Age";
import { whereWords } from "./trouble";
import styles from "./Diagnosis.module.css";
import type { Diagnosis as Found } from "./networkReport";

export function Diagnosis({ diagnosis }: { diagnosis: Found }) {
  const isWell = diagnosis.trouble === "none";
  const tone = isWell ? "" : diagnosis.severity === "critical" ? styles.red : styles.amber;
  return (
    <section className={`${styles.diagnosis} ${tone} live`} aria-labelledby="diagnosis-title" data-testid="diagnosis">
      <div>
        <h2 id="diagnosis-title">{isWell ? "The network is well" : `The trouble is ${whereWords(diagnosis.trouble)}`}{diagnosis.since !== null && <span className={styles.since}> for <Age since={diagnosis.since} /></span>}</h2>
        <p>{diagnosis.summary}</p>
      </div>
      {diagnosis.evidence.length > 0 && (
        <ul className={styles.evidence}>{diagnosis.evidence.map((each) => <li key={each}>{each}</li>)}</ul>
      )}
    </section>
  );
}
