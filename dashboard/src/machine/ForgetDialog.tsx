// Forgetting a machine can't be undone, so it says what goes, and the red button
// names the machine.
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { forgetMachine } from "../api/machines";
import type { MachineView } from "../api/wire";
import { navigate } from "../route/location";
import { FLEET_PATH } from "../route/pages";
import { Button } from "../shell/Button";
import { Dialog } from "../shell/Dialog";
import styles from "./ForgetDialog.module.css";
import { nameOf } from "./machineName";

export function ForgetDialog({ machine, onClose }: { machine: MachineView; onClose: () => void }) {
  const queries = useQueryClient();
  const name = nameOf(machine);
  const forget = useMutation({
    mutationFn: () => forgetMachine(machine.machine_id),
    onSuccess: () => {
      queries.removeQueries({ queryKey: ["machine", machine.machine_id] });
      navigate(FLEET_PATH);
    },
  });
  return (
    <Dialog title="Forget this machine?" onClose={onClose}>
      <div className={styles.text}>
        <p><strong>{name}</strong> leaves the fleet, and its whole history is deleted. This can't be undone.</p>
        <p>If its agent still runs, it has to be added again before it can report.</p>
        {forget.error && <p role="alert" className={styles.complaint}>{forget.error.message}</p>}
      </div>
      <div className={styles.buttons}>
        <Button onClick={onClose}>Keep it</Button>
        <Button tone="danger" disabled={forget.isPending} onClick={() => forget.mutate()} className={styles.danger ?? ""}>{`Forget ${name}`}</Button>
      </div>
    </Dialog>
  );
}
