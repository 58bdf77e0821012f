//! What the command queue is asked.

use std::sync::Arc;

use actix::Message;
use bytes::Bytes;

use super::command::{Batch, Command, CommandId, CommandState, NewCommand, OperatorSignature, Outcome};
use crate::model::{MachineId, UserName};
use crate::store::{AppendError, PutError, StoreError};

/// A command and the batch that it belongs to.
pub type CommandInBatch = (Command, Arc<Batch>);

/// Queue a batch of commands; answers with them once they are on disk. A batch that is there already is
/// not queued again.
#[derive(Clone, Debug, Message)]
#[rtype(result = "Result<Vec<CommandInBatch>, EnqueueError>")]
pub struct EnqueueBatch {
    /// What is asked.
    pub batch: Batch,
    /// Of whom.
    pub commands: Vec<NewCommand>,
}

/// Why a batch was not queued. None of its commands was then.
#[derive(Clone, Debug, thiserror::Error)]
pub enum EnqueueError {
    /// Nobody to do it.
    #[error("no machine is named")]
    NoTargets,
    /// Too many machines at once.
    #[error("a batch is of at most {max} machines")]
    TooManyTargets {
        /// How many are taken.
        max: usize,
    },
    /// Too many wait for one of its machines.
    #[error("too many commands wait for {0} already")]
    QueueFull(MachineId),
    /// Too many wait altogether.
    #[error("too many commands wait altogether: cancel some, or wait until they have expired")]
    TooMany,
    /// The person has acted on too many machines of late.
    #[error(
        "this would be {asked} machines within ten minutes, of {max} that one person may act on: wait, or ask a colleague"
    )]
    OverBudget {
        /// With this batch.
        asked: usize,
        /// How many one may.
        max: usize,
    },
    /// Another command was queued for the machine since this one was drafted, or it has that id.
    #[error("another command was queued for {0} since this one was drafted: draft and sign it anew")]
    Outdated(MachineId),
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

/// Hand out what waits for a machine.
#[derive(Clone, Debug, Message)]
#[rtype(result = "Result<Lease, LeaseError>")]
pub struct LeaseCommands {
    /// Who fetches.
    pub machine: MachineId,
    /// Which agent of it; none = one of 2.0.
    pub agent_id: Option<String>,
    /// At most so many. An agent with keys of its own gets one at a time, in their order.
    pub limit: usize,
}

/// What a machine gets.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lease {
    /// To be run.
    pub commands: Vec<CommandInBatch>,
    /// Not to be run, or to be ended, if they were handed out before.
    pub cancelled: Vec<CommandId>,
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

/// A machine tells how its command goes.
#[derive(Clone, Debug, Message)]
#[rtype(result = "Result<Heard, SettleError>")]
pub struct SettleCommand {
    /// Who tells: only its own commands are settled.
    pub machine: MachineId,
    /// Which agent of it; none = one of 2.0.
    pub agent_id: Option<String>,
    /// Which command.
    pub id: CommandId,
    /// What it tells.
    pub told: Told,
}

/// What a machine can tell of a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    /// It has begun.
    Started,
    /// It came to its end.
    Ended(Outcome),
}

/// What a machine is told in return.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Heard {
    /// Bytes of the output that are here; the next ones begin there.
    pub output_bytes: u32,
    /// Somebody called it off: end it.
    pub is_cancelled: bool,
    /// Nothing more is wanted of it.
    pub is_settled: bool,
}

