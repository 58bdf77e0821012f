// What stands out, with its evidence; or, calmly, that nothing does.
import type { Finding } from "./findings";
import styles from "./Findings.module.css";

const SIGN = { red: "■", amber: "▲", plain: "·" } as const;

export function Findings({ findings }: { findings: readonly Finding[] }) {
  return (
    <section aria-labelledby="findings-title" className={`${styles.findings} live`}>
      <h2 id="findings-title">What stands out</h2>
      {findings.length === 0 ? <p className={styles.nothing}>Nothing does.</p> : (
        <ul>
          {findings.map((finding) => (
            <li key={finding.headline}>
              <span className={styles[finding.tone]} aria-hidden="true">{SIGN[finding.tone]}</span>
              <span><strong>{finding.headline}</strong> <span className={styles.evidence}>{finding.evidence}</span></span>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
