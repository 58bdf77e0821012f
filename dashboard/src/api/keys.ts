// API keys: what programs sign in with.
import type { ApiKeyView, Scope } from "./wire";
import { request } from "./request";

export const fetchKeys = (signal?: AbortSignal) => request<{ keys: ApiKeyView[] }>("GET", "/api/v2/keys", undefined, signal);

/** The answer alone holds the key. */
export const addKey = (key: { name: string; scopes: readonly Scope[]; days: number }) =>
  request<{ id: string; key: string }>("POST", "/api/v2/keys", key);

export const revokeKey = (id: string) => request<unknown>("DELETE", `/api/v2/keys/${encodeURIComponent(id)}`);
