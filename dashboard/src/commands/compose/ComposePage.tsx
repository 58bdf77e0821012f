// A command from the first thought to its sending: whom it is for, what it does and why; then
// exactly what will be sent, to be confirmed.
import { useMutation } from "@tanstack/react-query";
import { useEffect, useMemo, useState } from "react";
import { type BatchRequest, previewCommand, type PreviewView } from "../../api/commands";
import { mayRun } from "../../api/permissions";
import { useFleetTotals } from "../../live/fleetStore";
import { Link } from "../../route/Link";
import { COMMANDS_PATH } from "../../route/pages";
import notice from "../../shell/Notice.module.css";
import { useSignedIn } from "../../shell/signedIn";
import { actionNamed, readArgs } from "../actions";
import page from "../CommandsPage.module.css";
import { readDraft } from "../draft";
import { Confirm } from "./Confirm";
import { type Typed, typedFrom } from "./typed";
import { StepsField } from "./StepsField";
import { resolveTargets } from "./targets";
import { readWaves } from "./waves";
import { WhatField } from "./WhatField";
import { WhomField } from "./WhomField";
import { WhyAndNext } from "./WhyAndNext";

export default function ComposePage() {
  const { user } = useSignedIn();
  useEffect(() => {
    document.title = "New command · ATLAS";
  }, []);
  if (!mayRun(user)) return <div className={notice.notice}><h1>Commands</h1><p>Your role may not send commands. Ask an administrator.</p></div>;
  return <Compose />;
}

interface Shown {
  asked: BatchRequest;
  preview: PreviewView;
}

function Compose() {
  const [typed, setTyped] = useState<Typed>(() => typedFrom(readDraft(window.location.search)));
  const [complaint, setComplaint] = useState<string | null>(null);
  const fleet = useFleetTotals();
  // The totals' version is not in `fleet`, which is changed in place: reckoned anew each time.
  const targets = resolveTargets(fleet.machines, typed.picked, typed.filterText);
  const preview = useMutation({ mutationFn: async (asked: BatchRequest): Promise<Shown> => ({ asked, preview: await previewCommand(asked) }) });
  const change = useMemo(() => (part: Partial<Typed>) => setTyped((before) => ({ ...before, ...part })), []);

  function show() {
    const asked = requestFrom(typed, targets.ids);
    setComplaint(typeof asked === "string" ? asked : null);
    if (typeof asked !== "string") preview.mutate(asked);
  }

  if (preview.data) return <Confirm {...preview.data} onBack={() => preview.reset()} />;
  return (
    <div className={page.page}>
      <nav aria-label="Where you are"><Link to={COMMANDS_PATH} className={page.back}>← Commands</Link></nav>
      <h1>New command</h1>
      <WhomField typed={typed} targets={targets} onChange={change} />
      <WhatField typed={typed} onChange={change} />
      {targets.ids.length > 1 && <StepsField waves={typed.waves} onChange={(waves) => change({ waves })} />}
      <WhyAndNext typed={typed} onChange={change} complaint={complaint ?? targets.complaint ?? preview.error?.message ?? null} busy={preview.isPending} onNext={show} />
    </div>
  );
}

/** What to ask of the server, or a sentence on what is missing. */
function requestFrom(typed: Typed, ids: string[]): BatchRequest | string {
  const action = actionNamed(typed.action);
  if (ids.length === 0) return "Say which machines: pick them in the fleet, or type a filter.";
  if (!action) return "Choose what to do.";
  const args = readArgs(action, typed.fields);
  if (typeof args === "string") return args;
  const reason = typed.reason.trim();
  if (action.class === "dangerous" && reason === "") return "Say why: it is dangerous, and others will read it in the audit log.";
  const waves = ids.length > 1 ? readWaves(typed.waves) : null;
  if (typeof waves === "string") return waves;
  return { targets: { machines: ids }, action: action.name, args, reason, ...(waves === null ? {} : { waves }) };
}
