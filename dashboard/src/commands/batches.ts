// Commands gathered into what was asked at once.
import type { CommandState, CommandView } from "../api/commands";

export interface BatchLine {
  id: string;
  first: CommandView;
  count: number;
  states: Partial<Record<CommandState, number>>;
}

/** In the order in which each batch is first met. */
export function batchesOf(commands: readonly CommandView[]): BatchLine[] {
  const batches = new Map<string, BatchLine>();
  for (const command of commands) {
    const batch = batches.get(command.batch_id) ?? { id: command.batch_id, first: command, count: 0, states: {} };
    batch.count += 1;
    batch.states[command.state] = (batch.states[command.state] ?? 0) + 1;
    batches.set(command.batch_id, batch);
  }
  return [...batches.values()];
}