/// Why a command was not settled.
#[derive(Clone, Debug, thiserror::Error)]
pub enum SettleError {
    /// That machine has no such command.
    #[error("there is no such command for this machine")]
    Unknown,
    /// The output is more than is kept of one command.
    #[error("a command's output is kept up to {max} bytes")]
    OutputFull {
        /// How much is kept.
        max: usize,
    },
    /// The output could not be stored.
    #[error(transparent)]
    Put(#[from] PutError),
    /// The output could not be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Not written to disk.
    #[error(transparent)]
    Append(#[from] AppendError),
    /// The queue is being rebuilt.
    #[error("the command queue is busy")]
    Busy,
}

/// A piece of a command's output. Only what begins where the one before ended is taken; a repeat is
/// no error.
#[derive(Clone, Debug, Message)]
#[rtype(result = "Result<Heard, SettleError>")]
pub struct KeepOutput {
    /// Who tells.
    pub machine: MachineId,
    /// Which agent of it.
    pub agent_id: Option<String>,
    /// Which command.
    pub id: CommandId,
    /// Where it begins.
    pub offset: u32,
    /// The piece.
    pub bytes: Bytes,
}

/// A command's output from there on.
#[derive(Clone, Copy, Debug, Message)]
#[rtype(result = "Result<Bytes, ReadOutputError>")]
pub struct ReadOutput {
    /// Which command.
    pub id: CommandId,
    /// From which byte on.
    pub offset: u32,
}

/// Why no output is to be had.
#[derive(Clone, Debug, thiserror::Error)]
pub enum ReadOutputError {
    /// No such command.
    #[error("there is no such command")]
    Unknown,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Call commands off. Those that were never handed out end at once; of others their machines are told.
#[derive(Clone, Debug, Message)]
#[rtype(result = "Result<Vec<CommandInBatch>, CancelError>")]
pub struct CancelCommands {
    /// A command, or a batch.
    pub id: CommandId,
    /// Who calls it off.
    pub by: UserName,
}

/// Why nothing was called off.
#[derive(Clone, Debug, thiserror::Error)]
pub enum CancelError {
    /// No such command or batch.
    #[error("there is no such command or batch")]
    Unknown,
    /// It came to its end before.
    #[error("it has ended already")]
    Ended,
    /// Not written to disk.
    #[error(transparent)]
    Append(#[from] AppendError),
    /// The queue is being rebuilt.
    #[error("the command queue is busy")]
    Busy,
}

/// Commands, newest first.
#[derive(Clone, Debug, Default, Message)]
#[rtype(result = "Vec<CommandInBatch>")]
pub struct ListCommands {
    /// Only those of this machine.
    pub machine: Option<MachineId>,
    /// Only those of this batch.
    pub batch: Option<CommandId>,
    /// Only those in this state.
    pub state: Option<CommandState>,
    /// Only those before this one.
    pub before: Option<CommandId>,
    /// At most so many.
    pub limit: usize,
}

/// One command.
#[derive(Clone, Copy, Debug, Message)]
#[rtype(result = "Option<CommandInBatch>")]
pub struct FindCommand(pub CommandId);

/// One batch, and how many of its commands stand where.
#[derive(Clone, Copy, Debug, Message)]
#[rtype(result = "Option<BatchStanding>")]
pub struct FindBatch(pub CommandId);

/// A batch, and how far it has come.
#[derive(Clone, Debug)]
pub struct BatchStanding {
    /// The batch.
    pub batch: Arc<Batch>,
    /// How many of its commands are in which state; states that none is in are left out.
    pub states: Vec<(CommandState, usize)>,
}

/// Add another operator's signatures to commands that wait.
#[derive(Clone, Debug, Message)]
#[rtype(result = "Result<Vec<CommandInBatch>, SignError>")]
pub struct SignBatch {
    /// Of which batch.
    pub batch: CommandId,
    /// Which commands, and the signatures.
    pub signatures: Vec<(CommandId, OperatorSignature)>,
}

/// Why signatures were not added.
#[derive(Clone, Debug, thiserror::Error)]
pub enum SignError {
    /// No such batch or command.
    #[error("there is no such batch, or no such command in it")]
    Unknown,
    /// Too late.
    #[error("it was handed out, or has ended")]
    HandedOut,
    /// Nothing new.
    #[error("this operator has signed it, or as many have as can")]
    Signed,
    /// Not written to disk.
    #[error(transparent)]
    Append(#[from] AppendError),
    /// The queue is being rebuilt.
    #[error("the command queue is busy")]
    Busy,
}
