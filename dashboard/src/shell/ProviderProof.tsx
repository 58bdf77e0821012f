// "Is it still you?", for who signs in by the identity provider: it sees them anew in a
// window of its own, and this one waits until the server says so.
import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { currentUser } from "../api/session";
import { Button } from "./Button";
import { Dialog } from "./Dialog";
import form from "./Form.module.css";
import { useSignedIn } from "./signedIn";

const LOOK_PERIOD_MS = 1_000;

export function ProviderProof({ onDone }: { onDone: (proven: boolean) => void }) {
  const { user } = useSignedIn();
  const [waits, setWaits] = useState(false);
  const asked = useQuery({ queryKey: ["proof"], queryFn: ({ signal }) => currentUser(signal), enabled: waits, refetchInterval: LOOK_PERIOD_MS, gcTime: 0 });
  const isProved = waits && asked.data?.reauthenticated_until !== undefined;
  useEffect(() => {
    if (isProved) onDone(true);
  }, [isProved, onDone]);

  function go() {
    window.open("/api/auth/oidc/prove", "_blank");
    setWaits(true);
  }

  return (
    <Dialog title="Is it still you?" onClose={() => onDone(false)}>
      <div className={form.form} data-testid="proof">
        <p className={form.text}>This needs you to sign in once more, <strong>{user.username}</strong>, in a new window. For five minutes it is not asked again.</p>
        <p role="status" className={form.text}>{waits && "Waiting for the other window…"}</p>
        <div className={form.buttons}>
          <Button onClick={() => onDone(false)}>Cancel</Button>
          <Button tone="primary" onClick={go}>Sign in again…</Button>
        </div>
      </div>
    </Dialog>
  );
}
