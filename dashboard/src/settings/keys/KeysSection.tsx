// What programs sign in with.
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { ApiKeyView } from "../../api/wire";
import { fetchKeys, revokeKey } from "../../api/keys";
import { counted } from "../../format/quantities";
import { Age } from "../../live/Age";
import { Button } from "../../shell/Button";
import { ConfirmDialog } from "../ConfirmDialog";
import { Loaded, Section } from "../Section";
import { Table } from "../Table";
import { Until } from "../Until";
import { useAct } from "../useAct";
import { AddKeyDialog } from "./AddKeyDialog";

export function KeysSection() {
  const keys = useQuery({ queryKey: ["keys"], queryFn: ({ signal }) => fetchKeys(signal) });
  const [adding, setAdding] = useState(false);
  const [revoking, setRevoking] = useState<ApiKeyView | null>(null);
  return (
    <Section title="API keys" intro={<>For programs: sent as <code>Authorization: Bearer atk_…</code>. A key may do what its scopes say, and no more than who made it.</>}
      action={<Button tone="primary" onClick={() => setAdding(true)}>Make a key</Button>}>
      <Loaded query={keys}>
        {(answer) => (
          <Table label="API keys" heads={["Name", "May", "Made by", "Expires", "Last used", ""]} empty="No keys. A program that reads the fleet needs one."
            rows={answer.keys.map((key) => ({ key: key.id, cells: cellsOf(key, () => setRevoking(key)) }))} />
        )}
      </Loaded>
      {adding && <AddKeyDialog onClose={() => setAdding(false)} />}
      {revoking && <RevokeDialog apiKey={revoking} onClose={() => setRevoking(null)} />}
    </Section>
  );
}

function cellsOf(key: ApiKeyView, revoke: () => void) {
  return [
    key.name,
    <span key="may" title={key.scopes.join("\n")}>{key.scopes.length === 1 ? key.scopes[0] : counted(key.scopes.length, "scope")}</span>,
    key.created_by,
    <Until key="ends" at={key.expires_at} past="expired" />,
    key.last_used === null ? "never" : <Age key="used" since={key.last_used} suffix=" ago" />,
    <Button key="revoke" onClick={revoke} aria-label={`Revoke ${key.name}`}>Revoke…</Button>,
  ];
}

function RevokeDialog({ apiKey, onClose }: { apiKey: ApiKeyView; onClose: () => void }) {
  const revoke = useAct(() => revokeKey(apiKey.id), "keys", onClose);
  return (
    <ConfirmDialog title="Revoke this key?" deed={`Revoke ${apiKey.name}`} act={{ ...revoke, mutate: () => revoke.mutate(undefined) }} onClose={onClose}>
      <p>Programs that use <strong>{apiKey.name}</strong> are refused from now on. This can't be undone.</p>
    </ConfirmDialog>
  );
}
