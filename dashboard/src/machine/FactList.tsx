// Names and values in columns. A value that isn't known is a dash, with its reason beside
// it where there is one: a phone has no tooltips.
import type { ReactNode } from "react";
import { UNKNOWN } from "../format/quantities";
import styles from "./FactList.module.css";

export interface Fact {
  label: string;
  /** Null: unknown. */
  value: ReactNode;
  /** Why it is unknown. */
  why?: string | undefined;
  tone?: "amber" | "red" | undefined;
  title?: string | undefined;
}

export function FactList({ facts }: { facts: readonly Fact[] }) {
  return (
    <dl className={styles.facts}>
      {facts.map((fact) => (
        <div key={fact.label}>
          <dt>{fact.label}</dt>
          <dd title={fact.title} className={fact.tone && styles[fact.tone]}>
            {fact.value ?? <>{UNKNOWN} {fact.why !== undefined && <span className={styles.why}>{fact.why}</span>}</>}
          </dd>
        </div>
      ))}
    </dl>
  );
}

/** Only what is known: for a list whose gaps would say nothing. */
export const known = (facts: readonly Fact[]): Fact[] => facts.filter((fact) => fact.value !== null && fact.value !== undefined);
