// The log in pages, each older than the one before.
import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { fetchAudit } from "../../api/audit";

const PAGE = 200;

export function useAudit(actor: string, action: string) {
  const query = useInfiniteQuery({
    queryKey: ["audit", actor, action],
    queryFn: ({ pageParam, signal }) => fetchAudit({ actor, action }, pageParam, PAGE, signal),
    initialPageParam: null as number | null,
    getNextPageParam: ({ records, oldest }) => {
      const last = records.at(-1)?.seq;
      return last === undefined || records.length < PAGE || last === oldest ? null : last;
    },
    placeholderData: keepPreviousData,
  });
  const records = useMemo(() => query.data?.pages.flatMap((page) => page.records) ?? [], [query.data]);
  return { ...query, records, head: query.data?.pages[0]?.head ?? null };
}
