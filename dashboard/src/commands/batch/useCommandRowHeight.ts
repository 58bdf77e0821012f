// A command has one line on a desk and two on a phone.
import { useSyncExternalStore } from "react";

const phone = window.matchMedia("(max-width: 720px)");
const DESK_PX = 40;
const PHONE_PX = 66;

function subscribe(listener: () => void): () => void {
  phone.addEventListener("change", listener);
  return () => phone.removeEventListener("change", listener);
}

export const useCommandRowHeight = () => useSyncExternalStore(subscribe, () => (phone.matches ? PHONE_PX : DESK_PX));
