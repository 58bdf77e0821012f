// The code to scan, and the proof that the app has it.
import { useMutation } from "@tanstack/react-query";
import { useRef, type SubmitEvent } from "react";
import { confirmTotp } from "../../api/account";
import type { TotpView } from "../../api/wire";
import { Button } from "../../shell/Button";
import { Field } from "../../shell/Field";
import form from "../../shell/Form.module.css";
import styles from "./Account.module.css";

interface SecondFactorSetupProps {
  setup: TotpView;
  onConfirmed: (recoveryCodes: readonly string[]) => void;
  onCancel: () => void;
}

export function SecondFactorSetup({ setup, onConfirmed, onCancel }: SecondFactorSetupProps) {
  const code = useRef<HTMLInputElement>(null);
  const confirm = useMutation({
    mutationFn: () => confirmTotp(code.current?.value.replaceAll(" ", "") ?? ""),
    onSuccess: (answer) => onConfirmed(answer.recovery_codes),
    onError: () => code.current?.select(),
  });

  function submit(event: SubmitEvent) {
    event.preventDefault();
    confirm.mutate();
  }

  return (
    <div className={styles.setup}>
      {/* As a picture, so that nothing in it could ever run. */}
      <img className={styles.qr} src={`data:image/svg+xml,${encodeURIComponent(setup.qr_svg)}`} alt="The code to scan with your authenticator app" />
      <form className={styles.steps} onSubmit={submit}>
        <ol>
          <li>Scan this with an authenticator app, or type its secret there: <span className={styles.secret}>{setup.secret}</span></li>
          <li>Type the six digits that the app shows.</li>
        </ol>
        <div className={styles.code}>
          <Field ref={code} label="Code" name="totp-code" inputMode="numeric" autoComplete="one-time-code" pattern="[0-9 ]{6,7}" title="six digits" required />
        </div>
        <p role="alert" className={form.complaint}>{confirm.error?.message}</p>
        <div className={styles.line}>
          <Button tone="primary" type="submit" disabled={confirm.isPending}>Turn it on</Button>
          <Button tone="quiet" onClick={onCancel}>Cancel</Button>
        </div>
      </form>
    </div>
  );
}
