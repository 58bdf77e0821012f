//! What a command is and which states it goes through.

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::model::{MachineId, UserName};

/// What a machine is asked to do. Typed: never a line for a shell.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Action {
    /// End a process.
    KillProcess {
        /// Its number.
        pid: u32,
    },
    /// Start the agent anew.
    RestartAgent,
    /// Forget cached names.
    ClearDnsCache,
}

impl Action {
    /// The name on the wire (contract, section 2).
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::KillProcess { .. } => "kill_process",
            Self::RestartAgent => "restart_agent",
            Self::ClearDnsCache => "clear_dns_cache",
        }
    }
}

/// Where a command stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum CommandState {
    /// Waits for its machine.
    Queued,
    /// Its machine has fetched it.
    Leased,
    /// Done.
    Succeeded,
    /// The machine could not do it.
    Failed,
    /// The machine did not come for it in time.
    Expired,
    /// Fetched, and never heard of again: it may or may not have run.
    Unknown,
}

impl CommandState {
    /// The name in the API.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Leased => "leased",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Expired => "expired",
            Self::Unknown => "unknown",
        }
    }

    /// Whether anything can still happen to it.
    #[must_use]
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Queued | Self::Leased)
    }
}

/// One command for one machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Command {
    /// Its id.
    pub id: String,
    /// For whom.
    pub machine: MachineId,
    /// What to do.
    pub action: Action,
    /// Who asked for it.
    pub by: UserName,
    /// Where it stands.
    pub state: CommandState,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// When nobody shall run it any more.
    pub expires_at: Timestamp,
    /// When it came to its end.
    pub settled_at: Option<Timestamp>,
    /// What the machine said of it.
    pub message: Option<String>,
}
