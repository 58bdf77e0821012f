// The server's words, by their names. The shapes are generated from the OpenAPI
// document (npm run types); this file only gives them short names.
import type { components } from "./schema";

type Schemas = components["schemas"];

export type UserView = Schemas["UserView"];
export type CardView = Schemas["CardView"];
/** What the agent itself wrote is passed on as it came: unknown until machine/report.ts has read it. */
export type MachineView = Omit<Schemas["MachineView"], "info" | "latest_metrics"> & { info: unknown; latest_metrics: unknown };
export type SeriesView = Schemas["SeriesView"];
export type SnapshotFrame = Schemas["SnapshotFrame"];
export type DeltaFrame = Schemas["DeltaFrame"];
export type TickFrame = Schemas["TickFrame"];
export type TagsView = Schemas["TagsView"];
export type TokenView = Schemas["TokenView"];
export type AuditView = Schemas["AuditView"];
export type AuditRecordView = Schemas["AuditRecordView"];
/** Its words come from a closed set, which the document doesn't say. */
export type CertificateView = Omit<Schemas["CertificateView"], "source" | "state"> & {
  source: "own" | "files" | "acme";
  state: "ok" | "expiring" | "failing";
};

export type Presence = CardView["presence"];
export type Alarm = CardView["alarms"][number];
