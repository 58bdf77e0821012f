// Whether all machines are asked at once, or a few first.
import { Field } from "../../shell/Field";
import form from "../../shell/Form.module.css";
import page from "../CommandsPage.module.css";
import type { TypedWaves } from "./waves";

export function StepsField({ waves, onChange }: { waves: TypedWaves; onChange: (waves: TypedWaves) => void }) {
  const write = (part: Partial<TypedWaves>) => onChange({ ...waves, ...part });
  return (
    <section className={page.box} aria-label="Steps">
      <label className={form.check}>
        <input type="checkbox" name="in-steps" checked={waves.inSteps} onChange={(event) => write({ inSteps: event.target.checked })} />
        <span>In steps<small>A few machines first; it stops by itself when they fail</small></span>
      </label>
      {waves.inSteps && (
        <div className={form.row}>
          <Field label="Machines first" name="wave-first" inputMode="numeric" value={waves.first} onChange={(event) => write({ first: event.target.value })} />
          <Field label="Then at a time" name="wave-step" inputMode="numeric" value={waves.step} onChange={(event) => write({ step: event.target.value })} />
          <Field label="Stop once so many failed" name="wave-stop" inputMode="numeric" value={waves.stopAfter} onChange={(event) => write({ stopAfter: event.target.value })} />
        </div>
      )}
    </section>
  );
}
