//! Tokens with which machines join, the agents that did, and the rotation of their keys.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::words::{AgentStateWord, KeyStateWord};

/// Asks for an enrolment token.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TokenRequest {
    /// How many machines may use it; 1 unless said, 100,000 at most.
    #[serde(default = "one")]
    pub max_uses: u32,
    /// For how many seconds; an hour unless said, 30 days at most.
    #[serde(default = "an_hour")]
    pub ttl_s: u64,
}

const fn one() -> u32 {
    1
}

const fn an_hour() -> u64 {
    3_600
}

/// An enrolment token; shown this once.
#[derive(Serialize, Deserialize, ToSchema)]
pub struct TokenView {
    /// Its name.
    pub token_id: String,
    /// The token itself.
    pub token: String,
    /// When it ends.
    pub expires_at: String,
    /// How many machines may use it.
    pub max_uses: u32,
    /// What to type on the machine.
    pub command: String,
}

/// An enrolment token that is open.
#[derive(Serialize, Deserialize, ToSchema)]
pub struct OpenTokenView {
    /// Its name.
    pub id: String,
    /// How many machines may still use it.
    pub uses_left: u32,
    /// How many might at the beginning.
    pub uses_max: u32,
    /// When it ends.
    pub expires_at: String,
    /// When it was made; null when that was not kept.
    #[schema(required)]
    pub created_at: Option<String>,
    /// Who made it; null when that was not kept.
    #[schema(required)]
    pub created_by: Option<String>,
}

/// All open tokens, the newest first.
#[derive(Serialize, Deserialize, ToSchema)]
pub struct TokensView {
    /// The tokens.
    pub tokens: Vec<OpenTokenView>,
}

/// An enrolled agent.
#[derive(Serialize, Deserialize, ToSchema)]
pub struct EnrolledAgentView {
    /// Its name.
    pub agent_id: String,
    /// The only machine that it may speak for.
    pub machine_id: String,
    /// `active`, `pending` (waits to be approved) or `revoked`.
    #[schema(value_type = AgentStateWord)]
    pub state: String,
    /// Counts its keys.
    pub epoch: u32,
    /// `active`, `rotating` (another key is due) or `overdue` (its key is dead, it gets another one when
    /// it comes back).
    #[schema(value_type = KeyStateWord)]
    pub key_state: String,
    /// When it was enrolled.
    pub created_at: String,
    /// When its machine last reported; null while it does not speak for it.
    #[schema(required)]
    pub last_report: Option<String>,
    /// Another agent speaks for its machine, or two processes seem to use its credential.
    pub possible_duplicate: bool,
    /// It was enrolled with the secret that a whole cluster shares.
    pub legacy: bool,
}

/// All enrolled agents, by their names.
#[derive(Serialize, Deserialize, ToSchema)]
pub struct EnrolledAgentsView {
    /// The agents.
    pub agents: Vec<EnrolledAgentView>,
    /// Machines whose agent is one of 1.x or 2.0 and has no key of its own.
    pub legacy_machines: usize,
}

/// Where the rotation of the agents' keys stands.
#[derive(Serialize, Deserialize, ToSchema)]
pub struct RotationView {
    /// Counts the rotations.
    pub generation: u32,
    /// When the newest began; null when there was none.
    #[schema(required)]
    pub started_at: Option<String>,
    /// Agents whose key is of the newest generation.
    pub moved: usize,
    /// Agents that have yet to agree on one.
    pub waiting: usize,
    /// Until when earlier keys are taken; null when they are not.
    #[schema(required)]
    pub retiring_until: Option<String>,
}

/// Asks for a rotation.
#[derive(Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RotationRequest {
    /// Earlier keys are dead at once. Agents agree on new ones by their identity; none is locked out.
    #[serde(default)]
    pub emergency: bool,
    /// Within how many seconds all agents are asked; three days unless said.
    #[serde(default)]
    pub within_s: Option<u32>,
}
