// One's own account: password, sessions, second factor.
import type { SessionView, TotpView } from "./wire";
import { request } from "./request";

export const changePassword = (current_password: string, new_password: string) =>
  request<unknown>("POST", "/api/v2/me/password", { current_password, new_password });

export const fetchSessions = (signal?: AbortSignal) =>
  request<{ sessions: SessionView[] }>("GET", "/api/v2/me/sessions", undefined, signal);

export const endSession = (id: string) => request<unknown>("DELETE", `/api/v2/me/sessions/${encodeURIComponent(id)}`);

export const beginTotp = () => request<TotpView>("POST", "/api/v2/me/totp");

export const confirmTotp = (code: string) => request<{ recovery_codes: string[] }>("POST", "/api/v2/me/totp/confirm", { code });

export const removeTotp = () => request<unknown>("DELETE", "/api/v2/me/totp");
