// The fleet: verdict first, then the counts, then every machine, worst on top.
import { useDeferredValue, useEffect, useMemo } from "react";
import { useFleetTotals } from "../live/fleetStore";
import { EmptyFleet } from "./EmptyFleet";
import { FilterBar } from "./FilterBar";
import { parseFilter } from "./filter";
import { useFleetAddress } from "./fleetAddress";
import styles from "./FleetPage.module.css";
import { MachineTable } from "./MachineTable";
import { PresenceTiles } from "./PresenceTiles";
import { useSelection } from "./selection";
import { SelectionBar } from "./SelectionBar";
import { comparing } from "./sort";
import { VerdictLine } from "./VerdictLine";

export function FleetPage() {
  const fleet = useFleetTotals();
  const { filterText, sort } = useFleetAddress();
  const filter = useMemo(() => parseFilter(filterText), [filterText]);
  const rule = useMemo(() => ({ admit: filter.admit, compare: comparing(sort) }), [filter, sort]);
  // Typing stays quick while 10,000 rows are put in another order.
  const shownRule = useDeferredValue(rule);

  const selection = useSelection();

  const { offline } = fleet.tally.presence;
  useEffect(() => {
    document.title = offline > 0 ? `${offline} offline · ATLAS` : "Fleet · ATLAS";
  }, [offline]);

  if (fleet.complete && fleet.tally.total === 0) return <EmptyFleet />;
  return (
    <>
      <h1 className="visually-hidden">Fleet</h1>
      <div className={`${styles.summary} live`}>
        <VerdictLine fleet={fleet} />
        <PresenceTiles fleet={fleet} filterText={filterText} />
      </div>
      <FilterBar fleet={fleet} filterText={filterText} complaint={filter.complaint} sort={sort} />
      <MachineTable rule={shownRule} sort={sort} filterText={filterText} selection={selection} />
      {selection.ids.size > 0 && <SelectionBar selection={selection} />}
    </>
  );
}
