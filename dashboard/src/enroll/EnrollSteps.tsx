// One line to paste on the new machine, and word of it as soon as it reports.
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { issueToken } from "../api/enrolment";
import { mayEnroll } from "../api/permissions";
import { exactTime, parseTime_s } from "../format/times";
import { fleetStore, useFleetTotals } from "../live/fleetStore";
import { Link } from "../route/Link";
import { machinePath } from "../route/pages";
import { Button } from "../shell/Button";
import { CopyLine } from "../shell/CopyLine";
import { useSignedIn } from "../shell/signedIn";

import styles from "./EnrollSteps.module.css";

export function EnrollSteps({ onOpened }: { onOpened?: () => void }) {
  const { user } = useSignedIn();
  if (!mayEnroll(user)) return <p className={styles.text}>Ask an administrator for the line that adds a machine.</p>;
  return <TokenLine onOpened={onOpened} />;
}

function TokenLine({ onOpened }: { onOpened: (() => void) | undefined }) {
  // One token for as long as the steps are open; the next opening asks for another.
  const [opening] = useState(() => crypto.randomUUID());
  const token = useQuery({ queryKey: ["token", opening], queryFn: () => issueToken(), staleTime: Infinity, gcTime: 0 });

  if (token.isError) {
    return (
      <div className={styles.steps}>
        <p className={styles.text}>There is no line to paste: {token.error.message}</p>
        <Button onClick={() => void token.refetch()}>Try again</Button>
      </div>
    );
  }
  return (
    <div className={styles.steps}>
      <p className={styles.text}>Run this on the machine you want to watch. It needs the <code>atlas</code> program there, and nothing else.</p>
      <CopyLine line={token.data?.command ?? null} testId="enroll-line" />
      {token.data && (
        <p className={styles.small}>
          For one machine, until <time dateTime={token.data.expires_at}>{exactTime(parseTime_s(token.data.expires_at))}</time>. Who has this line can add a machine: treat it like a password.
        </p>
      )}
      <Arrivals onOpened={onOpened} />
    </div>
  );
}

// Machines that appeared since this was opened.
function Arrivals({ onOpened }: { onOpened: (() => void) | undefined }) {
  const [known] = useState(() => new Set(fleetStore.current().machines.keys()));
  const fleet = useFleetTotals();
  const arrived = [...fleet.machines.values()].filter((card) => !known.has(card.id)).slice(0, 3);
  return (
    <div role="status" className={styles.arrivals}>
      {arrived.length === 0 && <p className={styles.waiting}><span className={styles.pulse} aria-hidden="true" />Waiting for its first report…</p>}
      {arrived.map((card) => (
        <p key={card.id} className={styles.arrived}>
          <span><strong>{card.name}</strong> reports.</span>
          <Link to={machinePath(card.id)} onClick={onOpened}>Open it →</Link>
        </p>
      ))}
    </div>
  );
}
