// Who is signed in, and proving it. The cookie is out of reach of this code, by design.
import type { MethodsView, MeView } from "./wire";
import { request } from "./request";

/** `code` from the authenticator app, or a recovery code, when the server asked for one. */
export async function signIn(username: string, password: string, code?: string): Promise<MeView> {
  await request<unknown>("POST", "/api/auth/login", { username, password, ...(code === undefined ? {} : { code }) });
  // The answer to a sign-in is short; what this user may do is asked for.
  return currentUser();
}

export const signOut = () => request<unknown>("POST", "/api/auth/logout");

export const currentUser = (signal?: AbortSignal) => request<MeView>("GET", "/api/auth/me", undefined, signal);

/** How people sign in here. */
export const fetchMethods = (signal?: AbortSignal) => request<MethodsView>("GET", "/api/auth/methods", undefined, signal);

/** Proves again who is signed in; for some minutes the dangerous routes then answer. */
export const reauthenticate = (password: string, code?: string) =>
  request<unknown>("POST", "/api/v2/me/reauthenticate", { password, ...(code === undefined ? {} : { code }) });
