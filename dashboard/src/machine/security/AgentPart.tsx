// What the agent on this machine lets the server do.
import type { MachineView } from "../../api/wire";
import { counted } from "../../format/quantities";
import { type Fact, FactList } from "../FactList";
import { Nothing, Part } from "../Part";
import { type Policy, readPolicy } from "../policy";
import { actionTitle } from "../../commands/actions";

export function AgentPart({ machine }: { machine: MachineView }) {
  const policy = readPolicy(machine);
  return (
    <Part title="The agent's own policy" note={policy?.monitorOnly === true ? "monitor only" : undefined}>
      {policy === null ? <Nothing>{machine.agent.kind === "2.0" ? "An agent of 2.0 has none: it does what the server says." : "Its agent tells of none: it carries out nothing."}</Nothing> : <FactList facts={factsOf(policy)} />}
      <Nothing>Only who owns the machine can loosen it, on the machine itself.</Nothing>
    </Part>
  );
}

function factsOf(policy: Policy): Fact[] {
  return [
    { label: "Allows", value: policy.allows.length === 0 ? "nothing" : policy.allows.map(actionTitle).join(", ") },
    { label: "Trusts", value: counted(policy.operators, "operator key") },
    { label: "Dangerous needs", value: policy.signatures === 0 ? "no signature" : counted(policy.signatures, "signature") },
    ...(policy.problem === null ? [] : [{ label: "Not followed", value: policy.problem, tone: "red" as const }]),
  ];
}
