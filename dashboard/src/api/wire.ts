// The server's words, by their names. The shapes are generated from the OpenAPI
// document (npm run types); this file only gives them short names.
import type { components } from "./schema";

type Schemas = components["schemas"];

export type UserView = Schemas["UserView"];
export type CardView = Schemas["CardView"];
export type Cause = Schemas["CauseView"];
/** What the agent itself wrote is passed on as it came: unknown until machine/report.ts has read it. */
export type MachineView = Omit<Schemas["MachineView"], "info" | "latest_metrics"> & { info: unknown; latest_metrics: unknown };
export type SeriesView = Schemas["SeriesView"];
export type OutageView = Schemas["OutageView"];
export type SnapshotFrame = Schemas["SnapshotFrame"];
export type DeltaFrame = Schemas["DeltaFrame"];
export type TickFrame = Schemas["TickFrame"];
export type ReportAskedView = Schemas["ReportAskedView"];
/** `value` is what the agent itself wrote: unknown until one of the parts has read it. */
export type SectionView = Omit<Schemas["SectionView"], "value"> & { value: unknown };
export type ChangesView = Schemas["ChangesView"];
export type SectionChangeView = Schemas["SectionChangeView"];
export type ChangedItemView = Schemas["ChangedItemView"];
export type TagsView = Schemas["TagsView"];
export type TokenView = Schemas["TokenView"];
export type OperatorKeyView = Schemas["OperatorKeyView"];
export type AuditView = Schemas["AuditView"];
export type AuditRecordView = Schemas["AuditRecordView"];
export type CertificateView = Schemas["CertificateView"];
export type MeView = Schemas["MeView"];
export type MethodsView = Schemas["MethodsView"];
export type Role = Schemas["RoleView"];
export type Scope = Schemas["ScopeWord"];
export type SessionView = Schemas["SessionView"];
export type TotpView = Schemas["TotpView"];
export type UserEntryView = Schemas["UserEntryView"];
export type ApiKeyView = Schemas["ApiKeyView"];
export type OpenTokenView = Schemas["OpenTokenView"];
export type EnrolledAgentsView = Schemas["EnrolledAgentsView"];
export type EnrolledAgentView = Schemas["EnrolledAgentView"];
export type RotationView = Schemas["RotationView"];
export type NetworkView = Schemas["NetworkView"];
export type NetworkGroupView = Schemas["NetworkGroupView"];
export type NetworkMachineView = Schemas["NetworkMachineView"];
export type SpeedTestView = Schemas["SpeedTestView"];

export type Presence = CardView["presence"];
export type Alarm = CardView["alarms"][number];
