// Adding a machine, from anywhere.
import { Dialog } from "../shell/Dialog";
import { EnrollSteps } from "./EnrollSteps";

export function AddMachineDialog({ onClose }: { onClose: () => void }) {
  return (
    <Dialog title="Add a machine" onClose={onClose}>
      <EnrollSteps onOpened={onClose} />
    </Dialog>
  );
}
