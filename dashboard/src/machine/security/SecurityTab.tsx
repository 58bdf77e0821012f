// How well a machine is protected, and what it still lets in.
import page from "../MachinePage.module.css";
import { UpdatesPart } from "../software/UpdatesPart";
import type { TabProps } from "../tabProps";
import { AgentPart } from "./AgentPart";
import { PosturePart } from "./PosturePart";

export function SecurityTab({ machine, report }: TabProps) {
  const id = machine.machine_id;
  return (
    <div className={`${page.parts} live`}>
      <div className={page.stack}>
        <PosturePart id={id} report={report} />
      </div>
      <div className={page.stack}>
        <UpdatesPart id={id} report={report} />
        <AgentPart machine={machine} />
      </div>
    </div>
  );
}
