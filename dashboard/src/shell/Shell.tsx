// What every page behind the sign-in has: the bar on top, the state of the line to
// the server, and what can be opened over it by keyboard.
import { lazy, Suspense, useCallback, useEffect, useState, type ReactNode } from "react";
import { AddMachineDialog } from "../enroll/AddMachineDialog";
import { ConnectionBar } from "../live/ConnectionBar";
import { KeyboardMap } from "./KeyboardMap";
import { type Overlay, OpenOverlayContext } from "./overlays";
import { Palette } from "./Palette";
import styles from "./Shell.module.css";
import { TopBar } from "./TopBar";
import { useKeys } from "./useKeys";
import { useProof } from "./useProof";

const ProofDialog = lazy(() => import("./ProofDialog"));

export function Shell({ children }: { children: ReactNode }) {
  const [overlay, setOverlay] = useState<Overlay | null>(null);
  // A dialog tells of its closing a little late: by then another may be open.
  const close = useCallback((which: Overlay) => setOverlay((shown) => (shown === which ? null : shown)), []);

  const proof = useProof();

  useKeys({ "?": () => setOverlay("keyboard-map") });
  useEffect(() => {
    // ⌘K works even from within a field, so it doesn't go through useKeys.
    function press(event: KeyboardEvent) {
      if (event.key.toLowerCase() !== "k" || !(event.metaKey || event.ctrlKey)) return;
      event.preventDefault();
      setOverlay("palette");
    }
    document.addEventListener("keydown", press);
    return () => document.removeEventListener("keydown", press);
  }, []);

  return (
    <OpenOverlayContext value={setOverlay}>
      <a className={styles.skip} href="#content">Skip to the content</a>
      <div className={styles.top}>
        <ConnectionBar />
        <TopBar />
      </div>
      <main id="content" className={styles.main} tabIndex={-1}>{children}</main>
      {overlay === "palette" && <Palette onClose={() => close("palette")} />}
      {overlay === "keyboard-map" && <KeyboardMap onClose={() => close("keyboard-map")} />}
      {overlay === "add-machine" && <AddMachineDialog onClose={() => close("add-machine")} />}
      {proof && <Suspense fallback={null}><ProofDialog onDone={proof} /></Suspense>}
    </OpenOverlayContext>
  );
}
