// What seldom changes on a machine: one section at a time, and what changed when.
import { Refusal, request } from "./request";
import type { ChangesView, SectionView } from "./wire";
import { pathPart } from "../route/pathPart";

const pathOf = (id: string) => `/api/v2/machines/${pathPart(id)}`;

/** Null when the machine never sent a section of that name. */
export async function fetchSection(id: string, name: string, signal?: AbortSignal): Promise<SectionView | null> {
  try {
    return await request<SectionView>("GET", `${pathOf(id)}/sections/${name}`, undefined, signal);
  } catch (error) {
    if (error instanceof Refusal && error.status === 404) return null;
    throw error;
  }
}

export const fetchChanges = (id: string, signal?: AbortSignal) =>
  request<ChangesView>("GET", `${pathOf(id)}/changes`, undefined, signal);
