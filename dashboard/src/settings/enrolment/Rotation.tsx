// The agents' keys: which generation they have, who has moved to it, and making a new one.
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { RotationView } from "../../api/wire";
import { fetchRotation, rotateKeys } from "../../api/enrolment";
import { count, counted } from "../../format/quantities";
import { Age } from "../../live/Age";
import { Button } from "../../shell/Button";
import { ConfirmDialog } from "../ConfirmDialog";
import { Box, Loaded, Section } from "../Section";
import { Until } from "../Until";
import { useAct } from "../useAct";
import styles from "./Enrolment.module.css";

const AGAIN_MS = 5000;

export function Rotation() {
  const rotation = useQuery({ queryKey: ["rotation"], queryFn: ({ signal }) => fetchRotation(signal), refetchInterval: AGAIN_MS });
  const [asking, setAsking] = useState<"usual" | "emergency" | null>(null);
  return (
    <Section level={2} title="Keys of the agents" intro="Every agent seals its reports with a key of its own. They change by themselves every 30 days; you can change them now.">
      <Loaded query={rotation}>
        {(answer) => (
          <Box>
            <Progress rotation={answer} />
            <div className={styles.deeds}>
              <Button onClick={() => setAsking("usual")}>Rotate now…</Button>
              <Button onClick={() => setAsking("emergency")}>Emergency rotation…</Button>
            </div>
          </Box>
        )}
      </Loaded>
      {asking !== null && <RotateDialog isEmergency={asking === "emergency"} onClose={() => setAsking(null)} />}
    </Section>
  );
}

function Progress({ rotation: { generation, started_at, moved, waiting, retiring_until } }: { rotation: RotationView }) {
  const all = moved + waiting;
  return (
    <>
      <p>
        <strong>Generation {count(generation)}</strong>{started_at === null ? ", never rotated by hand" : <>, begun <Age since={started_at} suffix=" ago" /></>}.{" "}
        {waiting === 0 ? `${counted(moved, "agent")} ${moved === 1 ? "has" : "have"} it.` : `${count(moved)} of ${counted(all, "agent")} have moved to it.`}
      </p>
      {waiting > 0 && <progress className={styles.progress} value={moved} max={all} aria-label="Agents that have moved" />}
      {retiring_until !== null && <p className={styles.note}>The old keys end <Until at={retiring_until} past="now" />.</p>}
    </>
  );
}

function RotateDialog({ isEmergency, onClose }: { isEmergency: boolean; onClose: () => void }) {
  const rotate = useAct(() => rotateKeys(isEmergency), "rotation", onClose);
  const act = { ...rotate, mutate: () => rotate.mutate(undefined) };
  if (!isEmergency) {
    return (
      <ConfirmDialog title="Rotate the agents' keys?" deed="Rotate the keys" tone="primary" act={act} onClose={onClose}>
        <p>Each agent makes a new key with one of its next reports. The old keys are taken until all have moved. Nothing is lost, and nobody has to do anything.</p>
      </ConfirmDialog>
    );
  }
  return (
    <ConfirmDialog title="Refuse all present keys at once?" deed="Refuse all present keys" typed="emergency" act={act} onClose={onClose}>
      <p>For when a key has leaked. Reports under the present keys are refused from now on; every agent proves with its identity who it is and makes a new key. Reports that wait on a machine are sent again under it.</p>
    </ConfirmDialog>
  );
}
