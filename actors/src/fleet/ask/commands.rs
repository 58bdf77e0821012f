//! What the edge may ask about commands.

use bytes::Bytes;

use super::Fleet;
use crate::command_queue::command::CommandId;
use crate::fleet::Busy;
use crate::messages::{
    BatchStanding, CancelCommands, CancelError, CommandInBatch, EnqueueBatch, EnqueueError, FindBatch,
    FindCommand, Heard, KeepOutput, KeepScript, Lease, LeaseCommands, LeaseError, ListCommands, ListScripts,
    ReadOutput, ReadOutputError, ReadScript, ScriptError, ScriptVersion, SettleCommand, SettleError,
    SignBatch, SignError,
};
use crate::model::MachineId;
use crate::store::StoreError;

impl Fleet {
    /// Queues a batch. Done means: it is on disk.
    ///
    /// # Errors
    /// When nothing of it was queued.
    pub async fn enqueue(&self, batch: EnqueueBatch) -> Result<Vec<CommandInBatch>, EnqueueError> {
        let answer = self.ask(&self.commands, batch).await;
        answer.map_err(|Busy| EnqueueError::Busy)?
    }

    /// How many commands wait for a machine; costs no message.
    #[must_use]
    pub fn commands_due(&self, machine: &MachineId) -> u32 {
        self.due.load().get(machine).copied().unwrap_or(0)
    }

    /// Hands a machine its commands.
    ///
    /// # Errors
    /// When that can't be written down first.
    pub async fn lease(&self, asked: LeaseCommands) -> Result<Lease, LeaseError> {
        // Almost every poll finds nothing, and that is known without asking.
        if self.commands_due(&asked.machine) == 0 {
            return Ok(Lease::default());
        }
        let answer = self.ask(&self.commands, asked).await;
        answer.map_err(|Busy| LeaseError::Busy)?
    }

    /// Notes what a machine says of its command. Done means: it is on disk.
    ///
    /// # Errors
    /// When it has no such command.
    pub async fn settle(&self, told: SettleCommand) -> Result<Heard, SettleError> {
        let answer = self.ask(&self.commands, told).await;
        answer.map_err(|Busy| SettleError::Busy)?
    }

    /// Keeps a piece of a command's output. Done means: it is on disk.
    ///
    /// # Errors
    /// When the machine has no such command, or wrote too much.
    pub async fn keep_output(&self, piece: KeepOutput) -> Result<Heard, SettleError> {
        let answer = self.ask(&self.commands, piece).await;
        answer.map_err(|Busy| SettleError::Busy)?
    }

    /// A command's output from there on.
    ///
    /// # Errors
    /// When there is no such command.
    pub async fn read_output(&self, asked: ReadOutput) -> Result<Bytes, ReadOutputError> {
        let answer = self.ask(&self.commands, asked).await;
        answer.map_err(|Busy| ReadOutputError::Store(StoreError::Busy))?
    }

    /// Calls a command or a batch off.
    ///
    /// # Errors
    /// When there is none of that id, or it has ended.
    pub async fn cancel(&self, asked: CancelCommands) -> Result<Vec<CommandInBatch>, CancelError> {
        let answer = self.ask(&self.commands, asked).await;
        answer.map_err(|Busy| CancelError::Busy)?
    }

    /// Adds another operator's signatures to commands that wait.
    ///
    /// # Errors
    /// When they are not there or not waiting any more.
    pub async fn sign_batch(&self, signed: SignBatch) -> Result<Vec<CommandInBatch>, SignError> {
        let answer = self.ask(&self.commands, signed).await;
        answer.map_err(|Busy| SignError::Busy)?
    }

    /// Commands, newest first.
    ///
    /// # Errors
    /// When the queue does not answer.
    pub async fn commands(&self, asked: ListCommands) -> Result<Vec<CommandInBatch>, Busy> {
        self.ask(&self.commands, asked).await
    }

    /// One command.
    ///
    /// # Errors
    /// When the queue does not answer.
    pub async fn command(&self, id: CommandId) -> Result<Option<CommandInBatch>, Busy> {
        self.ask(&self.commands, FindCommand(id)).await
    }

    /// One batch.
    ///
    /// # Errors
    /// When the queue does not answer.
    pub async fn batch(&self, id: CommandId) -> Result<Option<BatchStanding>, Busy> {
        self.ask(&self.commands, FindBatch(id)).await
    }

    /// Keeps a version of a script.
    ///
    /// # Errors
    /// When it can't be one, or the library is full.
    pub async fn keep_script(&self, script: KeepScript) -> Result<ScriptVersion, ScriptError> {
        let answer = self.ask(&self.scripts, script).await;
        answer.map_err(|Busy| ScriptError::Busy)?
    }

    /// All versions of all scripts.
    ///
    /// # Errors
    /// When the library does not answer.
    pub async fn scripts(&self) -> Result<Vec<ScriptVersion>, Busy> {
        self.ask(&self.scripts, ListScripts).await
    }

    /// A version of a script and its content.
    ///
    /// # Errors
    /// When there is none.
    pub async fn read_script(&self, asked: ReadScript) -> Result<(ScriptVersion, Bytes), ScriptError> {
        let answer = self.ask(&self.scripts, asked).await;
        answer.map_err(|Busy| ScriptError::Busy)?
    }
}
