// What this machine was asked to do and how that went; and what its own policy allows.
import { useQuery } from "@tanstack/react-query";
import { fetchCommands } from "../../api/commands";
import { actionTitle, argsInShort } from "../../commands/actions";
import { StateMark } from "../../commands/StateMark";
import { Age } from "../../live/Age";
import { Link } from "../../route/Link";
import { batchPath } from "../../route/pages";
import page from "../MachinePage.module.css";
import { Nothing, Part } from "../Part";
import part from "../Part.module.css";
import { AgentPart } from "../security/AgentPart";
import type { TabProps } from "../tabProps";

const REFETCH_MS = 3000;

export function CommandsTab({ machine }: TabProps) {
  const id = machine.machine_id;
  const commands = useQuery({ queryKey: ["commands", "machine", id], queryFn: ({ signal }) => fetchCommands({ machine: id }, signal), refetchInterval: REFETCH_MS });
  const list = commands.data?.commands ?? [];
  return (
    <div className={page.parts}>
      <div className={page.whole}>
        <Part title="Commands" note={list.length === 0 ? undefined : "the newest first"}>
          {commands.error && <Nothing>This can't be shown: {commands.error.message}</Nothing>}
          {commands.data && list.length === 0 && <Nothing>It was never asked to do anything.</Nothing>}
          {list.length > 0 && (
            <table className={part.table}>
              <thead>
                <tr>
                  <th scope="col">What</th>
                  <th scope="col" className={part.medium}>State</th>
                  <th scope="col" className={part.spare}>Said</th>
                  <th scope="col" className={`${part.medium} ${part.spare}`}>By</th>
                  <th scope="col" className={`${part.narrow} ${part.number}`}>Asked</th>
                </tr>
              </thead>
              <tbody>
                {list.map((command) => (
                  <tr key={command.command_id}>
                    <td title={argsInShort(command.args)}><Link to={`${batchPath(command.batch_id)}?open=${command.command_id}`}>{actionTitle(command.action)}</Link> <span className={part.quiet}>{argsInShort(command.args)}</span></td>
                    <td><StateMark state={command.state} /></td>
                    <td className={`${part.quiet} ${part.spare}`} title={command.message ?? undefined}>{command.message ?? (command.exit_code === null || command.exit_code === undefined ? "–" : `exit status ${command.exit_code}`)}</td>
                    <td className={part.spare} title={command.reason}>{command.by}</td>
                    <td className={part.number}><Age since={command.created_at} /></td>
                  </tr>
                ))}
              </tbody>
            </table>
          )}
        </Part>
      </div>
      <div className={page.whole}><AgentPart machine={machine} /></div>
    </div>
  );
}
