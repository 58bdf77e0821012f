// Signs every command of a preview, each by itself: a signature is for one machine.
import type { BatchRequest, SignedDraft, TargetView } from "../../api/commands";
import { serverNow_s } from "../../live/serverClock";
import { fromBase64, toBase64 } from "./base64";
import { draftComplaint } from "./draftCheck";
import { joined, type OperatorKey, signWith } from "./operatorKey";

const PAYLOAD_TYPE = "application/vnd.atlas.command.v1+json";

/** `by`: who asked for the command, when that is somebody else than who signs. */
export async function signDrafts(key: OperatorKey, asked: Pick<BatchRequest, "action" | "args">, targets: readonly Pick<TargetView, "name" | "payload">[], by = key.owner): Promise<SignedDraft[]> {
  const signed: SignedDraft[] = [];
  for (const target of targets) {
    const payload = target.payload ?? "";
    const bytes = fromBase64(payload);
    const complaint = bytes === null ? "it can't be read" : draftComplaint(bytes, asked, by, serverNow_s() * 1000);
    if (bytes === null || complaint !== null) throw new Error(`Nothing was signed: what the server wants signed for ${target.name} is not what you asked for (${complaint ?? ""}). Tell whoever runs it.`);
    signed.push({ payload, kid: key.id, sig: toBase64(await signWith(key, dsseBytes(bytes))) });
  }
  return signed;
}

/** DSSE's pre-authentication encoding: the type and the bytes, each behind its length. */
export function dsseBytes(payload: Uint8Array): Uint8Array<ArrayBuffer> {
  return joined([new TextEncoder().encode(`DSSEv1 ${PAYLOAD_TYPE.length} ${PAYLOAD_TYPE} ${payload.length} `), payload]);
}
