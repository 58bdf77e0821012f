// The frame around one part of a machine: a title, a note, and what there is to see.
import { useId, type ReactNode } from "react";
import styles from "./Part.module.css";

interface PartProps {
  title: string;
  note?: ReactNode;
  children: ReactNode;
}

export function Part({ title, note, children }: PartProps) {
  const id = useId();
  return (
    <section className={styles.part} aria-labelledby={id}>
      <div className={styles.head}>
        <h2 id={id}>{title}</h2>
        {note !== undefined && <span>{note}</span>}
      </div>
      {children}
    </section>
  );
}

export function Nothing({ children }: { children: ReactNode }) {
  return <p className={styles.nothing}>{children}</p>;
}
