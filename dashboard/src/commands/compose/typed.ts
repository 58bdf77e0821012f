// What has been typed so far while a command is composed.
import type { Draft } from "../draft";
import { ALL_AT_ONCE, type TypedWaves } from "./waves";

export interface Typed {
  picked: readonly string[];
  filterText: string;
  action: string;
  /** Of the action's arguments, as they were typed. */
  fields: Readonly<Record<string, string>>;
  reason: string;
  waves: TypedWaves;
}

export function typedFrom(draft: Draft): Typed {
  return { picked: draft.machines, filterText: "", action: draft.action ?? "", fields: fieldsFrom(draft), reason: draft.reason ?? "", waves: ALL_AT_ONCE };
}

function fieldsFrom({ args = {} }: Draft): Record<string, string> {
  const fields: Record<string, string> = {};
  for (const [name, value] of Object.entries(args)) {
    if (Array.isArray(value)) fields[name] = value.map(String).join("\n");
    else if (typeof value === "string" || typeof value === "number") fields[name] = String(value);
  }
  if ("script_id" in args) fields.script = ["script_id", "version", "sha256"].map((name) => fields[name] ?? "").join(" ");
  return fields;
}
