// The audit log, newest records first.
import { request } from "./request";
import type { AuditView } from "./wire";

export const AUDIT_EXPORT_PATH = "/api/v2/audit/export";

/** Whole names; an empty one means all. */
export interface AuditQuestion {
  actor: string;
  action: string;
}

export function fetchAudit({ actor, action }: AuditQuestion, before: number | null, limit: number, signal?: AbortSignal) {
  const query = new URLSearchParams({ limit: String(limit) });
  if (before !== null) query.set("before", String(before));
  if (actor !== "") query.set("actor", actor);
  if (action !== "") query.set("action", action);
  return request<AuditView>("GET", `/api/v2/audit?${query.toString()}`, undefined, signal);
}
