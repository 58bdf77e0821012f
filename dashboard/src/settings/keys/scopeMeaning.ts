// What each scope allows, in words.
import type { Scope } from "../../api/wire";

export const SCOPE_MEANING: Record<Scope, string> = {
  "machines:read": "see machines and how they are",
  "machines:write": "tag and forget machines",
  "metrics:read": "read history",
  "commands:read": "see commands and their results",
  "commands:run:safe": "run harmless commands",
  "commands:run:dangerous": "run any command",
  "alerts:write": "change alert rules and silences",
  "users:admin": "change users",
  "keys:admin": "make and revoke keys",
  "audit:read": "read the audit log",
  "enrol:admin": "add machines, approve and revoke agents",
  "server:admin": "look after the server itself",
};
