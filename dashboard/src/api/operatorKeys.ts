// Operators' public keys, one's own.
import { request } from "./request";
import type { OperatorKeyView } from "./wire";

const PATH = "/api/v2/me/operator-keys";

export const fetchOperatorKeys = (signal?: AbortSignal) => request<{ keys: OperatorKeyView[] }>("GET", PATH, undefined, signal);

export const registerOperatorKey = (key: { name: string; public_key: string }) => request<OperatorKeyView>("POST", PATH, key);

export const removeOperatorKey = (id: string) => request<unknown>("DELETE", `${PATH}/${encodeURIComponent(id)}`);
