// Who this machine is, how it is, and what may be done to it.
import { useState } from "react";
import { mayForget, mayRun } from "../api/permissions";
import type { MachineView } from "../api/wire";
import { composeAddress } from "../commands/draft";
import { reportedSystemName, systemName } from "../fleet/systemName";
import { bytes, counted, UNKNOWN } from "../format/quantities";
import { duration } from "../format/times";
import { Age } from "../live/Age";
import { useMachineCard } from "../live/fleetStore";
import { causeWords } from "../presence/cause";
import { PresenceMark } from "../presence/PresenceMark";
import { Link } from "../route/Link";
import { navigate } from "../route/location";
import { FLEET_PATH } from "../route/pages";
import { Button, LinkButton } from "../shell/Button";
import { useSignedIn } from "../shell/signedIn";
import { useKeys } from "../shell/useKeys";
import { ForgetDialog } from "./ForgetDialog";
import styles from "./MachineHeader.module.css";
import { nameOf } from "./machineName";
import { ReportNow } from "./ReportNow";
import type { Report } from "./report";
import { TagEditor } from "./TagEditor";
import { objectIn, textIn } from "./untrusted";

export function MachineHeader({ machine, report }: { machine: MachineView; report: Report }) {
  const { user } = useSignedIn();
  const [forgetting, setForgetting] = useState(false);
  const runAddress = composeAddress({ machines: [machine.machine_id] });
  useKeys(mayRun(user) ? { r: () => navigate(runAddress) } : {});
  return (
    <header className={styles.header}>
      <nav aria-label="Where you are"><Link to={FLEET_PATH} className={styles.back}>← Fleet</Link></nav>
      <div className={styles.title}>
        <h1>{nameOf(machine)}</h1>
        <PresenceWord machine={machine} />
        <div className={styles.deeds}>
          <ReportNow id={machine.machine_id} />
          {mayRun(user) && <LinkButton to={runAddress}>Run a command…</LinkButton>}
          {mayForget(user) && <Button onClick={() => setForgetting(true)}>Forget…</Button>}
        </div>
      </div>
      <KeyFacts machine={machine} report={report} />
      <TagEditor id={machine.machine_id} tags={machine.tags} />
      {forgetting && <ForgetDialog machine={machine} onClose={() => setForgetting(false)} />}
    </header>
  );
}

function PresenceWord({ machine }: { machine: MachineView }) {
  const cause = machine.status === "online" || machine.presence_cause === machine.status ? null : causeWords(machine.presence_cause);
  return (
    <p className={`${styles.presence} ${styles[machine.status]} live`} data-testid="presence">
      <PresenceMark presence={machine.status} label={false} />
      <span>
        <strong>{machine.status}</strong> for <Age since={machine.presence_since} />
        {cause !== null && `: ${cause}`}
        <span className={styles.dot}> · </span>
        <span className={styles.last}>last report <Age since={machine.last_seen} suffix=" ago" /></span>
      </span>
    </p>
  );
}

// One line: enough to know which machine this is. The rest is under 'Facts' below.
function KeyFacts({ machine, report }: { machine: MachineView; report: Report }) {
  const card = useMachineCard(machine.machine_id);
  const info = objectIn(machine.info);
  const facts = [
    textIn(info.model) ?? card?.model,
    card ? systemName(card) : reportedSystemName(textIn(info.os), textIn(info.os_version)),
    textIn(info.local_ip) ?? card?.ip,
    report.threads === null ? null : counted(report.threads, "thread"),
    report.memory.total === null ? null : `${bytes(report.memory.total)} memory`,
    report.uptime_s === null ? null : `up ${duration(report.uptime_s)}`,
  ].filter((fact) => typeof fact === "string" && fact !== "");
  return <p className={styles.facts}>{facts.length > 0 ? facts.join(" · ") : UNKNOWN}</p>;
}
