// How machines come to the fleet, and which agents are in it.
import type { EnrolledAgentsView, RotationView, OpenTokenView } from "./wire";
import { request } from "./request";
import type { TokenView } from "./wire";

export const issueToken = (max_uses = 1, ttl_s = 3600) => request<TokenView>("POST", "/api/v2/tokens", { max_uses, ttl_s });

export const fetchTokens = (signal?: AbortSignal) => request<{ tokens: OpenTokenView[] }>("GET", "/api/v2/tokens", undefined, signal);

export const revokeToken = (id: string) => request<unknown>("DELETE", `/api/v2/tokens/${encodeURIComponent(id)}`);

export const fetchAgents = (signal?: AbortSignal) => request<EnrolledAgentsView>("GET", "/api/v2/agents", undefined, signal);

export const approveAgent = (id: string) => request<unknown>("POST", `/api/v2/agents/${encodeURIComponent(id)}/approve`);

/** Also refuses an agent that waits. */
export const revokeAgent = (id: string) => request<unknown>("DELETE", `/api/v2/agents/${encodeURIComponent(id)}`);

export const fetchRotation = (signal?: AbortSignal) => request<RotationView>("GET", "/api/v2/agents/rotation", undefined, signal);

export const rotateKeys = (emergency: boolean) => request<unknown>("POST", "/api/v2/agents/rotation", { emergency });
