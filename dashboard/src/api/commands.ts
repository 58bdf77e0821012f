// Commands to machines: asked for, shown before they are sent, followed, called off.
import { request } from "./request";

export type CommandState = "queued" | "leased" | "started" | "succeeded" | "failed" | "timed_out" | "expired" | "cancelled" | "unknown";
export type CommandClass = "safe" | "dangerous";
export type Args = Record<string, unknown>;

export interface TargetsRequest {
  machines?: string[];
  tags?: string[];
  filter?: string | null;
}

export interface BatchRequest {
  targets: TargetsRequest;
  action: string;
  args: Args;
  reason?: string;
  expected_targets?: number;
  batch_id?: string;
  signed?: SignedDraft[];
}

/** A command's bytes and an operator's signature over them, both base64. */
export interface SignedDraft {
  payload: string;
  kid: string;
  sig: string;
}

export interface TargetView {
  machine_id: string;
  name: string;
  presence: string;
  /** What an operator signs, base64; an agent of 2.0 has none. */
  payload?: string | null;
}

export interface PreviewView {
  batch_id: string;
  action: string;
  args: Args;
  class: CommandClass;
  not_before: string;
  not_after: string;
  targets: TargetView[];
  skipped: { machine_id: string; code: string; message: string }[];
  needs_signature: boolean;
}

export interface CommandView {
  command_id: string;
  batch_id: string;
  machine_id: string;
  action: string;
  args: Args;
  class: CommandClass;
  state: CommandState;
  by: string;
  reason: string;
  created_at: string;
  not_after: string;
  deliveries: number;
  started_at?: string | null;
  settled_at?: string | null;
  cancelled_by?: string | null;
  code?: string | null;
  message?: string | null;
  exit_code?: number | null;
  output_bytes: number;
  is_cut: boolean;
  signed_by: string[];
}

export interface BatchView {
  batch_id: string;
  action: string;
  args: Args;
  class: CommandClass;
  by: string;
  reason: string;
  created_at: string;
  not_before: string;
  not_after: string;
  states: Partial<Record<CommandState, number>>;
  commands: CommandView[];
}

export interface OutputView {
  offset: number;
  next_offset: number;
  is_complete: boolean;
  /** Base64; a piece may end within a character. */
  bytes: string;
}

export interface ScriptView {
  script_id: string;
  version: number;
  sha256: string;
  bytes: number;
  description: string;
  by: string;
  created_at: string;
  content?: string | null;
}

const PATH = "/api/v2/commands";
const one = (id: string) => `${PATH}/${encodeURIComponent(id)}`;

/** What would be sent, and to whom; nothing is. */
export const previewCommand = (asked: BatchRequest, signal?: AbortSignal) => request<PreviewView>("POST", PATH, { ...asked, dry_run: true }, signal);

export const sendCommand = (asked: BatchRequest) => request<BatchView>("POST", PATH, asked);

/** The newest first. */
export const fetchCommands = (query: Record<string, string>, signal?: AbortSignal) =>
  request<{ commands: CommandView[] }>("GET", `${PATH}?${new URLSearchParams(query).toString()}`, undefined, signal);

export const fetchBatch = (id: string, signal?: AbortSignal) => request<BatchView>("GET", `/api/v2/batches/${encodeURIComponent(id)}`, undefined, signal);

export const fetchOutput = (id: string, offset: number, signal?: AbortSignal) => request<OutputView>("GET", `${one(id)}/output?offset=${offset}`, undefined, signal);

/** The id of a command or of a batch. */
export const cancelCommand = (id: string) => request<unknown>("POST", `${one(id)}/cancel`);

export const fetchScripts = (signal?: AbortSignal) => request<{ scripts: ScriptView[] }>("GET", "/api/v2/scripts", undefined, signal);

export const fetchScript = (id: string, version: number, signal?: AbortSignal) =>
  request<ScriptView>("GET", `/api/v2/scripts/${encodeURIComponent(id)}?version=${version}`, undefined, signal);

export const keepScript = (script: { script_id: string; description: string; content: string }) => request<ScriptView>("POST", "/api/v2/scripts", script);
