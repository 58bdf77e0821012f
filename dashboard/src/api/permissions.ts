// What the signed-in user may do. The server decides; this only spares people buttons
// that would be refused.
import type { MeView, Role, Scope } from "./agreed";

const VIEWER: readonly Scope[] = ["machines:read", "metrics:read", "commands:read"];
const OPERATOR: readonly Scope[] = [...VIEWER, "machines:write", "commands:run:safe", "alerts:write"];
const ADMIN: readonly Scope[] = [...OPERATOR, "commands:run:dangerous", "users:admin", "keys:admin", "audit:read", "enrol:admin", "server:admin"];

/** For a server that names the role only. */
const OF_ROLE: Record<Role, readonly Scope[]> = { viewer: VIEWER, operator: OPERATOR, admin: ADMIN };

export const scopesOf = (user: MeView): readonly Scope[] => user.scopes ?? OF_ROLE[user.role];

export const may = (user: MeView, scope: Scope): boolean => scopesOf(user).includes(scope);

export const mayTag = (user: MeView) => may(user, "machines:write");
export const mayForget = (user: MeView) => may(user, "machines:write");
export const mayEnroll = (user: MeView) => may(user, "enrol:admin");
