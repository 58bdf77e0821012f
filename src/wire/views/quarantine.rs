//! Messages that made an actor panic.

use serde::Serialize;
use utoipa::ToSchema;

/// Messages that made an actor panic, newest first.
#[derive(Serialize, ToSchema)]
pub struct QuarantineView {
    /// The messages.
    pub messages: Vec<QuarantinedMessageView>,
}

/// One of them.
#[derive(Serialize, ToSchema)]
pub struct QuarantinedMessageView {
    /// When.
    pub at: String,
    /// Which actor.
    pub actor: String,
    /// The message as text.
    pub message: String,
    /// What the panic said.
    pub reason: String,
}
