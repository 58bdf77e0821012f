//! Tokens with which machines join.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

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
