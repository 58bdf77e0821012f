//! How an answer that is no success looks.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// An error's body.
#[derive(Serialize, ToSchema)]
pub struct ErrorBody<'a> {
    /// What went wrong.
    pub error: ErrorView<'a>,
}

/// What went wrong.
#[derive(Serialize, ToSchema)]
pub struct ErrorView<'a> {
    /// A word for programs.
    pub code: &'a str,
    /// A sentence for people: what was wrong and what to do.
    pub message: &'a str,
    /// Finds the request in the server's log.
    pub request_id: &'a str,
    /// The server's time, when the agent's clock is wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub server_time: Option<String>,
}

/// An error's body on the routes of 2.0 whose clients read `error` as a text (contract, sections 2
/// and 3).
#[derive(Serialize, ToSchema)]
pub struct LegacyErrorBody<'a> {
    /// The text that 2.0 sends.
    pub error: &'a str,
    /// As in `ErrorView`.
    pub code: &'a str,
    /// As in `ErrorView`.
    pub message: &'a str,
    /// As in `ErrorView`.
    pub request_id: &'a str,
    /// Only with `decrypt_failed`: false.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub e2ee_verified: Option<bool>,
}

/// An error's body as a client reads it.
#[derive(Deserialize)]
pub struct ToldError {
    /// What went wrong.
    pub error: ToldSentence,
}

/// See [`ToldError`].
#[derive(Deserialize)]
pub struct ToldSentence {
    /// A sentence for people.
    pub message: String,
}
