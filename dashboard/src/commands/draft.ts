// A command that is being composed, handed from one page to another: picked machines may be
// thousands, too many for an address. It lives as long as the browser's tab.
import type { Args } from "../api/commands";
import { composePath } from "../route/pages";

export interface Draft {
  machines: string[];
  action?: string;
  args?: Args;
  reason?: string;
}

const KEY = "atlas:command-draft";
/** Fewer fit into the address, which can then be sent and opened again. */
const IN_ADDRESS_MAX = 20;

/** Where to compose this draft. */
export function composeAddress(draft: Draft): string {
  if (draft.action === undefined && draft.machines.length <= IN_ADDRESS_MAX) {
    return `${composePath}?${new URLSearchParams(draft.machines.map((id) => ["machine", id])).toString()}`;
  }
  try {
    window.sessionStorage.setItem(KEY, JSON.stringify(draft));
  } catch {
    // A browser that keeps nothing: the page then begins empty.
  }
  return `${composePath}?draft=1`;
}

export function readDraft(search: string): Draft {
  const params = new URLSearchParams(search);
  const kept = params.has("draft") ? keptDraft() : null;
  return kept ?? { machines: params.getAll("machine"), ...(params.has("action") ? { action: params.get("action") ?? "" } : {}) };
}

function keptDraft(): Draft | null {
  try {
    const draft: unknown = JSON.parse(window.sessionStorage.getItem(KEY) ?? "null");
    return typeof draft === "object" && draft !== null && "machines" in draft && Array.isArray(draft.machines) ? (draft as Draft) : null;
  } catch {
    return null;
  }
}
