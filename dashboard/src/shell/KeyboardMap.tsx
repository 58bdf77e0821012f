// Every key that does something.
import { Dialog } from "./Dialog";
import styles from "./KeyboardMap.module.css";

const MAP: readonly (readonly [readonly string[], string])[] = [
  [["⌘ K", "Ctrl K"], "Find a machine, or do something"],
  [["/"], "Filter the fleet"],
  [["j", "k"], "Next machine, previous machine"],
  [["Enter"], "Open the machine"],
  [["x"], "Select the machine, to do something to many at once"],
  [["r"], "Run a command on what is selected, or on this machine"],
  [["g"], "Back to the fleet"],
  [["1", "5"], "Charts: from 15 minutes to 30 days"],
  [["Esc"], "Close, or leave the field"],
  [["?"], "This map"],
];

export function KeyboardMap({ onClose }: { onClose: () => void }) {
  return (
    <Dialog title="Keyboard" onClose={onClose}>
      <dl className={styles.map}>
        {MAP.map(([keys, meaning]) => (
          <div key={meaning}>
            <dt>{keys.map((key) => <kbd key={key}>{key}</kbd>)}</dt>
            <dd>{meaning}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}
