// What the signed-in user may do. The server decides; this only spares people buttons
// that would be refused.
import type { MeView, Scope } from "./wire";

export const scopesOf = (user: MeView): readonly Scope[] => user.scopes;

export const may = (user: MeView, scope: Scope): boolean => scopesOf(user).includes(scope);

export const mayTag = (user: MeView) => may(user, "machines:write");
export const mayForget = (user: MeView) => may(user, "machines:write");
export const mayEnroll = (user: MeView) => may(user, "enrol:admin");
export const mayRun = (user: MeView) => may(user, "commands:run:safe");
export const mayRunDangerous = (user: MeView) => may(user, "commands:run:dangerous");
