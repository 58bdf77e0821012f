// What a machine can be asked to do: how each action is called, what it does, and what it
// needs to know. Never a line for a shell.
import type { Args, CommandClass } from "../api/commands";

export interface ArgField {
  name: string;
  label: string;
  kind: "text" | "number" | "list" | "script";
  hint?: string;
  min?: number;
  max?: number;
  initial?: string;
}

export interface ActionEntry {
  name: string;
  title: string;
  /** What the last button says before 'on 40 machines'. */
  deed: string;
  meaning: string;
  class: CommandClass;
  fields: readonly ArgField[];
}

export const ACTIONS: readonly ActionEntry[] = [
  { name: "collect_report", title: "Report now", deed: "Ask for a report", meaning: "Sends a fresh report at once.", class: "safe", fields: [] },
  { name: "restart_agent", title: "Restart the agent", deed: "Restart the agent", meaning: "Only ATLAS's own agent; the machine goes on.", class: "safe", fields: [] },
  { name: "clear_dns_cache", title: "Flush DNS", deed: "Flush DNS", meaning: "Forgets which names belong to which addresses.", class: "safe", fields: [] },
  { name: "rotate_key", title: "Rotate the agent's key", deed: "Rotate the key", meaning: "Agrees with the server on a new key.", class: "safe", fields: [] },
  {
    name: "collect_log_tail", title: "Fetch the end of a log", deed: "Fetch the log", meaning: "The last lines of a file that the machine's policy allows.", class: "safe",
    fields: [{ name: "path", label: "File", kind: "text", hint: "The whole path, from / on" }, { name: "lines", label: "Lines", kind: "number", min: 1, max: 5000, initial: "200" }],
  },
  {
    name: "restart_service", title: "Restart a service", deed: "Restart the service", meaning: "Stops and starts one service.", class: "dangerous",
    fields: [{ name: "name", label: "Service", kind: "text", hint: "As systemd or launchd calls it" }],
  },
  {
    name: "kill_process", title: "End a process", deed: "End the process", meaning: "Ends exactly this process, and none that has its number by now.", class: "dangerous",
    fields: [
      { name: "pid", label: "PID", kind: "number", min: 2, max: 4_194_304 },
      { name: "start_time", label: "Started at", kind: "number", min: 0, max: Number.MAX_SAFE_INTEGER, hint: "Unix seconds: so that no other process is meant" },
      { name: "name", label: "Name", kind: "text" },
    ],
  },
  {
    name: "run_script", title: "Run a script", deed: "Run the script", meaning: "A version of a script from the library, never changed since.", class: "dangerous",
    fields: [
      { name: "script", label: "Script", kind: "script" },
      { name: "argv", label: "Arguments", kind: "list", hint: "One a line" },
      { name: "timeout_s", label: "Seconds it may take", kind: "number", min: 1, max: 3600, initial: "60" },
    ],
  },
  { name: "upgrade_agent", title: "Upgrade the agent", deed: "Upgrade the agent", meaning: "To a version that its policy allows.", class: "dangerous", fields: [{ name: "version", label: "Version", kind: "text" }] },
];

export const actionNamed = (name: string): ActionEntry | undefined => ACTIONS.find((each) => each.name === name);

/** An action of a newer server is called as it is on the wire. */
export const actionTitle = (name: string): string => actionNamed(name)?.title ?? name;

/** What the fields hold as the wire wants it, or a sentence on what is missing. */
export function readArgs(action: ActionEntry, typed: Readonly<Record<string, string>>): Args | string {
  const args: Args = {};
  for (const field of action.fields) {
    const text = typed[field.name] ?? field.initial ?? "";
    const read = readField(field, text);
    if (typeof read === "string") return read;
    Object.assign(args, read);
  }
  return args;
}

function readField(field: ArgField, text: string): Args | string {
  switch (field.kind) {
    case "text":
      return text.trim() === "" ? `${field.label} is missing.` : { [field.name]: text.trim() };
    case "number": {
      const number = Number(text);
      const isRight = text.trim() !== "" && Number.isInteger(number) && number >= (field.min ?? 0) && number <= (field.max ?? Infinity);
      return isRight ? { [field.name]: number } : `${field.label} must be a whole number${field.max === undefined || field.max === Number.MAX_SAFE_INTEGER ? "" : ` from ${field.min ?? 0} to ${field.max}`}.`;
    }
    case "list":
      return { [field.name]: text.split("\n").map((line) => line.replace(/\r$/, "")).filter((line) => line !== "") };
    case "script": {
      // A version and its hash, so that nothing else can be run in its place.
      const [script_id, version, sha256] = text.split(" ");
      return script_id === undefined || version === undefined || sha256 === undefined ? "Choose a script." : { script_id, version: Number(version), sha256 };
    }
  }
}

/** An action with its arguments in one line, for lists. */
export function argsInShort(args: Args): string {
  return Object.entries(args)
    .filter(([name]) => name !== "sha256")
    .map(([name, value]) => `${name} ${Array.isArray(value) ? JSON.stringify(value) : String(value)}`)
    .join(", ");
}
