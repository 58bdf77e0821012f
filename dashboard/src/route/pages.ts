// Every page the dashboard has, and the address of each.

export type Page =
  | { name: "fleet" }
  | { name: "sign-in" }
  | { name: "machine"; id: string }
  | { name: "unknown" };

export const FLEET_PATH = "/";
export const SIGN_IN_PATH = "/login";
export const machinePath = (id: string) => `/machine/${encodeURIComponent(id)}`;

export function pageAt(path: string): Page {
  if (path === "/" || path === "/dashboard") return { name: "fleet" };
  if (path === SIGN_IN_PATH) return { name: "sign-in" };
  const id = /^\/machine\/([^/]+)$/.exec(path)?.[1];
  if (id === undefined) return { name: "unknown" };
  try {
    return { name: "machine", id: decodeURIComponent(id) };
  } catch {
    return { name: "unknown" }; // a lone % in the address
  }
}

/** Where to go after signing in: only ever a page of our own. */
export function pathAfterSignIn(search: string): string {
  const next = new URLSearchParams(search).get("next") ?? FLEET_PATH;
  const path = next.split("?")[0] ?? FLEET_PATH;
  const page = pageAt(path);
  return page.name === "fleet" || page.name === "machine" ? next : FLEET_PATH;
}
