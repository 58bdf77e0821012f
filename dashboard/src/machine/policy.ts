// What the machine's own policy lets the server do, as its agent reports it among the facts. Only
// the machine's owner can change it; this page can only show it. The wire's shape ends here.
import type { MachineView } from "../api/wire";
import { numberIn, objectIn, textIn, textsIn } from "./untrusted";

export interface Policy {
  monitorOnly: boolean;
  /** Names of the actions that it allows. */
  allows: string[];
  operators: number;
  signatures: number;
  problem: string | null;
}

/** Null for an agent that tells of none. */
export function readPolicy(machine: MachineView): Policy | null {
  const policy = objectIn(objectIn(machine.info).policy);
  if (Object.keys(policy).length === 0) return null;
  return {
    monitorOnly: policy.monitor_only === true, allows: textsIn(policy.allows), operators: numberIn(policy.operators) ?? 0,
    signatures: numberIn(policy.signatures) ?? 0, problem: textIn(policy.problem),
  };
}
