// The few ways in which a check can fail.
export function expectThat(truth, otherwise) {
  if (!truth) throw new Error(otherwise);
}

export function expectEqual(actual, wanted, what) {
  expectThat(actual === wanted, `${what}: got ${JSON.stringify(actual)}, wanted ${JSON.stringify(wanted)}`);
}

/** Waits until `probe` gives something true, for things the page does in its own time. */
export async function eventually(probe, otherwise, limit_ms = 10_000) {
  const until = Date.now() + limit_ms;
  while (Date.now() < until) {
    const found = await probe();
    if (found) return found;
    await new Promise((resolve) => { setTimeout(resolve, 50); });
  }
  throw new Error(otherwise);
}
