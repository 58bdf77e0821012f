// Programs that crashed: the section `crashes`. The wire's shape ends here.
import { objectIn, objectsIn, textIn } from "../untrusted";

export interface Crash {
  at: string | null;
  program: string;
  version: string | null;
  cause: string | null;
}

/** The newest first. */
export function readCrashes(value: unknown): Crash[] {
  return objectsIn(objectIn(value).crashes).map((each) => ({
    at: textIn(each.at), program: textIn(each.program) ?? "?", version: textIn(each.version), cause: textIn(each.exception) ?? textIn(each.signal),
  }));
}
