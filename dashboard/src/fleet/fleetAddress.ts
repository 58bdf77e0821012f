// What the fleet page keeps in the address: ?q= the filter, ?sort= and ?dir=.
import { useMemo } from "react";
import { changeSearch, useSearch } from "../route/location";
import { FIRST_DIRECTION, parseSort, type Sort, type SortKey } from "./sort";

export interface FleetAddress {
  filterText: string;
  sort: Sort;
}

export function useFleetAddress(): FleetAddress {
  const search = useSearch();
  return useMemo(() => {
    const params = new URLSearchParams(search);
    return { filterText: params.get("q") ?? "", sort: parseSort(params.get("sort"), params.get("dir")) };
  }, [search]);
}

export const showFilter = (text: string) => changeSearch({ q: text });

export function showSort(key: SortKey, direction = FIRST_DIRECTION[key]): void {
  changeSearch({
    sort: key === "worst" ? null : key,
    dir: direction === FIRST_DIRECTION[key] ? null : direction,
  });
}
