// Every page the dashboard has, and the address of each.

import { pathPart } from "./pathPart";

export type Page =
  | { name: "fleet" }
  | { name: "sign-in" }
  | { name: "proved" }
  | { name: "machine"; id: string }
  | { name: "network" }
  | { name: "commands" }
  | { name: "compose" }
  | { name: "scripts" }
  | { name: "batch"; id: string }
  | { name: "settings"; section: SettingsSection }
  | { name: "unknown" };

export const SETTINGS_SECTIONS = ["account", "users", "keys", "enrolment", "audit", "certificate"] as const;
export type SettingsSection = (typeof SETTINGS_SECTIONS)[number];

export const FLEET_PATH = "/";
export const SIGN_IN_PATH = "/login";
export const machinePath = (id: string) => `/machine/${pathPart(id)}`;
export const NETWORK_PATH = "/network";
export const COMMANDS_PATH = "/commands";
/** Which machines, what and why: in its parameters. */
export const composePath = `${COMMANDS_PATH}/new`;
export const SCRIPTS_PATH = `${COMMANDS_PATH}/scripts`;
export const batchPath = (id: string) => `${COMMANDS_PATH}/${pathPart(id)}`;
export const SETTINGS_PATH = "/settings";
export const settingsPath = (section: SettingsSection) => `${SETTINGS_PATH}/${section}`;

export function pageAt(path: string): Page {
  if (path === "/" || path === "/dashboard") return { name: "fleet" };
  if (path === SIGN_IN_PATH) return { name: "sign-in" };
  if (path === "/proved") return { name: "proved" };
  if (path === SETTINGS_PATH) return { name: "settings", section: "account" };
  const section = SETTINGS_SECTIONS.find((each) => path === settingsPath(each));
  if (section) return { name: "settings", section };
  if (path === NETWORK_PATH) return { name: "network" };
  if (path === COMMANDS_PATH) return { name: "commands" };
  if (path === composePath) return { name: "compose" };
  if (path === SCRIPTS_PATH) return { name: "scripts" };
  const [, name, written] = /^\/(machine|commands)\/([^/]+)$/.exec(path) ?? [];
  if (written === undefined) return { name: "unknown" };
  try {
    return { name: name === "machine" ? "machine" : "batch", id: decodeURIComponent(written) };
  } catch {
    return { name: "unknown" }; // a lone % in the address
  }
}

/** Where to go after signing in: only ever a page of our own. */
export function pathAfterSignIn(search: string): string {
  const next = new URLSearchParams(search).get("next") ?? FLEET_PATH;
  const path = next.split("?")[0] ?? FLEET_PATH;
  const page = pageAt(path);
  return page.name === "sign-in" || page.name === "proved" || page.name === "unknown" ? FLEET_PATH : next;
}
