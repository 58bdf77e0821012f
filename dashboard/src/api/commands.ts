// Commands to machines: asked for, shown before they are sent, followed, called off.
import { request } from "./request";
import type { components } from "./schema";

type Schemas = components["schemas"];

/** Its words come from closed sets, and arguments from the action: the document doesn't say so. */
export type CommandState = "queued" | "leased" | "started" | "succeeded" | "failed" | "timed_out" | "expired" | "cancelled" | "unknown";
export type CommandClass = "safe" | "dangerous";
export type Args = Record<string, unknown>;
interface Said {
  args: Args;
  class: CommandClass;
}

export type WavesRequest = Schemas["WavesRequest"];
export type SignedDraft = Schemas["SignedDraft"];
export type TargetView = Schemas["TargetView"];
export type OutputView = Schemas["OutputView"];
export type ScriptView = Schemas["ScriptView"];
export type BatchRequest = Omit<Schemas["BatchRequest"], "args" | "targets"> & { args: Args; targets: Partial<Schemas["TargetsRequest"]> };
export type PreviewView = Omit<Schemas["PreviewView"], keyof Said> & Said;
export type CommandView = Omit<Schemas["BatchCommandView"], keyof Said | "state"> & Said & { state: CommandState };
export type BatchView = Omit<Schemas["BatchView"], keyof Said | "states" | "commands"> & Said & { states: Partial<Record<CommandState, number>>; commands: CommandView[] };

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

/** Another operator adds a signature to each command that waits for it. */
export const addSignatures = (batch: string, signed: SignedDraft[]) => request<unknown>("POST", `/api/v2/batches/${encodeURIComponent(batch)}/signatures`, { signed });
