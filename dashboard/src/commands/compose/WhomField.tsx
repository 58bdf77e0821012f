// Which machines: those picked in the fleet, as chips, and those that a filter admits.
import { useFleetTotals } from "../../live/fleetStore";
import { Button } from "../../shell/Button";
import { Field } from "../../shell/Field";
import page from "../CommandsPage.module.css";
import styles from "./Compose.module.css";
import { type Targets, targetsSentence } from "./targets";
import type { Typed } from "./typed";

const CHIPS_MAX = 12;

interface WhomFieldProps {
  typed: Typed;
  targets: Targets;
  onChange: (part: Partial<Typed>) => void;
}

export function WhomField({ typed, targets, onChange }: WhomFieldProps) {
  const { machines } = useFleetTotals();
  const more = typed.picked.length - CHIPS_MAX;
  return (
    <section className={page.box} aria-labelledby="whom-title">
      <h2 id="whom-title">Which machines</h2>
      {typed.picked.length > 0 && (
        <div className={styles.chips}>
          {typed.picked.slice(0, CHIPS_MAX).map((id) => {
            const name = machines.get(id)?.name ?? id;
            return (
              <span key={id} className={styles.chip}>
                <span title={id}>{name}</span>
                <button type="button" aria-label={`Leave out ${name}`} onClick={() => onChange({ picked: typed.picked.filter((each) => each !== id) })}>✕</button>
              </span>
            );
          })}
          {more > 0 && <span>{`and ${more} more`}</span>}
          <Button tone="quiet" onClick={() => onChange({ picked: [] })}>Clear</Button>
        </div>
      )}
      <Field label={typed.picked.length > 0 ? "And those that this filter admits" : "A filter, as in the fleet"} name="filter" placeholder="is:online os:macos tag:studio disk>90" value={typed.filterText} spellCheck={false} autoCapitalize="none" autoComplete="off"
        onChange={(event) => onChange({ filterText: event.target.value })} />
      <p role="status" className={styles.count} data-testid="target-count">{targetsSentence(targets)}</p>
    </section>
  );
}
