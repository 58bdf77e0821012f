// What a command wrote: fetched piece by piece while it runs, each byte once.
import { useEffect, useState } from "react";
import { type CommandView, fetchOutput } from "../../api/commands";
import { fromBase64 } from "../signing/base64";
import { readable } from "./readable";

const POLL_MS = 1000;

export interface ShownOutput {
  text: string;
  error: string | null;
}

export function useOutput(command: CommandView): ShownOutput {
  const id = command.command_id;
  const [output, setOutput] = useState<ShownOutput>({ text: "", error: null });

  useEffect(() => {
    const stop = new AbortController();
    const decoder = new TextDecoder();
    let timer: number | undefined;

    async function fetchFrom(offset: number, text: string) {
      try {
        const piece = await fetchOutput(id, offset, stop.signal);
        const whole = text + decoder.decode(fromBase64(piece.bytes) ?? new Uint8Array(), { stream: true });
        if (whole !== text) setOutput({ text: readable(whole), error: null });
        const hasMore = piece.next_offset > piece.offset;
        if (hasMore) await fetchFrom(piece.next_offset, whole);
        else if (!piece.is_complete) timer = window.setTimeout(() => void fetchFrom(piece.next_offset, whole), POLL_MS);
      } catch (error) {
        if (stop.signal.aborted) return;
        setOutput({ text: readable(text), error: error instanceof Error ? error.message : "It can't be fetched." });
        timer = window.setTimeout(() => void fetchFrom(offset, text), POLL_MS * 5);
      }
    }

    void fetchFrom(0, "");
    return () => {
      stop.abort();
      window.clearTimeout(timer);
    };
  }, [id]);
  return output;
}
