// One way to ask the server something: same origin, JSON both ways, and every
// failure as a Refusal that says what the server said.

export class Refusal extends Error {
  override readonly name = "Refusal";
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly requestId: string | null,
    readonly retryAfterS: number | null,
  ) {
    super(message);
  }
}

type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

/** Asks the user to prove again who they are; whether they did. */
export type Prove = () => Promise<boolean>;
let prove: Prove | null = null;

/** Who asks the user when the server wants a proof; null when nobody is there to. */
export function proveWith(ask: Prove | null): void {
  prove = ask;
}


/** A request that the server wants proof for is sent again once the user has given it. */
export async function request<Answer>(method: Method, path: string, body?: unknown, signal?: AbortSignal): Promise<Answer> {
  try {
    return await send<Answer>(method, path, body, signal);
  } catch (error) {
    if (!(error instanceof Refusal) || error.code !== "reauthentication_required" || prove === null) throw error;
    if (await prove()) return send<Answer>(method, path, body, signal);
    throw new Refusal(error.status, error.code, "Nothing was done: it needs your password.", error.requestId, null);
  }
}

async function send<Answer>(method: Method, path: string, body?: unknown, signal?: AbortSignal): Promise<Answer> {
  const init: RequestInit = { method, headers: { Accept: "application/json" } };
  if (signal) init.signal = signal;
  if (body !== undefined) {
    init.headers = { Accept: "application/json", "Content-Type": "application/json" };
    init.body = JSON.stringify(body);
  }
  let response: Response;
  try {
    response = await fetch(path, init);
  } catch (cause) {
    if (cause instanceof DOMException && cause.name === "AbortError") throw cause;
    throw new Refusal(0, "unreachable", "The server can't be reached.", null, null);
  }
  const text = await response.text();
  if (!response.ok) throw refusalFrom(response, text);
  return (text === "" ? undefined : JSON.parse(text)) as Answer;
}

function refusalFrom(response: Response, text: string): Refusal {
  const { code, message, requestId } = readError(text);
  const retry = Number(response.headers.get("Retry-After"));
  return new Refusal(
    response.status,
    code ?? `http_${response.status}`,
    message ?? `The server answered ${response.status}.`,
    requestId,
    Number.isFinite(retry) && retry > 0 ? retry : null,
  );
}

// Newer routes nest the error, older ones keep the text of ATLAS 2.0 beside it.
function readError(text: string) {
  const empty = { code: null, message: null, requestId: null };
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return empty;
  }
  if (typeof parsed !== "object" || parsed === null) return empty;
  const outer = parsed as Record<string, unknown>;
  const nested = typeof outer.error === "object" && outer.error !== null;
  const error = nested ? (outer.error as Record<string, unknown>) : outer;
  return {
    code: textOrNull(error.code),
    message: textOrNull(error.message) ?? textOrNull(outer.error),
    requestId: textOrNull(error.request_id),
  };
}

function textOrNull(value: unknown): string | null {
  return typeof value === "string" && value !== "" ? value : null;
}
