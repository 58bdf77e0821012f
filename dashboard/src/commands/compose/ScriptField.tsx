// A script of the library, in one of its versions, with its text: who runs it should have read it.
import { useQuery } from "@tanstack/react-query";
import { fetchScripts } from "../../api/commands";
import form from "../../shell/Form.module.css";
import { readScript } from "../scripts/readScript";
import styles from "./Compose.module.css";

interface ScriptFieldProps {
  label: string;
  /** 'id version sha256' */
  chosen: string;
  onChoose: (chosen: string) => void;
}

export function ScriptField({ label, chosen, onChoose }: ScriptFieldProps) {
  const scripts = useQuery({ queryKey: ["scripts"], queryFn: ({ signal }) => fetchScripts(signal) });
  const list = scripts.data?.scripts ?? [];
  return (
    <div className={styles.script}>
      <label className={form.field}>
        <span>{label}</span>
        <select name="arg-script" value={chosen} onChange={(event) => onChoose(event.target.value)}>
          <option value="">{scripts.isPending ? "…" : list.length === 0 ? "The library is empty" : "Choose one"}</option>
          {list.map((each) => <option key={`${each.script_id} ${each.version}`} value={`${each.script_id} ${each.version} ${each.sha256}`}>{`${each.script_id}, version ${each.version}`}</option>)}
        </select>
        {scripts.error && <small>{scripts.error.message}</small>}
      </label>
      <ScriptText chosen={chosen} />
    </div>
  );
}

/** The text of a version: 'id version …'. */
export function ScriptText({ chosen }: { chosen: string }) {
  const [id = "", version = "", sha256] = chosen.split(" ");
  const script = useQuery({ queryKey: ["script", id, version, sha256], queryFn: ({ signal }) => readScript(id, Number(version), sha256, signal), enabled: id !== "", staleTime: Infinity });
  if (script.error) return <p role="alert" className={form.complaint}>{script.error.message}</p>;
  if (!script.data) return null;
  return (
    <>
      {script.data.description !== "" && <p className={styles.count}>{script.data.description}</p>}
      <pre className={styles.text} tabIndex={0} aria-label="The script's text">{script.data.content}</pre>
    </>
  );
}
