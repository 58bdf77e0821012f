import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { proveWith, Refusal, request } from "./request";

const WANTED = { status: 403, body: { error: { code: "reauthentication_required", message: "Your password is needed.", request_id: "r-1" } } };
const FINE = { status: 200, body: { done: true } };

function answerWith(...answers: { status: number; body: unknown }[]) {
  const asked = vi.fn<(path: string, init: RequestInit) => Promise<Response>>();
  for (const { status, body } of answers) asked.mockResolvedValueOnce(new Response(JSON.stringify(body), { status }));
  vi.stubGlobal("fetch", asked);
  return asked;
}

beforeEach(() => proveWith(null));
afterEach(() => vi.unstubAllGlobals());

test("a request that the server wants proof for is sent again once it was given", async () => {
  const asked = answerWith(WANTED, FINE);
  proveWith(() => Promise.resolve(true));
  await expect(request("POST", "/x", { a: 1 })).resolves.toEqual({ done: true });
  expect(asked.mock.calls.map(([, init]) => init.body)).toEqual(['{"a":1}', '{"a":1}']);
});

test("without the proof it is not sent again, and that is said", async () => {
  const asked = answerWith(WANTED);
  proveWith(() => Promise.resolve(false));
  await expect(request("DELETE", "/x")).rejects.toThrow("Nothing was done");
  expect(asked).toHaveBeenCalledTimes(1);
});

test("it is asked for once: a second refusal stands", async () => {
  const asked = answerWith(WANTED, WANTED);
  proveWith(() => Promise.resolve(true));
  await expect(request("DELETE", "/x")).rejects.toThrow("Your password is needed.");
  expect(asked).toHaveBeenCalledTimes(2);
});

test("any other refusal is told as the server put it", async () => {
  answerWith({ status: 409, body: { error: { code: "last_admin", message: "The last administrator stays." } } });
  await expect(request("DELETE", "/x")).rejects.toEqual(new Refusal(409, "last_admin", "The last administrator stays.", null, null));
});
