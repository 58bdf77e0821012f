// What was asked of machines, the newest first: each batch in one line, with how it went.
import { useInfiniteQuery } from "@tanstack/react-query";
import { useEffect, useMemo } from "react";
import { fetchCommands } from "../api/commands";
import { may, mayRun } from "../api/permissions";
import { counted } from "../format/quantities";
import { Age } from "../live/Age";
import { Link } from "../route/Link";
import { batchPath, composePath, SCRIPTS_PATH } from "../route/pages";
import { Table } from "../settings/Table";
import { Button, LinkButton } from "../shell/Button";
import notice from "../shell/Notice.module.css";
import { useSignedIn } from "../shell/signedIn";
import { actionTitle, argsInShort } from "./actions";
import { type BatchLine, batchesOf } from "./batches";
import page from "./CommandsPage.module.css";
import { ProgressBar } from "./ProgressBar";
import { progressSentence } from "./states";

const PAGE = 500;
const REFETCH_MS = 5000;

export default function CommandsPage() {
  const { user } = useSignedIn();
  useEffect(() => {
    document.title = "Commands · ATLAS";
  }, []);
  if (!may(user, "commands:read")) return <div className={notice.notice}><h1>Commands</h1><p>Your role may not see commands. Ask an administrator.</p></div>;
  return (
    <div className={page.page}>
      <div className={page.head}>
        <div>
          <h1>Commands</h1>
          <p>What was asked of machines. Each runs once at most, within its time, and only where the machine's own policy allows it.</p>
        </div>
        <div className={page.deeds}>
          <LinkButton to={SCRIPTS_PATH}>Scripts</LinkButton>
          {mayRun(user) && <LinkButton tone="primary" to={composePath}>New command</LinkButton>}
        </div>
      </div>
      <History />
    </div>
  );
}

function History() {
  const query = useInfiniteQuery({
    queryKey: ["commands", "history"],
    queryFn: ({ pageParam, signal }) => fetchCommands({ limit: String(PAGE), ...(pageParam === null ? {} : { before: pageParam }) }, signal),
    initialPageParam: null as string | null,
    getNextPageParam: ({ commands }) => (commands.length < PAGE ? null : (commands.at(-1)?.command_id ?? null)),
    refetchInterval: REFETCH_MS,
  });
  const batches = useMemo(() => batchesOf(query.data?.pages.flatMap((each) => each.commands) ?? []), [query.data]);
  if (query.error && !query.data) return <p role="alert" className={page.box}>This can't be shown: {query.error.message}</p>;
  if (!query.data) return null;
  return (
    <>
      <Table label="Commands" heads={["What", "How it went", "Machines", "By", "Asked"]} empty="Nothing was asked of any machine yet." rows={batches.map((batch) => ({ key: batch.id, cells: cellsOf(batch) }))} />
      {query.hasNextPage && <div><Button disabled={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>{query.isFetchingNextPage ? "Loading…" : "Load older"}</Button></div>}
    </>
  );
}

function cellsOf({ id, first, states, count }: BatchLine) {
  return [
    <span key="what" className={page.line} title={argsInShort(first.args)}><Link to={batchPath(id)}>{actionTitle(first.action)}</Link></span>,
    <span key="states" className={page.went}><ProgressBar states={states} total={count} /> <small>{progressSentence(states)}</small></span>,
    <span key="count" className={page.line}>{counted(count, "machine")}</span>,
    <span key="by" className={page.line} title={first.reason}>{first.by}</span>,
    <span key="asked" className={page.line}><Age since={first.created_at} suffix=" ago" /></span>,
  ];
}
