// This user's key in this browser, if there is one and the server still knows it.
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { fetchOperatorKeys, registerOperatorKey } from "../../api/operatorKeys";
import { useSignedIn } from "../../shell/signedIn";
import { dropKey, keepKey, keptKey } from "./keyStore";
import { makeOperatorKey, type OperatorKey } from "./operatorKey";

export function useOperatorKey() {
  const { user } = useSignedIn();
  return useQuery({
    queryKey: ["operator-key", user.username],
    queryFn: async ({ signal }): Promise<OperatorKey | null> => {
      const kept = await keptKey(user.username);
      if (!kept) return null;
      const { keys } = await fetchOperatorKeys(signal);
      if (keys.some((each) => each.id === kept.id)) return kept;
      // It was taken away on the server: signatures with it would be refused.
      await dropKey(user.username);
      return null;
    },
    staleTime: 60_000,
  });
}

/** Makes a key, registers its public part, and keeps it here only once the server knows it. */
export function useMakeOperatorKey() {
  const { user } = useSignedIn();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: async (name: string) => {
      const key = await makeOperatorKey(name, user.username);
      await registerOperatorKey({ name, public_key: key.publicText });
      await keepKey(key);
      return key;
    },
    onSuccess: (key) => queries.setQueryData(["operator-key", user.username], key),
  });
}
