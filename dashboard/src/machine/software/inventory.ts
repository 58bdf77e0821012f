// What is installed: the section `software`, and looking for something in it. The wire's shape ends here.
import { numberIn, objectIn, objectsIn, textIn } from "../untrusted";

export interface Program {
  name: string;
  version: string | null;
  source: string | null;
  path: string | null;
}

export interface Inventory {
  total: number | null;
  programs: Program[];
  isCut: boolean;
}

export function readInventory(value: unknown): Inventory {
  const section = objectIn(value);
  return {
    total: numberIn(section.total),
    programs: objectsIn(section.programs).map((each) => ({ name: textIn(each.name) ?? "?", version: textIn(each.version), source: textIn(each.source), path: textIn(each.path) })),
    isCut: section.is_cut === true,
  };
}

/** Those whose name or version has every word that was typed. */
export function programsWith(programs: readonly Program[], typed: string): readonly Program[] {
  const words = typed.toLowerCase().split(/\s+/).filter((word) => word !== "");
  if (words.length === 0) return programs;
  return programs.filter(({ name, version }) => words.every((word) => `${name} ${version ?? ""}`.toLowerCase().includes(word)));
}
