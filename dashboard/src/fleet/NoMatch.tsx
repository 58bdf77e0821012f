// An empty table is either still arriving or filtered empty; it says which.
import { useFleetTotals } from "../live/fleetStore";
import { Button } from "../shell/Button";
import { showFilter } from "./fleetAddress";
import styles from "./NoMatch.module.css";

const SKELETON_ROWS = 12;

export function NoMatch({ filterText }: { filterText: string }) {
  const { complete } = useFleetTotals();
  if (!complete) return <div className={styles.skeleton} aria-hidden="true">{Array.from({ length: SKELETON_ROWS }, (_, row) => <span key={row} />)}</div>;
  return (
    <div className={styles.none}>
      <p>No machine matches <strong>{filterText}</strong></p>
      <Button onClick={() => showFilter("")}>Show all machines</Button>
    </div>
  );
}
