// Search, tag and order. All three are in the address: copy it and send it.
import { useRef, useState } from "react";
import type { FleetState } from "../live/fleetState";
import { useKeys } from "../shell/useKeys";
import { filterWord, hasWord, splitWords, toggleWord } from "./filter";
import { showFilter, showSort } from "./fleetAddress";
import styles from "./FilterBar.module.css";
import { SORT_LABEL, type Sort, type SortKey } from "./sort";

interface FilterBarProps {
  fleet: Readonly<FleetState>;
  filterText: string;
  complaint: string | null;
  sort: Sort;
}

export function FilterBar({ fleet, filterText, complaint, sort }: FilterBarProps) {
  const field = useRef<HTMLInputElement>(null);
  useKeys({ "/": () => field.current?.select() });
  return (
    <div className={styles.bar} role="search">
      <FilterField filterText={filterText} field={field} describedBy={complaint === null ? undefined : "filter-complaint"} />
      <TagSelect tags={fleet.tally.tags} filterText={filterText} />
      <select className={styles.select} aria-label="Order" value={sort.key} onChange={(event) => showSort(event.target.value as SortKey)}>
        {Object.entries(SORT_LABEL).map(([key, label]) => (
          <option key={key} value={key}>{label}</option>
        ))}
      </select>
      {complaint !== null && <p id="filter-complaint" role="alert" className={styles.complaint}>{complaint}</p>}
    </div>
  );
}

interface FilterFieldProps {
  filterText: string;
  field: React.RefObject<HTMLInputElement | null>;
  describedBy: string | undefined;
}

function FilterField({ filterText, field, describedBy }: FilterFieldProps) {
  // The address trims what is typed; the field must not.
  const [typed, setTyped] = useState(filterText);
  const [seen, setSeen] = useState(filterText);
  if (seen !== filterText) {
    setSeen(filterText);
    if (typed.trim() !== filterText) setTyped(filterText);
  }

  function type(text: string) {
    setTyped(text);
    showFilter(text.trim());
  }

  return (
    <div className={styles.field}>
      <svg viewBox="0 0 16 16" aria-hidden="true"><path d="M2 4h12M4.5 8h7M7 12h2" /></svg>
      <input ref={field} type="text" aria-label="Filter" aria-describedby={describedBy} spellCheck={false} autoCapitalize="none" autoComplete="off"
        placeholder="Filter: name, tag:ci, os:linux, disk>85" value={typed} onChange={(event) => type(event.target.value)}
        onKeyDown={(event) => event.key === "Escape" && field.current?.blur()} />
      {typed === "" ? <kbd>/</kbd> : <button type="button" aria-label="Clear the filter" onClick={() => type("")}>✕</button>}
    </div>
  );
}

const TAGS_MAX = 200;

function TagSelect({ tags, filterText }: { tags: ReadonlyMap<string, number>; filterText: string }) {
  const names = [...tags.keys()].toSorted().slice(0, TAGS_MAX);
  if (names.length === 0) return null;
  const chosen = names.find((tag) => hasWord(filterText, filterWord("tag", tag))) ?? "";

  function choose(tag: string) {
    if (tag !== "") showFilter(toggleWord(filterText, filterWord("tag", tag), true));
    else showFilter(splitWords(filterText).filter((word) => !word.startsWith("tag:")).join(" "));
  }

  return (
    <select className={styles.select} aria-label="Tag" value={chosen} onChange={(event) => choose(event.target.value)}>
      <option value="">all tags</option>
      {names.map((tag) => <option key={tag} value={tag}>{`${tag} (${tags.get(tag) ?? 0})`}</option>)}
    </select>
  );
}
