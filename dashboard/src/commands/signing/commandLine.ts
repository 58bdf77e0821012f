// The line that asks for the same command in a terminal on the server, where an operator's own key is.
import type { Args, BatchRequest } from "../../api/commands";

const NAMED_MAX = 20;

export function commandLine(asked: BatchRequest): string {
  const machines = asked.targets.machines ?? [];
  const named = machines.slice(0, NAMED_MAX).map((id) => `--machine ${quoted(id)}`);
  const reason = asked.reason === undefined || asked.reason === "" ? [] : [`--reason ${quoted(asked.reason)}`];
  const { flags, last } = argsOf(asked.args);
  const more = machines.length > NAMED_MAX ? [`# and ${machines.length - NAMED_MAX} more machines`] : [];
  return ["atlas command run", asked.action, ...flags, ...named, ...reason, "--sign", ...last, ...more].join(" ");
}

// A script's arguments stand at the end, each by itself.
function argsOf(args: Args): { flags: string[]; last: string[] } {
  const { script_id, argv, sha256, ...rest } = args;
  const flags = Object.entries(rest).map(([name, value]) => `--arg ${quoted(`${name}=${String(value)}`)}`);
  if (typeof sha256 === "string") flags.push(`--arg ${quoted(`sha256=${sha256}`)}`);
  if (typeof script_id === "string") flags.unshift(`--script ${quoted(script_id)}`);
  const list = Array.isArray(argv) ? argv.map((each) => quoted(String(each))) : [];
  return { flags, last: list.length === 0 ? [] : ["--", ...list] };
}

/** So that no shell reads anything into it. */
export function quoted(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
