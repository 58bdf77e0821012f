// Lets the server's wish for a proof open a dialog: any request may meet it.
import { useEffect, useState } from "react";
import { proveWith } from "../api/request";

/** Null, or what to call once the user has proven who they are, or will not. */
export function useProof(): ((proven: boolean) => void) | null {
  const [done, setDone] = useState<((proven: boolean) => void) | null>(null);
  useEffect(() => {
    // Several requests may want it at once: one dialog answers all of them.
    let asked: Promise<boolean> | null = null;
    proveWith(() => {
      asked ??= new Promise((resolve) => {
        setDone(() => (proven: boolean) => {
          asked = null;
          setDone(null);
          resolve(proven);
        });
      });
      return asked;
    });
    return () => proveWith(null);
  }, []);
  return done;
}
