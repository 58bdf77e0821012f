// How many machines are how; each tile filters the table, and again shows all.
import type { ReactNode } from "react";
import { mayEnroll } from "../api/permissions";
import { count } from "../format/quantities";
import { Age } from "../live/Age";
import type { FleetState } from "../live/fleetState";
import { MEANING, PRESENCES } from "../presence/presence";
import { PresenceMark } from "../presence/PresenceMark";
import { Button } from "../shell/Button";
import { useOpenOverlay } from "../shell/overlays";
import { useSignedIn } from "../shell/signedIn";
import { hasWord, toggleWord } from "./filter";
import { showFilter } from "./fleetAddress";
import styles from "./PresenceTiles.module.css";

export function PresenceTiles({ fleet, filterText }: { fleet: Readonly<FleetState>; filterText: string }) {
  const { tally } = fleet;
  return (
    <div className={styles.line}>
      <div className={styles.tiles} role="group" aria-label="Filter by presence">
        {PRESENCES.map((presence) => (
          <Tile key={presence} word={`is:${presence}`} filterText={filterText} value={tally.presence[presence]} label={presence} title={MEANING[presence]}>
            <PresenceMark presence={presence} label={false} />
          </Tile>
        ))}
        <Tile word="is:alarm" filterText={filterText} value={tally.alarmed} label={tally.alarmed === 1 ? "alarm" : "alarms"} title="Machines with a value out of bounds">
          <span className={styles.alarm} aria-hidden="true">▲</span>
        </Tile>
      </div>
      <LastReport fleet={fleet} />
    </div>
  );
}

interface TileProps {
  word: string;
  filterText: string;
  value: number;
  label: string;
  title: string;
  children: ReactNode;
}

function Tile({ word, filterText, value, label, title, children }: TileProps) {
  return (
    <button type="button" className={`${styles.tile} ${value === 0 ? styles.zero : ""}`} title={title}
      aria-pressed={hasWord(filterText, word)} onClick={() => showFilter(toggleWord(filterText, word, true))} data-testid={`tile-${word}`}>
      {children}
      <strong>{count(value)}</strong> <span>{label}</span>
    </button>
  );
}

function LastReport({ fleet }: { fleet: Readonly<FleetState> }) {
  const { user } = useSignedIn();
  const open = useOpenOverlay();
  return (
    <div className={styles.aside}>
      {fleet.newestReport !== null && <span className={styles.last}>last report <Age since={fleet.newestReport} suffix=" ago" /></span>}
      {mayEnroll(user) && <Button onClick={() => open("add-machine")}>Add a machine</Button>}
    </div>
  );
}
