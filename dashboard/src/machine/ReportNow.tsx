// Asks the machine for a report now, and says how it hears of it.
import { useMutation } from "@tanstack/react-query";
import { askForReport } from "../api/machines";
import { Button } from "../shell/Button";

const ANSWERS: Record<string, string> = {
  told: "asked",
  told_before: "asked",
  with_next_report: "it will hear with its next report",
};

export function ReportNow({ id }: { id: string }) {
  const ask = useMutation({ mutationFn: () => askForReport(id) });
  return (
    <>
      <span role="status">{ask.error?.message ?? (ask.data && (ANSWERS[ask.data.status] ?? ""))}</span>
      <Button disabled={ask.isPending} onClick={() => ask.mutate()}>Report now</Button>
    </>
  );
}
