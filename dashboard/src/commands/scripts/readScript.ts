// A script's text, taken only if it has the SHA-256 that is signed and run: a server must not be
// able to show one text and have another one signed.
import { fetchScript, type ScriptView } from "../../api/commands";
import { hexOf } from "../signing/operatorKey";

/** `sha256` as it was listed; what the server now says of it doesn't count. */
export async function readScript(id: string, version: number, sha256: string | undefined, signal?: AbortSignal): Promise<ScriptView> {
  const script = await fetchScript(id, version, signal);
  const hash = await hashOf(script.content ?? "");
  if (hash !== (sha256 ?? script.sha256)) throw new Error("The text is not the one of that SHA-256: don't run it, and tell whoever runs the server.");
  return script;
}

export async function hashOf(text: string): Promise<string> {
  return hexOf(new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text))));
}
