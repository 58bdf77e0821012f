// How well the machine is protected: one number, and each thing it is made of.
import { Nothing } from "../Part";
import part from "../Part.module.css";
import type { Report } from "../report";
import { SectionPart } from "../SectionPart";
import { type Guard, type Posture, POSTURE_LOW, readPosture } from "./posture";
import styles from "./PosturePart.module.css";

export function PosturePart({ id, report }: { id: string; report: Report }) {
  return (
    <SectionPart id={id} title="Protection" name="posture" report={report}>
      {(value) => <PostureRows posture={readPosture(value)} />}
    </SectionPart>
  );
}

function PostureRows({ posture }: { posture: Posture }) {
  const off = posture.guards.filter((guard) => guard.isOn === false).length;
  return (
    <>
      <p className={styles.score}>
        {posture.score === null ? <>–</> : <strong className={posture.score < POSTURE_LOW ? part.amberText : undefined}>{posture.score}</strong>}
        <span>of 100: {off === 0 ? "all that is known of is on" : off === 1 ? "one thing is off" : `${off} things are off`}</span>
      </p>
      {posture.guards.length === 0 ? <Nothing>Nothing of it is known.</Nothing> : (
        <table className={part.table}>
          <tbody>{posture.guards.map((guard) => <GuardRow key={guard.label} guard={guard} />)}</tbody>
        </table>
      )}
      {posture.xprotectVersion !== null && <Nothing>{`XProtect ${posture.xprotectVersion}`}</Nothing>}
    </>
  );
}

// A sign and a word, never the colour alone.
function GuardRow({ guard }: { guard: Guard }) {
  return (
    <tr>
      <td className={part.wrap}>{guard.label}</td>
      <td className={`${part.wrap} ${guard.isOn === false ? part.amber : part.quiet}`}>
        {guard.isOn === null ? `– ${guard.detail ?? ""}` : <>{guard.isOn ? "on" : "▲ off"}{guard.detail !== null && <span className={part.quiet}> {guard.detail}</span>}</>}
      </td>
    </tr>
  );
}
