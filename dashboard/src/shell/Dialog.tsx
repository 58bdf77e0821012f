// A modal dialog on the browser's own <dialog>: it keeps the focus inside, gives it
// back afterwards, and closes on Escape.
import { useEffect, useId, useRef, type MouseEvent, type ReactNode } from "react";
import { Button } from "./Button";
import styles from "./Dialog.module.css";

export function Dialog({ title, onClose, children }: { title: string; onClose: () => void; children: ReactNode }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const titleId = useId();

  useEffect(() => {
    const element = dialog.current;
    element?.showModal();
    return () => element?.close();
  }, []);

  function closeOnScrim(event: MouseEvent) {
    if (event.target === dialog.current) onClose();
  }

  return (
    // A click beside the dialog closes it; Escape does the same, by the browser.
    <dialog ref={dialog} className={styles.dialog} aria-labelledby={titleId} onClose={onClose} onClick={closeOnScrim}>
      <div className={styles.head}>
        <h2 id={titleId}>{title}</h2>
        <Button tone="quiet" className={styles.close ?? ""} aria-label="Close" onClick={onClose}>
          ✕
        </Button>
      </div>
      <div className={styles.body}>{children}</div>
    </dialog>
  );
}
