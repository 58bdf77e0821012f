// Doing something to what a list shows: the list is asked for again afterwards.
import { useMutation, useQueryClient } from "@tanstack/react-query";

export function useAct<Input, Answer>(act: (input: Input) => Promise<Answer>, list: string, onDone?: (answer: Answer) => void) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: act,
    onSuccess: (answer) => {
      void queries.invalidateQueries({ queryKey: [list] });
      onDone?.(answer);
    },
  });
}
