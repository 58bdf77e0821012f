//! What the command queue is asked.

use actix::Message;

use super::command::{Action, Command};
use crate::model::{MachineId, UserName};
use crate::store::AppendError;

/// Queue a command for a machine; answers with its id once it is on disk.
#[derive(Clone, Debug, Message)]
#[rtype(result = "Result<String, EnqueueError>")]
pub struct EnqueueCommand {
    /// For whom.
    pub machine: MachineId,
    /// What to do.
    pub action: Action,
    /// Who asks.
    pub by: UserName,
}

/// Why a command was not queued.
#[derive(Clone, Debug, thiserror::Error)]
pub enum EnqueueError {
    /// Too many wait for that machine.
    #[error("too many commands wait for this machine already")]
    QueueFull,
    /// The operating system gives no randomness.
    #[error("no random numbers are to be had")]
    NoRandomness,
    /// Not written to disk.
    #[error(transparent)]
    Append(#[from] AppendError),
    /// The queue is being rebuilt.
    #[error("the command queue is busy")]
    Busy,
}

/// Hand out the commands that wait for a machine. Each is handed out once.
#[derive(Clone, Debug, Message)]
#[rtype(result = "Result<Vec<Command>, LeaseError>")]
pub struct LeaseCommands {
    /// Who fetches.
    pub machine: MachineId,
    /// At most so many.
    pub limit: usize,
}

/// Why commands were not handed out.
#[derive(Clone, Debug, thiserror::Error)]
pub enum LeaseError {
    /// Not written to disk.
    #[error(transparent)]
    Append(#[from] AppendError),
    /// The queue is being rebuilt.
    #[error("the command queue is busy")]
    Busy,
}

/// A machine tells how its command went.
#[derive(Clone, Debug, Message)]
#[rtype(result = "Result<(), SettleError>")]
pub struct SettleCommand {
    /// Who tells: only its own commands are settled.
    pub machine: MachineId,
    /// Which command.
    pub id: String,
    /// Whether it worked.
    pub succeeded: bool,
    /// What the machine says of it.
    pub message: String,
}

/// Why a command was not settled.
#[derive(Clone, Debug, thiserror::Error)]
pub enum SettleError {
    /// That machine has no such command.
    #[error("there is no such command for this machine")]
    Unknown,
    /// Not written to disk.
    #[error(transparent)]
    Append(#[from] AppendError),
    /// The queue is being rebuilt.
    #[error("the command queue is busy")]
    Busy,
}

/// A machine's commands, newest first.
#[derive(Clone, Debug, Message)]
#[rtype(result = "Vec<Command>")]
pub struct ListCommands(pub MachineId);
