// Rows have one line on a desk and two on a phone; the height is the token's.
import { useSyncExternalStore } from "react";

const phone = window.matchMedia("(max-width: 720px)");
const DESK_PX = 36;
const PHONE_PX = 60;

function subscribe(listener: () => void): () => void {
  phone.addEventListener("change", listener);
  return () => phone.removeEventListener("change", listener);
}

export function useRowHeight(): number {
  return useSyncExternalStore(subscribe, () => (phone.matches ? PHONE_PX : DESK_PX));
}
