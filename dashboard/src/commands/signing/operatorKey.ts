// An operator's key, made in this browser and never leaving it: the private halves can be used
// here, and can't be read out, not even by this page. Its two halves and the proof that they
// belong together are what src/wire/operator_key.rs expects.
import { toBase64Url } from "./base64";

export interface OperatorKey {
  /** 24 hex digits, made of the key itself. */
  id: string;
  name: string;
  owner: string;
  /** What the server and machines know it by: 'aop1_…'. */
  publicText: string;
  signing: CryptoKey;
  exchange: CryptoKey;
}

const PREFIX = "aop1_";
const PROOF_LABEL = "atlas/operator key/1";
const ID_LABEL = "atlas/operator key id/1";
const ID_BYTES = 12;

/** Fails where the browser knows neither Ed25519 nor X25519. */
export async function makeOperatorKey(name: string, owner: string): Promise<OperatorKey> {
  const signing = await pair("Ed25519", ["sign", "verify"]);
  const exchange = await pair("X25519", ["deriveBits"]);
  const verifyingBytes = await raw(signing.publicKey);
  const exchangeBytes = await raw(exchange.publicKey);
  const proof = new Uint8Array(await crypto.subtle.sign("Ed25519", signing.privateKey, labelled(PROOF_LABEL, [verifyingBytes, exchangeBytes])));
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", labelled(ID_LABEL, [verifyingBytes, exchangeBytes])));
  return {
    id: hexOf(hash.slice(0, ID_BYTES)), name, owner, publicText: PREFIX + toBase64Url(joined([verifyingBytes, exchangeBytes, proof])),
    signing: signing.privateKey, exchange: exchange.privateKey,
  };
}

export async function signWith(key: OperatorKey, bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.sign("Ed25519", key.signing, bytes));
}

async function pair(algorithm: "Ed25519" | "X25519", usages: KeyUsage[]): Promise<CryptoKeyPair> {
  return (await crypto.subtle.generateKey(algorithm, false, usages)) as CryptoKeyPair;
}

const raw = async (key: CryptoKey) => new Uint8Array(await crypto.subtle.exportKey("raw", key));

/** A label and then fields, each behind its length in four bytes, the largest first. */
export function labelled(label: string, fields: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const parts = fields.flatMap((field) => {
    const length = new Uint8Array(4);
    new DataView(length.buffer).setUint32(0, field.length);
    return [length, field];
  });
  return joined([new TextEncoder().encode(label), ...parts]);
}

export function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

export function hexOf(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
