// Enrolment tokens: each adds so many machines, and only for a while.
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { OpenTokenView } from "../../api/wire";
import { fetchTokens, revokeToken } from "../../api/enrolment";
import { UNKNOWN } from "../../format/quantities";
import { Age } from "../../live/Age";
import { Button } from "../../shell/Button";
import form from "../../shell/Form.module.css";
import { Loaded, Section } from "../Section";
import { Table } from "../Table";
import { Until } from "../Until";
import { useAct } from "../useAct";
import { AddTokenDialog } from "./AddTokenDialog";

export function Tokens() {
  const tokens = useQuery({ queryKey: ["tokens"], queryFn: ({ signal }) => fetchTokens(signal) });
  const [adding, setAdding] = useState(false);
  const revoke = useAct(revokeToken, "tokens");
  return (
    <Section title="Enrolment" intro="A token adds machines. It is shown once, when it is made."
      action={<Button tone="primary" onClick={() => setAdding(true)}>Make a token</Button>}>
      <p role="alert" className={form.complaint}>{revoke.error?.message}</p>
      <Loaded query={tokens}>
        {(answer) => (
          <Table label="Tokens" heads={["Token", "Machines left", "Ends", "Made by", "Made", ""]} empty="No tokens that are still good."
            rows={answer.tokens.map((token) => ({ key: token.id, cells: cellsOf(token, () => revoke.mutate(token.id), revoke.isPending) }))} />
        )}
      </Loaded>
      {adding && <AddTokenDialog onClose={() => setAdding(false)} />}
    </Section>
  );
}

function cellsOf(token: OpenTokenView, revoke: () => void, busy: boolean) {
  return [
    <code key="id">{token.id}</code>,
    `${token.uses_left} of ${token.uses_max}`,
    <Until key="ends" at={token.expires_at} />,
    token.created_by ?? UNKNOWN,
    <Age key="made" since={token.created_at} suffix=" ago" />,
    <Button key="revoke" disabled={busy} onClick={revoke} aria-label={`Revoke ${token.id}`}>Revoke</Button>,
  ];
}
