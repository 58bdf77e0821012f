// A line of text that is there to be copied.
import { useRef, useState } from "react";
import { Button } from "./Button";
import styles from "./CopyLine.module.css";

const SHOWN_MS = 2000;

export function CopyLine({ line, testId }: { line: string | null; testId?: string }) {
  const code = useRef<HTMLElement>(null);
  const [copied, setCopied] = useState(false);

  async function copy() {
    if (line === null) return;
    try {
      await navigator.clipboard.writeText(line);
    } catch {
      // Some browsers refuse the clipboard: then the text is selected, ready for a key.
      if (code.current) window.getSelection()?.selectAllChildren(code.current);
      return;
    }
    setCopied(true);
    window.setTimeout(() => setCopied(false), SHOWN_MS);
  }

  return (
    <div className={styles.line}>
      <code ref={code} data-testid={testId}>{line ?? "…"}</code>
      <Button tone="primary" disabled={line === null} onClick={() => void copy()}>
        {copied ? "Copied" : "Copy"}
      </Button>
    </div>
  );
}
