import { afterEach, expect, test, vi } from "vitest";
import { toBase64 } from "./base64";
import { draftComplaint, isSame } from "./draftCheck";
import { hexOf, labelled, makeOperatorKey } from "./operatorKey";
import { hashOf, readScript } from "../scripts/readScript";
import { dsseBytes, signDrafts } from "./signDrafts";

afterEach(() => vi.unstubAllGlobals());

const NOW_MS = Date.parse("2026-11-24T04:00:00Z");
const ASKED = { action: "run_script", args: { script_id: "tidy", version: 3, argv: ["a"] } };

const draft = (changes: object) => new TextEncoder().encode(JSON.stringify({
  v: 1, command_id: "x", agent_id: "y", action: "run_script", args: { version: 3, script_id: "tidy", argv: ["a"] }, not_before: NOW_MS, not_after: NOW_MS + 900_000, seq: 1, issued_by: "ann", policy_rev: "", ...changes,
}));

test("what was asked may be signed", () => {
  expect(draftComplaint(draft({}), ASKED, "ann", NOW_MS)).toBeNull();
});

test.each([
  [{ action: "kill_process" }, "another command"],
  [{ args: { script_id: "tidy", version: 4, argv: ["a"] } }, "another command"],
  [{ args: { script_id: "tidy", version: 3, argv: ["a", "b"] } }, "another command"],
  [{ args: { script_id: "tidy", version: 3, argv: ["a"], more: 1 } }, "another command"],
  [{ issued_by: "bob" }, "somebody else"],
  [{ not_after: NOW_MS + 40 * 3600_000 }, "too long"],
  [{ not_after: NOW_MS - 1 }, "no sense"],
  [{ v: 2 }, "version"],
])("a server that wants %j signed gets nothing", (changes, complaint) => {
  expect(draftComplaint(draft(changes), ASKED, "ann", NOW_MS)).toContain(complaint);
});

test("bytes that are no command are not signed", () => {
  for (const text of ["", "null", "[]", "\xff", "{"]) expect(draftComplaint(new TextEncoder().encode(text), ASKED, "ann", NOW_MS)).not.toBeNull();
  expect(isSame({ a: [1] }, { a: { 0: 1 } })).toBe(false);
});

// The same key as in src/wire/operator_key.rs, whose id is pinned there too.
test("a key has the id that the server gives it", async () => {
  const of = async (algorithm: string, prefix: string, byte: number, usage: KeyUsage) => {
    const pkcs8 = Uint8Array.from([...prefix.matchAll(/../g)].map(([hex]) => parseInt(hex, 16)).concat(Array<number>(32).fill(byte)));
    const key = await crypto.subtle.importKey("pkcs8", pkcs8, algorithm, true, [usage]);
    const { x = "" } = await crypto.subtle.exportKey("jwk", key);
    return Uint8Array.from(atob(x.replaceAll("-", "+").replaceAll("_", "/")), (sign) => sign.charCodeAt(0));
  };
  const verifying = await of("Ed25519", "302e020100300506032b657004220420", 7, "sign");
  const exchange = await of("X25519", "302e020100300506032b656e04220420", 8, "deriveBits");
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", labelled("atlas/operator key id/1", [verifying, exchange])));
  expect(hexOf(hash.slice(0, 12))).toBe("95f619729e030992a0bcf207");
});

test("signs exactly the bytes that were checked, with a key that can't be copied out", async () => {
  const key = await makeOperatorKey("desk", "ann");
  expect(key.publicText).toMatch(/^aop1_[\w-]{171}$/);
  expect([key.signing.extractable, key.exchange.extractable]).toEqual([false, false]);
  const bytes = draft({ not_before: Date.now(), not_after: Date.now() + 900_000 });
  const [signed] = await signDrafts(key, ASKED, [{ name: "a", payload: toBase64(bytes) }]);
  expect(signed).toMatchObject({ kid: key.id, payload: toBase64(bytes) });
  const verifying = Uint8Array.from(atob(key.publicText.slice(5).replaceAll("-", "+").replaceAll("_", "/")), (sign) => sign.charCodeAt(0)).slice(0, 32);
  const publicKey = await crypto.subtle.importKey("raw", verifying, "Ed25519", true, ["verify"]);
  const sig = Uint8Array.from(atob(signed?.sig ?? ""), (sign) => sign.charCodeAt(0));
  expect(await crypto.subtle.verify("Ed25519", publicKey, sig, dsseBytes(bytes))).toBe(true);
});

test("one machine whose bytes say something else, and nothing is signed", async () => {
  const key = await makeOperatorKey("desk", "ann");
  const target = (payload: string) => ({ name: "studio", payload });
  const good = draft({ not_before: Date.now(), not_after: Date.now() + 900_000 });
  await expect(signDrafts(key, ASKED, [target(toBase64(good)), target(toBase64(draft({ action: "upgrade_agent" })))])).rejects.toThrow("Nothing was signed");
});

test("a script whose text is not the one of its hash is not shown", async () => {
  const answer = (content: string, sha256: string) => vi.stubGlobal("fetch", () => Promise.resolve(new Response(JSON.stringify({ script_id: "tidy", version: 1, sha256, content }))));
  const sha256 = await hashOf("#!/bin/sh\n");
  answer("#!/bin/sh\n", sha256);
  expect((await readScript("tidy", 1, sha256)).content).toBe("#!/bin/sh\n");
  answer("#!/bin/sh\nrm -rf /\n", sha256);
  await expect(readScript("tidy", 1, sha256)).rejects.toThrow("not the one");
  // Nor does it help to say another hash along with another text.
  answer("evil", await hashOf("evil"));
  await expect(readScript("tidy", 1, sha256)).rejects.toThrow("not the one");
});
