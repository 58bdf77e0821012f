// Shapes agreed with the server whose OpenAPI document doesn't have them yet. As soon as
// it does, they come from schema.d.ts, and this file goes.
import type { UserView } from "./wire";

export type Scope =
  | "machines:read" | "machines:write" | "metrics:read" | "commands:read" | "commands:run:safe" | "commands:run:dangerous"
  | "alerts:write" | "users:admin" | "keys:admin" | "audit:read" | "enrol:admin" | "server:admin";

export type Role = UserView["role"];

export interface MeView {
  username: string;
  role: Role;
  scopes?: Scope[];
  has_totp?: boolean;
  must_change_password?: boolean;
}

export interface SessionView {
  id: string;
  created_at: string;
  last_seen: string;
  address: string | null;
  user_agent: string | null;
  is_this: boolean;
}

export interface TotpSetupView {
  secret: string;
  otpauth_uri: string;
  qr_svg: string;
}

export interface AccountView {
  username: string;
  role: Role;
  created_at: string | null;
  last_sign_in: string | null;
  is_active: boolean;
  has_totp: boolean;
  is_locked: boolean;
  hash: "bcrypt" | "wrapped" | "wrapped_unsalted";
}

export interface KeyView {
  id: string;
  name: string;
  scopes: Scope[];
  created_by: string;
  created_at: string;
  expires_at: string;
  last_used: string | null;
}

export interface TokenListView {
  id: string;
  uses_left: number;
  uses_max: number;
  expires_at: string;
  created_at: string | null;
  created_by: string | null;
}

export interface AgentsView {
  agents: AgentView[];
  /** How many machines still report as agents of 1.x or 2.0 do. */
  legacy_machines?: number;
}

export interface AgentView {
  agent_id: string;
  machine_id: string;
  state: "active" | "pending" | "revoked";
  epoch: number;
  key_state: "active" | "rotating" | "overdue";
  created_at: string | null;
  last_report: string | null;
  possible_duplicate: boolean;
  legacy: boolean;
}

export interface RotationView {
  generation: number;
  started_at: string | null;
  moved: number;
  waiting: number;
  retiring_until: string | null;
}
