//! Commands of the 2.0 kind, and what an agent's report is answered with.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::audit::AuditHeadView;

/// The answer to a report that is on disk.
#[derive(Serialize, ToSchema)]
pub struct ReceiptView<'a> {
    /// `ok`.
    pub status: &'a str,
    /// Whether the report came sealed.
    pub e2ee_verified: bool,
    /// Always false: ATLAS keeps no agent's database key.
    pub db_key_stored: bool,
    /// Whether it had been accepted before; then nothing was stored again.
    pub duplicate: bool,
    /// How many commands wait for this machine.
    pub commands_due: u32,
    /// Whether somebody looks at this machine, so that another report should come soon.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub report_now: bool,
    /// How far the server's audit log has come; for enrolled agents, which remember it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub audit_head: Option<AuditHeadView>,
    /// Whether the agent should agree on another key.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub rekey: bool,
}

/// Asks for a command (contract, section 3).
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CommandRequest {
    /// `kill_process`, `restart_agent` or `clear_dns_cache`.
    pub action: String,
    /// For `kill_process`: `{"pid": number}`.
    #[serde(default)]
    #[schema(value_type = Object)]
    pub params: CommandParams,
}

/// What an action needs to know.
#[derive(Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CommandParams {
    /// Which process.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pid: Option<u32>,
}

/// A command was queued.
#[derive(Serialize, ToSchema)]
pub struct CommandCreatedView {
    /// Its id.
    pub command_id: String,
    /// `created`.
    pub status: &'static str,
}

/// A machine's commands.
#[derive(Serialize, ToSchema)]
pub struct CommandsView {
    /// The commands.
    pub commands: Vec<CommandView>,
}

/// One command.
#[derive(Serialize, ToSchema)]
pub struct CommandView {
    /// Its id.
    pub id: String,
    /// What to do.
    pub action: String,
    /// What the action needs to know.
    #[schema(value_type = Object)]
    pub params: CommandParams,
    /// Where it stands; not told to agents.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// When it was asked for; not told to agents.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_at: Option<String>,
    /// Who asked; not told to agents.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// What the machine said of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub result: Option<String>,
}

/// An agent's word on a command (contract, section 2: both forms).
#[derive(Deserialize, ToSchema)]
pub struct CommandAckRequest {
    /// Which command, unless the path says it.
    #[serde(default)]
    pub id: Option<String>,
    /// `completed` or `success`; anything else means that it failed.
    #[serde(default)]
    pub status: String,
    /// What the agent says of it: a text, or an object with a `message`.
    #[serde(default)]
    pub result: serde_json::Value,
}

/// `{"status":"ok"}`.
#[derive(Serialize, ToSchema)]
pub struct StatusView<'a> {
    /// `ok`.
    pub status: &'a str,
}
