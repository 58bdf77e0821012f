// What can be asked about, and done to, one machine.
import { request } from "./request";
import type { MachineView, ReportAskedView, SeriesView, TagsView } from "./wire";
import { pathPart } from "../route/pathPart";

export const fetchMachine = (id: string, signal?: AbortSignal) =>
  request<MachineView>("GET", `/api/fleet/machine/${pathPart(id)}`, undefined, signal);

export function fetchSeries(
  id: string,
  metrics: readonly string[],
  span: { from_s: number; to_s: number },
  points: number,
  signal?: AbortSignal,
) {
  const query = new URLSearchParams({
    metrics: metrics.join(","),
    from: new Date(span.from_s * 1000).toISOString(),
    to: new Date(span.to_s * 1000).toISOString(),
    points: String(points),
  });
  const path = `/api/v2/machines/${pathPart(id)}/series?${query.toString()}`;
  return request<SeriesView>("GET", path, undefined, signal);
}

export const tagMachine = (id: string, tags: readonly string[]) =>
  request<TagsView>("PUT", `/api/v2/machines/${pathPart(id)}/tags`, { tags });

/** Somebody looks at it: it should report now. */
export const askForReport = (id: string) =>
  request<ReportAskedView>("POST", `/api/v2/machines/${pathPart(id)}/report-now`);

export const forgetMachine = (id: string) =>
  request<undefined>("DELETE", `/api/v2/machines/${pathPart(id)}`);
