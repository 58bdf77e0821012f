// The library: scripts that machines may be asked to run, each in versions that never change.
import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { fetchScripts, type ScriptView } from "../../api/commands";
import { may, mayRunDangerous } from "../../api/permissions";
import { bytes } from "../../format/quantities";
import { Age } from "../../live/Age";
import { changeSearch, useSearch } from "../../route/location";
import { COMMANDS_PATH } from "../../route/pages";
import { Link } from "../../route/Link";
import { Loaded } from "../../settings/Section";
import { Table } from "../../settings/Table";
import { Button } from "../../shell/Button";
import notice from "../../shell/Notice.module.css";
import { useSignedIn } from "../../shell/signedIn";
import page from "../CommandsPage.module.css";
import { ScriptText } from "../compose/ScriptField";
import { KeepScriptDialog } from "./KeepScriptDialog";

export default function ScriptsPage() {
  const { user } = useSignedIn();
  const [keeping, setKeeping] = useState(false);
  const scripts = useQuery({ queryKey: ["scripts"], queryFn: ({ signal }) => fetchScripts(signal) });
  const shown = new URLSearchParams(useSearch()).get("open") ?? "";
  useEffect(() => {
    document.title = "Scripts · ATLAS";
  }, []);
  if (!may(user, "commands:read")) return <div className={notice.notice}><h1>Scripts</h1><p>Your role may not see scripts. Ask an administrator.</p></div>;
  return (
    <div className={page.page}>
      <nav aria-label="Where you are"><Link to={COMMANDS_PATH} className={page.back}>← Commands</Link></nav>
      <div className={page.head}>
        <div>
          <h1>Scripts</h1>
          <p>What machines may be asked to run. A version never changes: what was read and signed is what runs.</p>
        </div>
        {mayRunDangerous(user) && <Button tone="primary" onClick={() => setKeeping(true)}>Keep a script</Button>}
      </div>
      <Loaded query={scripts}>
        {(answer) => <Table label="Scripts" heads={["Script", "Version", "What it does", "Size", "By", "Kept", ""]} empty="The library is empty." rows={answer.scripts.map((script) => rowOf(script, shown))} />}
      </Loaded>
      {shown !== "" && <section className={page.box} aria-label={shown}><ScriptText chosen={shown} /></section>}
      {keeping && <KeepScriptDialog onClose={() => setKeeping(false)} />}
    </div>
  );
}

function rowOf(script: ScriptView, shown: string) {
  const key = `${script.script_id} ${script.version}`;
  const isShown = key === shown;
  return {
    key,
    cells: [
      <span key="id" className={page.line}>{script.script_id}</span>,
      <span key="version" title={script.sha256}>{script.version}</span>,
      script.description === "" ? "–" : script.description,
      <span key="size" className={page.line}>{bytes(script.bytes)}</span>,
      <span key="by" className={page.line}>{script.by}</span>,
      <span key="kept" className={page.line}><Age since={script.created_at} suffix=" ago" /></span>,
      <Button key="show" aria-expanded={isShown} aria-label={`${isShown ? "Hide" : "Show"} ${key}`} onClick={() => changeSearch({ open: isShown ? null : key })}>{isShown ? "Hide" : "Show"}</Button>,
    ],
  };
}
