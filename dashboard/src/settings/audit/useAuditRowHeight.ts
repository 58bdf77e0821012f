// A record has one line on a desk and three on a phone.
import { useSyncExternalStore } from "react";

const phone = window.matchMedia("(max-width: 720px)");
const DESK_PX = 40;
const PHONE_PX = 84;

function subscribe(listener: () => void): () => void {
  phone.addEventListener("change", listener);
  return () => phone.removeEventListener("change", listener);
}

export const useAuditRowHeight = () => useSyncExternalStore(subscribe, () => (phone.matches ? PHONE_PX : DESK_PX));
