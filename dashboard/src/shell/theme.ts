// Light, dark, or what the system says. Kept in this browser.
import { useSyncExternalStore } from "react";

export type Theme = "auto" | "light" | "dark";
export const THEMES: readonly Theme[] = ["auto", "light", "dark"];

const KEY = "atlas.theme";
const systemIsDark = window.matchMedia("(prefers-color-scheme: dark)");
const listeners = new Set<() => void>();
const colours = new Map<string, string>();

function stored(): Theme {
  try {
    const theme = window.localStorage.getItem(KEY);
    return theme === "light" || theme === "dark" ? theme : "auto";
  } catch {
    return "auto"; // storage may be forbidden
  }
}

let theme: Theme = stored();

/** What the first rows draw with: asked for while the page is empty and costs nothing. */
const DRAWN_FIRST = ["--text-3", "--amber"];

function show(): void {
  colours.clear();
  if (theme === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  DRAWN_FIRST.forEach(tokenColour);
  for (const listener of listeners) listener();
}

export function startTheme(): void {
  show();
  systemIsDark.addEventListener("change", show);
}

export function chooseTheme(next: Theme): void {
  theme = next;
  try {
    window.localStorage.setItem(KEY, next);
  } catch {
    // Then the choice lasts as long as the page.
  }
  show();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function useTheme(): Theme {
  return useSyncExternalStore(subscribe, () => theme);
}

/** Which of the two sets of colours is shown: for what is drawn on a canvas. */
export function useShownColours(): "light" | "dark" {
  return useSyncExternalStore(subscribe, () => {
    if (theme !== "auto") return theme;
    return systemIsDark.matches ? "dark" : "light";
  });
}

/** What a token stands for in the theme that is shown, for a canvas. */
export function tokenColour(name: string): string {
  // Asking the browser makes it reckon every style anew: once a theme is enough.
  const known = colours.get(name);
  if (known !== undefined) return known;
  const colour = getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  colours.set(name, colour);
  return colour;
}
