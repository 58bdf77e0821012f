// How machines come in, who waits at the door, and the keys of those inside.
import { useQuery } from "@tanstack/react-query";
import { fetchAgents } from "../../api/enrolment";
import { Loaded } from "../Section";
import { AgentList } from "./AgentList";
import { Rotation } from "./Rotation";
import { Tokens } from "./Tokens";
import { Waiting } from "./Waiting";

/** Who waits should show up without a reload. */
const AGAIN_MS = 15_000;

export function EnrolmentSection() {
  const agents = useQuery({ queryKey: ["agents"], queryFn: ({ signal }) => fetchAgents(signal), refetchInterval: AGAIN_MS });
  return (
    <>
      <Tokens />
      <Loaded query={agents}>
        {(answer) => (
          <>
            <Waiting agents={answer.agents.filter((agent) => agent.state === "pending")} />
            <AgentList agents={answer.agents} legacyMachines={answer.legacy_machines} />
          </>
        )}
      </Loaded>
      <Rotation />
    </>
  );
}
