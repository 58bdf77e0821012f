// A second factor: whether there is one, setting it up, and taking it away.
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { beginTotp, removeTotp } from "../../api/account";
import { Button } from "../../shell/Button";
import form from "../../shell/Form.module.css";
import { useSignedIn } from "../../shell/signedIn";
import { Badge } from "../Badge";
import { ConfirmDialog } from "../ConfirmDialog";
import { Box } from "../Section";
import styles from "./Account.module.css";
import { RecoveryCodes } from "./RecoveryCodes";
import { SecondFactorSetup } from "./SecondFactorSetup";

export function SecondFactor() {
  const { user } = useSignedIn();
  const queries = useQueryClient();
  const [codes, setCodes] = useState<readonly string[] | null>(null);
  const setup = useMutation({ mutationFn: beginTotp });
  const refresh = () => queries.invalidateQueries({ queryKey: ["user"] });

  function confirmed(recoveryCodes: readonly string[]) {
    setCodes(recoveryCodes);
    setup.reset();
    void refresh();
  }

  if (codes) return <Box><RecoveryCodes codes={codes} onDone={() => setCodes(null)} /></Box>;
  if (setup.data) return <Box><SecondFactorSetup setup={setup.data} onConfirmed={confirmed} onCancel={() => setup.reset()} /></Box>;
  return (
    <Box>
      {user.has_totp ? <Active onRemoved={refresh} /> : (
        <>
          <p className={form.text}><strong>No second factor.</strong> With one, a stolen password alone opens nothing.</p>
          <Button disabled={setup.isPending} onClick={() => setup.mutate()}>Set up a second factor</Button>
        </>
      )}
      <p role="alert" className={form.complaint}>{setup.error?.message}</p>
    </Box>
  );
}

function Active({ onRemoved }: { onRemoved: () => Promise<void> }) {
  const [removing, setRemoving] = useState(false);
  const remove = useMutation({ mutationFn: removeTotp, onSuccess: () => onRemoved().then(() => setRemoving(false)) });
  return (
    <>
      <p className={styles.line}><Badge tone="good">second factor on</Badge> Signing in asks for a code from your authenticator app.</p>
      <Button onClick={() => setRemoving(true)}>Take it away…</Button>
      {removing && (
        <ConfirmDialog title="Take the second factor away?" deed="Take it away" act={remove} onClose={() => setRemoving(false)}>
          <p>Your password alone will then be enough to sign in. The recovery codes stop working.</p>
        </ConfirmDialog>
      )}
    </>
  );
}
