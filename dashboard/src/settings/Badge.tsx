// A word that says what is not as usual; what is usual has none.
import type { ReactNode } from "react";
import styles from "./Badge.module.css";

export function Badge({ tone = "plain", title, children }: { tone?: "plain" | "amber" | "red" | "good"; title?: string; children: ReactNode }) {
  return <span className={`${styles.badge} ${styles[tone]}`} title={title}>{children}</span>;
}

export function Badges({ children }: { children: ReactNode }) {
  return <span className={styles.row}>{children}</span>;
}
