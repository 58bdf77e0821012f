import { createHmac } from "node:crypto";
import { eventually } from "./expect.mjs";
import { PASSWORD } from "./settings.mjs";

const PROOF = "[data-testid=proof]";

/** Waits for `probe`, and gives the password when the page asks for it on the way. */
export async function withProof(page, probe, otherwise, password = PASSWORD, code = undefined) {
  await eventually(async () => {
    if (await page.$(`${PROOF} button[type=submit]:enabled`)) {
      await page.fill(`${PROOF} input[type=password]`, password);
      if (code !== undefined && await page.$(`${PROOF} input[autocomplete=one-time-code]`)) await page.fill(`${PROOF} input[autocomplete=one-time-code]`, code());
      await page.click(`${PROOF} button[type=submit]`);
    }
    return probe();
  }, otherwise);
}

/** What an authenticator app shows for that secret now. */
export function totp(secret) {
  const bits = [...secret.replaceAll(/[ =]/g, "")].map((sign) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(sign).toString(2).padStart(5, "0")).join("");
  const key = Buffer.from(bits.match(/.{8}/g).map((octet) => parseInt(octet, 2)));
  const step = Buffer.alloc(8);
  step.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000)));
  const digest = createHmac("sha1", key).update(step).digest();
  const number = digest.readUInt32BE(digest.at(-1) & 15) & 0x7fffffff;
  return String(number % 1_000_000).padStart(6, "0");
}
