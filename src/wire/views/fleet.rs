//! Machines and sums over them, as scripts and Grafana read them.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::channel::HealthCheckView;
use super::live::{AlarmView, CauseView, OutageView, PresenceView};

/// A machine's whole record (contract, section 3), with what ATLAS adds.
#[derive(Serialize, ToSchema)]
pub struct MachineView<'a> {
    /// Its id.
    pub machine_id: &'a str,
    /// What it says of itself; see `MachineInfo` in docs/api.md.
    #[schema(value_type = Object)]
    pub info: &'a RawValue,
    /// When its first report came.
    pub first_seen: String,
    /// When its newest report came.
    pub last_seen: String,
    /// Whether it is there.
    #[schema(value_type = PresenceView)]
    pub status: &'a str,
    /// Its newest values as its agent sent them; see `Metrics` in docs/api.md.
    #[schema(value_type = Object, required)]
    pub latest_metrics: Option<&'a RawValue>,
    /// Its tags.
    pub tags: Vec<&'a str>,
    /// Since when it is `status`.
    pub presence_since: String,
    /// Why it is away; null while it is there.
    #[schema(required, value_type = Option<CauseView>)]
    pub presence_cause: Option<&'a str>,
    /// How often it reports, in seconds.
    pub interval_s: u32,
    /// Who reports for it.
    pub agent: AgentView<'a>,
    /// How its agent answers over its channel; only when it ever had one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub health_check: Option<HealthCheckView<'a>>,
}

/// Who reports for a machine.
#[derive(Serialize, ToSchema)]
pub struct AgentView<'a> {
    /// `atlas`, or `2.0` for agents of 1.x and 2.0.
    pub kind: &'a str,
    /// The agent's version.
    #[schema(required)]
    pub version: Option<&'a str>,
    /// Reports that its full spool dropped.
    pub dropped_reports: u64,
    /// Reports that came after newer ones.
    pub late_reports: u64,
}

/// All machines.
#[derive(Serialize, ToSchema)]
pub struct MachinesView<'a> {
    /// The machines, by id.
    pub machines: Vec<MachineView<'a>>,
    /// How many there are in all; only when a page was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total: Option<usize>,
    /// How many were passed over; only when a page was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub offset: Option<usize>,
    /// How many at most; only when a page was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<usize>,
}

/// The fleet in numbers (contract, section 3).
#[derive(Serialize, ToSchema)]
pub struct SummaryView<'a> {
    /// All machines.
    pub total_machines: usize,
    /// Those that report in time.
    pub online: usize,
    /// Those that missed a report.
    pub warning: usize,
    /// Those that are away.
    pub offline: usize,
    /// Those that sleep.
    pub asleep: usize,
    /// Those whose agent is one of 1.x or 2.0, with the key that all of them share.
    pub legacy_agents: usize,
    /// Mean over online machines; null when none is.
    #[schema(required)]
    pub avg_cpu: Option<f32>,
    /// As above.
    #[schema(required)]
    pub avg_memory: Option<f32>,
    /// As above.
    #[schema(required)]
    pub avg_disk: Option<f32>,
    /// The values that stand out.
    pub alerts: Vec<AlertView<'a>>,
    /// Machines that were lost together.
    pub outages: Vec<OutageView<'a>>,
    /// The server's time.
    pub timestamp: String,
}

/// A value that stands out.
#[derive(Serialize, ToSchema)]
pub struct AlertView<'a> {
    /// Whose.
    pub machine_id: &'a str,
    /// Which.
    #[serde(rename = "type")]
    #[schema(value_type = AlarmView)]
    pub kind: &'a str,
    /// Always `critical`.
    pub severity: &'a str,
    /// In a sentence.
    pub message: String,
}

/// The server's state, without sign-in.
#[derive(Serialize, ToSchema)]
pub struct HealthView<'a> {
    /// `ok`.
    pub status: &'a str,
    /// Machines that are known.
    pub agents: usize,
    /// Machines that report in time.
    pub online: usize,
    /// Machines whose agent is one of 1.x or 2.0.
    pub legacy_agents: usize,
    /// The server's version.
    pub version: &'a str,
    /// Whether all machines have been read from disk since the start.
    pub complete: bool,
    /// The server's time.
    pub timestamp: String,
}

/// A machine's tags.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TagsView {
    /// All of them.
    pub tags: Vec<String>,
}
