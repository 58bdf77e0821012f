// Agents that nobody has vouched for: somebody has to say yes or no.
import type { EnrolledAgentView } from "../../api/wire";
import { approveAgent, revokeAgent } from "../../api/enrolment";
import { Age } from "../../live/Age";
import { useMachineCard } from "../../live/fleetStore";
import { Button } from "../../shell/Button";
import form from "../../shell/Form.module.css";
import { Badge, Badges } from "../Badge";
import { Section } from "../Section";
import { useAct } from "../useAct";
import styles from "./Enrolment.module.css";

export function Waiting({ agents }: { agents: readonly EnrolledAgentView[] }) {
  if (agents.length === 0) return null;
  return (
    <Section level={2} title="Waiting for approval" intro="These came without a token of their own, or for a machine that already has an agent. Approve only what you expect.">
      <ul className={styles.waiting}>{agents.map((agent) => <WaitingAgent key={agent.agent_id} agent={agent} />)}</ul>
    </Section>
  );
}

function WaitingAgent({ agent }: { agent: EnrolledAgentView }) {
  const card = useMachineCard(agent.machine_id);
  const approve = useAct(approveAgent, "agents");
  const refuse = useAct(revokeAgent, "agents");
  const busy = approve.isPending || refuse.isPending;
  return (
    <li>
      <div className={styles.facts}>
        <strong>{card?.name ?? agent.machine_id}</strong>
        <Badges>
          {agent.possible_duplicate && <Badge tone="amber" title="Another agent already reports for this machine">possible duplicate</Badge>}
          {agent.legacy && <Badge title="It enrolled with the secret that agents of 1.x and 2.0 share">shared secret</Badge>}
        </Badges>
        <small>machine <code>{agent.machine_id}</code>, agent <code>{agent.agent_id}</code>, asked <Age since={agent.created_at} suffix=" ago" /></small>
        <p role="alert" className={form.complaint}>{(approve.error ?? refuse.error)?.message}</p>
      </div>
      <div className={styles.deeds}>
        <Button disabled={busy} onClick={() => refuse.mutate(agent.agent_id)}>Refuse</Button>
        <Button tone="primary" disabled={busy} onClick={() => approve.mutate(agent.agent_id)}>Approve</Button>
      </div>
    </li>
  );
}
