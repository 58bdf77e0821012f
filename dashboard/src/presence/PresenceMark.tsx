// Presence as a shape and a colour, so that it never rests on colour alone.
import type { Presence } from "../api/wire";
import { MEANING } from "./presence";
import styles from "./PresenceMark.module.css";

export function PresenceMark({ presence, label = true }: { presence: Presence; label?: boolean }) {
  return (
    <svg
      className={`${styles.mark} ${styles[presence]}`}
      viewBox="0 0 12 12"
      {...(label ? { role: "img", "aria-label": presence } : { "aria-hidden": true })}
    >
      {label && <title>{`${presence}: ${MEANING[presence]}`}</title>}
      <Shape presence={presence} />
    </svg>
  );
}

function Shape({ presence }: { presence: Presence }) {
  switch (presence) {
    case "online":
      return <circle cx="6" cy="6" r="4" />;
    case "asleep":
      return (
        <>
          <circle cx="6" cy="6" r="3.4" fill="none" strokeWidth="1.2" stroke="currentColor" />
          <path d="M6 2.6a3.4 3.4 0 0 0 0 6.8Z" />
        </>
      );
    case "warning":
      return <path d="M6 1.4 11.2 10.4H.8Z" strokeLinejoin="round" />;
    case "offline":
      return <rect x="2" y="2" width="8" height="8" rx="1" />;
  }
}
