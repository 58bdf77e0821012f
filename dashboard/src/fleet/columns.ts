// The table's columns, for its head, its rows and its screen-reader semantics alike.
import type { SortKey } from "./sort";

export interface Column {
  key: "presence" | "name" | "system" | "tags" | "cpu" | "memory" | "disk" | "network" | "report";
  label: string;
  sort: SortKey | null;
  /** Numbers stand on the right. */
  number: boolean;
}

export const COLUMNS: readonly Column[] = [
  { key: "presence", label: "Presence", sort: "worst", number: false },
  { key: "name", label: "Machine", sort: "name", number: false },
  { key: "system", label: "System", sort: "system", number: false },
  { key: "tags", label: "Tags", sort: null, number: false },
  { key: "cpu", label: "CPU", sort: "cpu", number: true },
  { key: "memory", label: "Memory", sort: "memory", number: true },
  { key: "disk", label: "Disk", sort: "disk", number: true },
  { key: "network", label: "Network", sort: "network", number: true },
  { key: "report", label: "Last report", sort: "report", number: true },
];

export const columnIndex = (key: Column["key"]) => COLUMNS.findIndex((column) => column.key === key) + 1;
