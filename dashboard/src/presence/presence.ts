// How a machine's presence is named and ordered. Its shape and colour are in PresenceMark.
import type { Presence } from "../api/wire";

/** In the order of the tiles. */
export const PRESENCES: readonly Presence[] = ["online", "warning", "offline", "asleep"];

/** What each means, for tooltips. */
export const MEANING: Record<Presence, string> = {
  online: "Reports arrive as they should",
  warning: "Reports are late",
  offline: "No reports for too long",
  asleep: "Said it was going to sleep",
};
