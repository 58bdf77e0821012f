// Where one is signed in, and a way to end what shouldn't be.
import { useQuery } from "@tanstack/react-query";
import { endSession, fetchSessions } from "../../api/account";
import type { SessionView } from "../../api/wire";
import { Age } from "../../live/Age";
import { Button } from "../../shell/Button";
import form from "../../shell/Form.module.css";
import { Badge } from "../Badge";
import { Loaded, Section } from "../Section";
import { Table } from "../Table";
import { useAct } from "../useAct";
import styles from "./Account.module.css";
import { browserIn } from "./browserIn";

const LIST = "sessions";

export function Sessions() {
  const sessions = useQuery({ queryKey: [LIST], queryFn: ({ signal }) => fetchSessions(signal) });
  const end = useAct(endSession, LIST);
  return (
    <Section level={2} title="Sessions" intro="Where you are signed in now. Ending one signs it out at once.">
      <p role="alert" className={form.complaint}>{end.error?.message}</p>
      <Loaded query={sessions}>
        {(answer) => (
          <Table label="Sessions" heads={["Browser", "Address", "Last seen", "Signed in", ""]} empty="No sessions."
            rows={answer.sessions.map((session) => ({ key: session.id, cells: cellsOf(session, () => end.mutate(session.id), end.isPending) }))} />
        )}
      </Loaded>
    </Section>
  );
}

function cellsOf(session: SessionView, end: () => void, busy: boolean) {
  return [
    <span key="agent" className={styles.agent} title={session.user_agent}>{browserIn(session.user_agent)}</span>,
    session.address,
    <Age key="seen" since={session.last_seen} suffix=" ago" />,
    <Age key="made" since={session.created_at} suffix=" ago" />,
    session.is_this ? <Badge key="this" tone="good">this one</Badge> : <Button key="end" disabled={busy} onClick={end}>End</Button>,
  ];
}
