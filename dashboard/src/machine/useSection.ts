// One section of a machine. They change a few times a day: asked for when shown, and now and then.
import { useQuery } from "@tanstack/react-query";
import { fetchSection } from "../api/sections";

const REFETCH_MS = 60_000;

export function useSection(id: string, name: string) {
  return useQuery({
    queryKey: ["section", id, name],
    queryFn: ({ signal }) => fetchSection(id, name, signal),
    staleTime: REFETCH_MS / 2,
    refetchInterval: REFETCH_MS,
  });
}
