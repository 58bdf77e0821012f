// One part of the settings: what it is, what can be done, and what there is.
import type { UseQueryResult } from "@tanstack/react-query";
import { useId, type ReactNode } from "react";
import { Button } from "../shell/Button";
import styles from "./Section.module.css";

interface SectionProps {
  title: string;
  intro?: ReactNode;
  /** What can be done to all of it: a button. */
  action?: ReactNode;
  /** The first of a page has the page's title. */
  level?: 1 | 2;
  children: ReactNode;
}

export function Section({ title, intro, action, level = 1, children }: SectionProps) {
  const id = useId();
  const Heading = level === 1 ? "h1" : "h2";
  return (
    <section className={styles.section} aria-labelledby={id}>
      <div className={styles.head}>
        <div>
          <Heading id={id}>{title}</Heading>
          {intro !== undefined && <p>{intro}</p>}
        </div>
        {action}
      </div>
      {children}
    </section>
  );
}

/** What a question to the server gave: nothing yet, a refusal with a way on, or the answer. */
export function Loaded<Answer>({ query, children }: { query: UseQueryResult<Answer>; children: (answer: Answer) => ReactNode }) {
  if (query.data !== undefined) return children(query.data);
  if (!query.error) return <div className={styles.loading} aria-hidden="true" data-testid="loading" />;
  return (
    <div className={styles.box} role="alert">
      <p>This can't be shown: {query.error.message}</p>
      <Button onClick={() => void query.refetch()}>Try again</Button>
    </div>
  );
}

/** A framed part without rows. */
export function Box({ children }: { children: ReactNode }) {
  return <div className={styles.box}>{children}</div>;
}
