//! How agents answer over their channels.

use serde::Serialize;
use utoipa::ToSchema;

/// How a machine's agent answered when it was last asked (contract, section 3).
#[derive(Serialize, ToSchema)]
pub struct HealthCheckView<'a> {
    /// `reachable`, `timeout` (it has a channel and does not answer) or `unreachable` (it has none).
    pub status: &'a str,
    /// When this was found.
    pub last_check: String,
    /// How long the way there and back took.
    #[schema(required)]
    pub latency_ms: Option<f64>,
    /// What is wrong, in a sentence.
    #[schema(required)]
    pub error: Option<&'a str>,
    /// The agent's version.
    pub agent_version: &'a str,
    /// For how long the agent had run.
    #[schema(required)]
    pub uptime_seconds: Option<u64>,
    /// Whether it answers.
    pub agent_responsive: bool,
}

/// How an agent hears that somebody looks at its machine.
#[derive(Serialize, ToSchema)]
pub struct ReportAskedView<'a> {
    /// `told` (it reports within a second), `told_before` (less than five seconds ago) or
    /// `with_next_report` (it has no channel).
    pub status: &'a str,
}
