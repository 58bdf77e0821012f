// How well a machine is protected: the section `posture`. The wire's shape ends here.
import { reasonWords } from "../report";
import { booleanIn, type Json, numberIn, objectIn, textIn } from "../untrusted";

export interface Guard {
  label: string;
  /** Null: not known, or nothing that this system has. */
  isOn: boolean | null;
  /** By what, or why it isn't known. */
  detail: string | null;
}

export interface Posture {
  score: number | null;
  guards: Guard[];
  xprotectVersion: string | null;
}

/** Below this the page says that it stands out. */
export const POSTURE_LOW = 60;

const GUARDS: readonly (readonly [field: string, label: string, by: string | null])[] = [
  ["disk_encrypted", "Disk encrypted", "disk_encryption"],
  ["firewall_enabled", "Firewall", "firewall"],
  ["auto_updates_enabled", "Installs updates by itself", null],
  ["screen_lock_enabled", "Idle screen asks for the password", null],
  ["secure_boot_enabled", "Only signed systems start", null],
  ["sip_enabled", "System protects its files (SIP)", null],
  ["gatekeeper_enabled", "Unsigned programs are stopped (Gatekeeper)", null],
];

/** What is off first; what this system doesn't have is left out. */
export function readPosture(value: unknown): Posture {
  const section = objectIn(value);
  const reasons = objectIn(section.unavailable);
  const guards = GUARDS.map(([field, label, by]) => guardOf(section, reasons, field, label, by)).filter((guard) => guard !== null);
  const rank = (guard: Guard) => (guard.isOn === false ? 0 : guard.isOn === null ? 2 : 1);
  return { score: numberIn(section.security_score), guards: guards.toSorted((a, b) => rank(a) - rank(b)), xprotectVersion: textIn(section.xprotect_version) };
}

function guardOf(section: Json, reasons: Json, field: string, label: string, by: string | null): Guard | null {
  const isOn = booleanIn(section[field]);
  if (isOn !== null) return { label, isOn, detail: by === null ? null : textIn(section[by]) };
  const reason = Object.hasOwn(reasons, field) ? textIn(reasons[field]) : null;
  return reason === null || reason === "unsupported" ? null : { label, isOn, detail: reasonWords(reason) };
}
