// One command in detail, with what it wrote as it comes.
import { useId } from "react";
import type { CommandView } from "../../api/commands";
import { bytes } from "../../format/quantities";
import { useMachineCard } from "../../live/fleetStore";
import { stateEntry } from "../states";
import { StateMark } from "../StateMark";
import page from "../CommandsPage.module.css";
import styles from "./BatchPage.module.css";
import { saidOf } from "./CommandTable";
import { useOutput } from "./useOutput";

export function Output({ command }: { command: CommandView }) {
  const title = useId();
  const name = useMachineCard(command.machine_id)?.name ?? command.machine_id;
  const output = useOutput(command);
  return (
    <section className={page.box} aria-labelledby={title} data-testid="output">
      <div className={styles.outputHead}>
        <h2 id={title}>{name}</h2>
        <StateMark state={command.state} />
        <span>{saidOf(command)}</span>
        {command.signed_by.length > 0 && <span title={command.signed_by.join("\n")}>signed by {command.signed_by.length === 1 ? "an operator" : `${command.signed_by.length} operators`}</span>}
      </div>
      {output.text === "" ? <p className={styles.quiet}>{output.error ?? (stateEntry(command.state).isOpen ? "Nothing was written yet." : "It wrote nothing.")}</p> : <pre className={styles.output} tabIndex={0} aria-label="What it wrote">{output.text}</pre>}
      {command.is_cut && <p className={styles.quiet}>{`It wrote more than ${bytes(command.output_bytes)}: the rest was not kept.`}</p>}
    </section>
  );
}
