// The router: the browser's address is the state, this file lets React read it.
// Three pages don't need a library.
import { useSyncExternalStore } from "react";

const CHANGED = "atlas:navigated";

function subscribe(listener: () => void): () => void {
  window.addEventListener("popstate", listener);
  window.addEventListener(CHANGED, listener);
  return () => {
    window.removeEventListener("popstate", listener);
    window.removeEventListener(CHANGED, listener);
  };
}

export function usePath(): string {
  return useSyncExternalStore(subscribe, () => window.location.pathname);
}

export function useSearch(): string {
  return useSyncExternalStore(subscribe, () => window.location.search);
}

export function navigate(to: string, how: "push" | "replace" = "push"): void {
  const { pathname, search } = window.location;
  if (to === pathname + search) return;
  if (how === "push") window.history.pushState(null, "", to);
  else window.history.replaceState(null, "", to);
  window.dispatchEvent(new Event(CHANGED));
  // Another page begins at its top; another filter or range stays where it is.
  if (how === "push" && window.location.pathname !== pathname) window.scrollTo(0, 0);
}

/** Changes some of the address's parameters and keeps the rest; null removes one. */
export function changeSearch(changes: Record<string, string | null>, how: "push" | "replace" = "replace"): void {
  const search = new URLSearchParams(window.location.search);
  for (const [name, value] of Object.entries(changes)) {
    if (value === null || value === "") search.delete(name);
    else search.set(name, value);
  }
  const text = search.toString();
  navigate(window.location.pathname + (text === "" ? "" : `?${text}`), how);
}
