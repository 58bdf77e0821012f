// Who may sign in, and as what.
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { UserEntryView } from "../../api/wire";
import { fetchUsers } from "../../api/users";
import { Age } from "../../live/Age";
import { Link } from "../../route/Link";
import { settingsPath } from "../../route/pages";
import { Button } from "../../shell/Button";
import notice from "../../shell/Notice.module.css";
import { useSignedIn } from "../../shell/signedIn";
import { Badge, Badges } from "../Badge";
import { Loaded, Section } from "../Section";
import { Table } from "../Table";
import { AddUserDialog } from "./AddUserDialog";
import { HASH_NOTE } from "./hashState";
import { UserDialog } from "./UserDialog";

export const USERS = "users";

export function UsersSection() {
  const { user } = useSignedIn();
  const users = useQuery({ queryKey: [USERS], queryFn: ({ signal }) => fetchUsers(signal) });
  const [adding, setAdding] = useState(false);
  const [changing, setChanging] = useState<string | null>(null);
  const changed = users.data?.users.find((each) => each.username === changing);
  return (
    <Section title="Users" intro="A viewer looks, an operator acts on machines, an administrator does everything."
      action={<Button tone="primary" onClick={() => setAdding(true)}>Add a user</Button>}>
      <Loaded query={users}>
        {(answer) => (
          <Table label="Users" heads={["Name", "Role", "Last sign-in", "State", ""]} empty="No users."
            rows={answer.users.map((each) => ({ key: each.username, quiet: !each.is_active, cells: cellsOf(each, each.username === user.username, () => setChanging(each.username)) }))} />
        )}
      </Loaded>
      {adding && <AddUserDialog onClose={() => setAdding(false)} />}
      {changed && <UserDialog account={changed} onClose={() => setChanging(null)} />}
    </Section>
  );
}

function cellsOf(account: UserEntryView, isSelf: boolean, change: () => void) {
  return [
    <Badges key="name">{account.username}{isSelf && <Badge>you</Badge>}</Badges>,
    account.role,
    account.last_sign_in === null ? "never" : <Age key="seen" since={account.last_sign_in} suffix=" ago" />,
    <States key="state" account={account} />,
    isSelf
      ? <Link key="own" to={settingsPath("account")} className={notice.link}>My account</Link>
      : <Button key="change" onClick={change} aria-label={`Change ${account.username}`}>Change…</Button>,
  ];
}

function States({ account }: { account: UserEntryView }) {
  const note = HASH_NOTE[account.hash];
  return (
    <Badges>
      {!account.is_active && <Badge>deactivated</Badge>}
      {account.is_locked && <Badge tone="amber" title="Too many wrong passwords; it opens by itself">locked</Badge>}
      {account.has_totp && <Badge tone="good" title="Signing in asks for a code">second factor</Badge>}
      {note && <Badge tone={note.tone} title={note.meaning}>{note.word}</Badge>}
    </Badges>
  );
}
