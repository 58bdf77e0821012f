// The parts of the settings, in their order, and the scope each needs.
import type { MeView, Scope } from "../api/wire";
import { may } from "../api/permissions";
import type { SettingsSection } from "../route/pages";

export interface SectionEntry {
  section: SettingsSection;
  title: string;
  /** Null: everybody has it. */
  scope: Scope | null;
}

export const SECTIONS: readonly SectionEntry[] = [
  { section: "account", title: "My account", scope: null },
  { section: "users", title: "Users", scope: "users:admin" },
  { section: "keys", title: "API keys", scope: "keys:admin" },
  { section: "enrolment", title: "Enrolment", scope: "enrol:admin" },
  { section: "audit", title: "Audit log", scope: "audit:read" },
  { section: "certificate", title: "Certificate", scope: "server:admin" },
];

export const sectionsFor = (user: MeView) => SECTIONS.filter(({ scope }) => scope === null || may(user, scope));
