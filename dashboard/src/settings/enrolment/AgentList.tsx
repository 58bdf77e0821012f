// Agents that deserve a look, and any other by its name. A fleet's agents in one list
// would help nobody.
import { useState } from "react";
import type { EnrolledAgentView } from "../../api/wire";
import { revokeAgent } from "../../api/enrolment";
import { counted } from "../../format/quantities";
import { Age } from "../../live/Age";
import { fleetStore } from "../../live/fleetStore";
import { Link } from "../../route/Link";
import { machinePath } from "../../route/pages";
import { Button } from "../../shell/Button";
import { Field } from "../../shell/Field";
import { Badge, Badges } from "../Badge";
import { ConfirmDialog } from "../ConfirmDialog";
import { Section } from "../Section";
import { Table } from "../Table";
import { useAct } from "../useAct";

const SHOWN_MAX = 50;
const nameOf = (agent: EnrolledAgentView) => fleetStore.machine(agent.machine_id)?.name ?? agent.machine_id;

export function AgentList({ agents, legacyMachines }: { agents: readonly EnrolledAgentView[]; legacyMachines: number }) {
  const [text, setText] = useState("");
  const [revoking, setRevoking] = useState<EnrolledAgentView | null>(null);
  const settled = agents.filter((agent) => agent.state !== "pending");
  const active = settled.filter((agent) => agent.state === "active").length;
  const found = settled.filter(text.trim() === "" ? isStriking : (agent) => mentions(agent, text.trim().toLowerCase()));
  return (
    <Section level={2} title="Agents" intro={`${counted(active, "agent")} may report, ${settled.length - active} revoked. Shown are those that stand out, or what you look for.`}>
      {legacyMachines > 0 && <p>{`${counted(legacyMachines, "machine")} still ${legacyMachines === 1 ? "reports" : "report"} with the key that agents of 1.x and 2.0 share.`}</p>}
      <Field label="Find an agent" type="search" placeholder="machine, or id" value={text} onChange={(event) => setText(event.target.value)} />
      <Table label="Agents" heads={["Machine", "Agent", "State", "Last report", ""]} empty={text === "" ? "Nothing stands out." : "No agent is called that."}
        rows={found.slice(0, SHOWN_MAX).map((agent) => ({ key: agent.agent_id, quiet: agent.state === "revoked", cells: cellsOf(agent, () => setRevoking(agent)) }))} />
      {found.length > SHOWN_MAX && <p>{`${counted(found.length - SHOWN_MAX, "more agent")} not shown: look for one by its name.`}</p>}
      {revoking && <RevokeDialog agent={revoking} onClose={() => setRevoking(null)} />}
    </Section>
  );
}

function isStriking(agent: EnrolledAgentView): boolean {
  return agent.possible_duplicate || agent.key_state === "overdue" || agent.state === "revoked";
}

function mentions(agent: EnrolledAgentView, wanted: string): boolean {
  return [nameOf(agent), agent.machine_id, agent.agent_id].some((each) => each.toLowerCase().includes(wanted));
}

function cellsOf(agent: EnrolledAgentView, revoke: () => void) {
  return [
    <Link key="machine" to={machinePath(agent.machine_id)}>{nameOf(agent)}</Link>,
    <code key="agent" title={`key epoch ${agent.epoch}`}>{agent.agent_id.slice(0, 12)}</code>,
    <States key="state" agent={agent} />,
    <Age key="seen" since={agent.last_report} suffix=" ago" />,
    agent.state === "revoked" ? null : <Button key="revoke" onClick={revoke} aria-label={`Revoke the agent of ${nameOf(agent)}`}>Revoke…</Button>,
  ];
}

function States({ agent }: { agent: EnrolledAgentView }) {
  return (
    <Badges>
      {agent.state === "revoked" && <Badge>revoked</Badge>}
      {agent.possible_duplicate && <Badge tone="amber" title="Two agents report for one machine, or one credential is used twice">possible duplicate</Badge>}
      {agent.key_state === "rotating" && <Badge title="It has not moved to the new key yet">rotating</Badge>}
      {agent.key_state === "overdue" && <Badge tone="amber" title="It did not move to the new key in time">key overdue</Badge>}
      {agent.legacy && <Badge title="Its reports aren't sealed with a key of its own">2.0</Badge>}
    </Badges>
  );
}

function RevokeDialog({ agent, onClose }: { agent: EnrolledAgentView; onClose: () => void }) {
  const revoke = useAct(() => revokeAgent(agent.agent_id), "agents", onClose);
  return (
    <ConfirmDialog title="Revoke this agent?" deed={`Revoke ${nameOf(agent)}`} act={{ ...revoke, mutate: () => revoke.mutate(undefined) }} onClose={onClose}>
      <p>The agent on <strong>{nameOf(agent)}</strong> is refused within a second and stops. The machine's history stays. To report again it must be enrolled anew.</p>
    </ConfirmDialog>
  );
}
