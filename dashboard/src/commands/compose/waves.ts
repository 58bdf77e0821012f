// A command in steps: a few machines first, then more, and none any more once several failed.
import type { WavesRequest } from "../../api/commands";

export interface TypedWaves {
  /** All at once unless asked for. */
  inSteps: boolean;
  first: string;
  step: string;
  stopAfter: string;
}

export const ALL_AT_ONCE: TypedWaves = { inSteps: false, first: "1", step: "10", stopAfter: "1" };

/** Null: all at once. Otherwise the steps, or a sentence on what is wrong with them. */
export function readWaves({ inSteps, first, step, stopAfter }: TypedWaves): WavesRequest | string | null {
  if (!inSteps) return null;
  const numbers = [first, step, stopAfter].map((text) => (text.trim() === "" ? Number.NaN : Number(text)));
  if (!numbers.every((each) => Number.isInteger(each) && each >= 1)) return "Steps are whole numbers, 1 at least.";
  const [firstNumber = 1, stepNumber = 1, stopNumber = 1] = numbers;
  return { first: firstNumber, step: stepNumber, stop_after: stopNumber };
}

export function wavesSentence({ first, step, stop_after }: WavesRequest): string {
  return `In steps: ${first} first, then ${step} at a time; no further step once ${stop_after} did not succeed.`;
}
