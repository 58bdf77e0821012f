import { expect, test } from "vitest";
import type { CommandView } from "../api/commands";
import { testCard } from "../fleet/testCard";
import { ACTIONS, actionNamed, argsInShort, readArgs } from "./actions";
import { readable } from "./batch/readable";
import { batchesOf } from "./batches";
import { resolveTargets, targetsSentence } from "./compose/targets";
import { typedFrom } from "./compose/typed";
import { ALL_AT_ONCE, readWaves } from "./compose/waves";
import { commandLine } from "./signing/commandLine";
import { progressSentence, RETRYABLE } from "./states";

function entry(name: string) {
  const found = actionNamed(name);
  if (!found) throw new Error(name);
  return found;
}

test("arguments are read as the wire wants them, or a sentence says what is missing", () => {
  expect(readArgs(entry("restart_service"), { name: " nginx " })).toEqual({ name: "nginx" });
  expect(readArgs(entry("restart_service"), { name: "  " })).toBe("Service is missing.");
  expect(readArgs(entry("collect_log_tail"), { path: "/var/log/x" })).toEqual({ path: "/var/log/x", lines: 200 });
  expect(readArgs(entry("collect_log_tail"), { path: "/x", lines: "5001" })).toContain("from 1 to 5000");
  expect(readArgs(entry("kill_process"), { pid: "1", start_time: "5", name: "x" })).toContain("PID must");
  expect(readArgs(entry("kill_process"), { pid: "7e2", start_time: "1.5", name: "x" })).toContain("Started at must");
});

test("a script is named by version and hash, and its arguments are never joined", () => {
  const args = readArgs(entry("run_script"), { script: "tidy 3 abcd", argv: "--deep\r\na b; rm -rf /\n", timeout_s: "60" });
  expect(args).toEqual({ script_id: "tidy", version: 3, sha256: "abcd", argv: ["--deep", "a b; rm -rf /"], timeout_s: 60 });
  expect(readArgs(entry("run_script"), {})).toBe("Choose a script.");
});

test("what is tried again begins with what was asked before", () => {
  for (const action of ACTIONS.filter((each) => each.fields.length > 0)) {
    const args = action.name === "run_script" ? { script_id: "tidy", version: 3, sha256: "ab", argv: ["a", "b c"], timeout_s: 9 } : Object.fromEntries(action.fields.map((field) => [field.name, field.kind === "number" ? 9 : "x"]));
    expect(readArgs(action, typedFrom({ machines: [], action: action.name, args }).fields)).toEqual(args);
  }
  expect(RETRYABLE).not.toContain("unknown");
});

test("machines are those picked and those the filter admits, each once", () => {
  const machines = new Map([testCard({ id: "a", tags: ["ci"] }), testCard({ id: "b", presence: "asleep" }), testCard({ id: "c" })].map((card) => [card.id, card]));
  expect(resolveTargets(machines, ["a", "b"], "tag:ci")).toMatchObject({ ids: ["a", "b"], present: 1, complaint: null });
  expect(targetsSentence(resolveTargets(machines, ["b"], ""))).toContain("1 of them away");
});

test("a filter that means nothing reaches nobody", () => {
  const machines = new Map([["a", testCard({ id: "a" })]]);
  expect(resolveTargets(machines, [], "colour:red")).toMatchObject({ ids: [], present: 0 });
  expect(resolveTargets(machines, [], "colour:red").complaint).not.toBeNull();
  expect(resolveTargets(machines, [], "  ").ids).toEqual([]);
});

test("commands are gathered by what was asked at once", () => {
  const command = (batch_id: string, state: CommandView["state"]) => ({ batch_id, state } as CommandView);
  const batches = batchesOf([command("b", "queued"), command("a", "failed"), command("b", "queued")]);
  expect(batches.map(({ id, count, states }) => [id, count, states])).toEqual([["b", 2, { queued: 2 }], ["a", 1, { failed: 1 }]]);
  expect(progressSentence({ succeeded: 3, failed: 1 })).toBe("1 failed, 3 done");
});

test("a program's output can steer nothing and look like nothing else", () => {
  expect(readable("\u001b[2J\u001b[31mred\u001b[0m\r\n\u001b]0;title\u0007ok\u0000\u0008\t.\rgone")).toBe("red\nok\t.gone");
  expect(readable("exe.\u202Egnp")).toBe("exe.\u25a1gnp");
});

test("the line for a terminal is quoted, whatever is in it", () => {
  const line = commandLine({ targets: { machines: ["it's; rm -rf /"] }, action: "restart_service", args: { name: "a$(b)" }, reason: "`x`" });
  expect(line).toBe("atlas command run restart_service --arg 'name=a$(b)' --machine 'it'\\''s; rm -rf /' --reason '`x`' --sign");
  expect(commandLine({ targets: { machines: ["m"] }, action: "run_script", args: { script_id: "tidy", version: 3, argv: ["a b", "-x"] } })).toBe("atlas command run run_script --script tidy --arg version=3 --machine m --sign -- 'a b' -x");
});

test("steps are whole numbers, or all are asked at once", () => {
  expect(readWaves(ALL_AT_ONCE)).toBeNull();
  expect(readWaves({ inSteps: true, first: "2", step: "20", stopAfter: "3" })).toEqual({ first: 2, step: 20, stop_after: 3 });
  for (const first of ["", "0", "1.5", "x", "-1"]) expect(readWaves({ ...ALL_AT_ONCE, inSteps: true, first })).toBe("Steps are whole numbers, 1 at least.");
});

test("a list of arguments reads as the list it is", () => {
  expect(argsInShort({ script_id: "x", sha256: "ab", argv: ["a b", "c"] })).toBe('script_id x, argv ["a b","c"]');
});
