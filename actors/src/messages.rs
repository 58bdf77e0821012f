//! Everything that one part of the fleet says to another. Commands are imperative and have a typed
//! reply; events are in the past tense and have none.

use std::sync::Arc;

use actix::Message;
use bytes::Bytes;

use crate::clock::Timestamp;
use crate::machine::open_block::Row;
use crate::machine::record::TooManyTags;
use crate::model::{Announcement, Delivery, MachineId, Receipt, Report, Tag};
use crate::roster::MachineSnapshot;
use crate::store::{AppendError, StoreError};

pub use crate::audit_log::messages::*;
pub use crate::auth::account_messages::*;
pub use crate::auth::agents::messages::*;
pub use crate::auth::operator_keys::{OperatorKeyError, RegisterOperatorKey, RemoveOperatorKey};
pub use crate::auth::provider::{
    ExternalIdentity, ProveByProvider, ProvidedRole, ProviderSignInError, SignInByProvider,
};
pub use crate::channels::messages::*;
pub use crate::command_queue::messages::*;
pub use crate::historian::messages::*;
pub use crate::script_library::messages::*;
pub use crate::sections::messages::*;
pub use crate::supervision::ActorName;

/// To the registry, and on to the machine: keep this report.
#[derive(Clone, Debug, Message)]
#[rtype(result = "Result<Receipt, RecordError>")]
pub struct RecordReport(pub Report);

/// Why a report was not kept. Nothing of it was stored.
#[derive(Clone, Debug, thiserror::Error)]
pub enum RecordError {
    /// The agent's clock is too far off; it is told the right time.
    #[error("the clock of this machine is off: the server has {server_time}")]
    ClockSkew {
        /// The server's time.
        server_time: Timestamp,
    },
    /// Its samples are older than anything that is kept.
    #[error("the report is older than the history that is kept")]
    TooOld,
    /// Its number was used for another report.
    #[error(
        "another report has this number: the agent's folder was copied or set back, and two may use its credential"
    )]
    SeqReused,
    /// Too far below the newest one to tell whether it is a repeat.
    #[error("the report's number is too old to tell whether it was sent before")]
    ReplayTooOld,
    /// Many reports of the past come at once, and this one's turn was not yet.
    #[error("many agents bring reports of the past: this one comes again in a moment")]
    BacklogPaced,
    /// The fleet is full.
    #[error("this server has as many machines as it takes")]
    TooManyMachines,
    /// The report made its machine's actor panic; it is kept in quarantine.
    #[error("the report could not be processed and was set aside")]
    Poisonous,
    /// The machine's record is not to be had right now.
    #[error("the machine's record is being rebuilt")]
    Rebuilding,
    /// Not written to disk.
    #[error(transparent)]
    Append(#[from] AppendError),
    /// More waits than the fleet takes, or the answer took too long.
    #[error("the server is busy")]
    Busy,
}

/// To the registry: these machines exist on disk; wake them. Answers when their records are loaded.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct WakeMachines(pub Vec<MachineId>);

/// To a machine: answer when the record is loaded.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct AwaitRecord;

/// To the registry, and on to the machine: its tags are these now.
#[derive(Clone, Debug, Message)]
#[rtype(result = "Result<Vec<Tag>, MachineError>")]
pub struct TagMachine {
    /// Which machine.
    pub machine: MachineId,
    /// All its tags.
    pub tags: Vec<Tag>,
}

/// To the registry, and on to the machine: its agent says that it falls silent.
#[derive(Clone, Debug, Message)]
#[rtype(result = "Result<(), MachineError>")]
pub struct AnnounceSilence {
    /// Which machine.
    pub machine: MachineId,
    /// Why.
    pub what: Announcement,
    /// The newest report that its agent had made; one that came after it makes this old news.
    pub newest: Option<Delivery>,
}

/// To the registry: drop the machine, its record and its history.
#[derive(Clone, Debug, Message)]
#[rtype(result = "Result<(), MachineError>")]
pub struct ForgetMachine(pub MachineId);

/// To the registry, and on to the machine: the rows that no stored block has.
#[derive(Clone, Debug, Message)]
#[rtype(result = "Result<Vec<Row>, MachineError>")]
pub struct ReadOpenRows(pub MachineId);

/// To a machine: end, its record is gone.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct Retire;

/// To the registry, and on to every machine: checkpoint what is not yet, the server stops.
#[derive(Clone, Copy, Debug, Message)]
#[rtype(result = "()")]
pub struct CheckpointAll;

/// Why a machine could not be read or changed.
#[derive(Clone, Debug, thiserror::Error)]
pub enum MachineError {
    /// There is none of that id.
    #[error("there is no such machine")]
    Unknown,
    /// Too many tags.
    #[error(transparent)]
    Tags(#[from] TooManyTags),
    /// Not written to disk.
    #[error(transparent)]
    Append(#[from] AppendError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Its actor is being rebuilt, or too busy.
    #[error("the machine's record is busy")]
    Busy,
}

/// To the roster: a machine's record changed; this is how it looks now.
#[derive(Clone, Debug, Message)]
#[rtype(result = "()")]
pub struct MachineChanged(pub Arc<MachineSnapshot>);

/// To the roster: a machine is gone.
#[derive(Clone, Debug, Message)]
#[rtype(result = "()")]
pub struct MachineForgotten(pub MachineId);

/// To the roster: publish now what was told before. Answers when readers see it.
#[derive(Clone, Copy, Debug, Message)]
#[rtype(result = "()")]
pub struct PublishView;

/// To the quarantine: a message made its actor panic.
#[derive(Clone, Debug, Message)]
#[rtype(result = "()")]
pub struct MessageQuarantined {
    /// Which actor.
    pub actor: ActorName,
    /// The message, as far as it is worth keeping.
    pub message: String,
    /// What the panic said.
    pub reason: String,
}

/// To the quarantine: all that is in it, newest first.
#[derive(Clone, Copy, Debug, Message)]
#[rtype(result = "Vec<QuarantinedMessage>")]
pub struct ListQuarantine;

/// A message that made its actor panic.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct QuarantinedMessage {
    /// When.
    pub at: Timestamp,
    /// Which actor.
    pub actor: String,
    /// The message as text.
    pub message: String,
    /// What the panic said.
    pub reason: String,
}

/// An opaque piece of the live stream, encoded once for all viewers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// The revision that it leads to.
    pub revision: u64,
    /// The bytes to send.
    pub bytes: Bytes,
}
