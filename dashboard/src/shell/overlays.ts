// What can lie over the page, and how anything below opens it.
import { createContext, useContext } from "react";

export type Overlay = "palette" | "keyboard-map" | "add-machine";

export const OpenOverlayContext = createContext<(overlay: Overlay) => void>(() => {});

export function useOpenOverlay(): (overlay: Overlay) => void {
  return useContext(OpenOverlayContext);
}
