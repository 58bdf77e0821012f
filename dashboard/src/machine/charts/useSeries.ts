// One machine's series: asked for once a span, kept fresh by a slow refetch and, in
// between, by the reports of the live stream.
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { fetchSeries } from "../../api/machines";
import { useMachineCard } from "../../live/fleetStore";
import { serverNow_s } from "../../live/serverClock";
import { metricsOf, type Panel } from "./panels";
import { readSeries, type Series, withNewest } from "./series";
import { type Choice, type Span, spanOf } from "./span";

const POINTS = 400;
/** A chart of a week needs no new point every minute. */
const REFETCH_MS = { "15m": 60_000, "1h": 60_000, "24h": 120_000, "7d": 600_000, "30d": 600_000 } as const;

export interface ShownSeries {
  series: Series;
  span: Span;
}

export function useSeries(id: string, panels: readonly Panel[], choice: Choice) {
  const metrics = metricsOf(panels);
  const card = useMachineCard(id);
  const query = useQuery({
    queryKey: ["series", id, metrics.join(), choice],
    queryFn: async ({ signal }): Promise<ShownSeries> => {
      const span = spanOf(choice, serverNow_s());
      return { span, series: readSeries(await fetchSeries(id, metrics, span, POINTS, signal)) };
    },
    placeholderData: keepPreviousData,
    refetchInterval: choice.zoom ? false : REFETCH_MS[choice.range],
  });

  const [live, setLive] = useState<{ base: ShownSeries; shown: ShownSeries } | null>(null);
  const base = query.data;
  useEffect(() => {
    if (!base) return;
    // eslint-disable-next-line react-hooks/set-state-in-effect -- a report that arrived is news from outside
    setLive((before) => {
      const shown = before?.base === base ? before.shown : base;
      if (choice.zoom || !card) return { base, shown };
      const series = withNewest(shown.series, card);
      if (series === shown.series && before?.base === base) return before;
      return { base, shown: { series, span: spanOf(choice, serverNow_s()) } };
    });
  }, [base, card, choice]);

  return { ...query, shown: live?.base === base ? live?.shown : base };
}
