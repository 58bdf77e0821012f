//! The store port: what the actors need of a place where bytes rest. Engines live in the crate
//! `atlas-store`; both must pass the conformance suite there. Nothing in this crate may assume that
//! there is only one process: a journal append carries the version it expects, a document its
//! revision, and ownership is a lease.

mod blocks;

use std::fmt;
use std::future::Future;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use tokio::sync::broadcast;

use crate::clock::Timestamp;
use crate::model::MachineId;

pub use blocks::{BlockName, StoredBlock, Tier, TierUse, TieredBlock, TimeRange};

/// What every operation of the port gives back.
pub type StoreFuture<T, E = StoreError> = Pin<Box<dyn Future<Output = Result<T, E>> + Send>>;

/// Names one journal: the history of one actor's state.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Stream {
    /// A machine's record.
    Machine(MachineId),
    /// The command queue.
    Commands,
    /// The audit log.
    Audit,
}

impl fmt::Display for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Machine(id) => write!(f, "machine/{id}"),
            Self::Commands => f.write_str("commands"),
            Self::Audit => f.write_str("audit"),
        }
    }
}

/// How many records a journal has had: the first one makes it 1. Never falls, not even when old
/// records are trimmed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Version(pub u64);

/// One record of a journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JournalRecord {
    /// The version that this record made.
    pub version: Version,
    /// What was appended.
    pub body: Bytes,
}

/// What a document is about; with its key it names the document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum DocumentKind {
    /// A machine's state at some version of its journal.
    Machine,
    /// A user.
    User,
    /// A session, by the digest of its token.
    Session,
    /// An enrolled agent.
    Agent,
    /// An enrolment token.
    Token,
    /// A machine whose agent of 2.0 has sealed its reports.
    SealedMachine,
    /// An API key.
    Key,
    /// An operator's public key.
    OperatorKey,
    /// A message that made an actor panic.
    Quarantine,
    /// A signed checkpoint of the audit log.
    Audit,
    /// A piece of what a command wrote.
    CommandOutput,
    /// A version of a script.
    Script,
    /// The server's own few settings.
    Server,
    /// A part of a machine's reports that seldom changes.
    Section,
}

impl DocumentKind {
    /// All kinds.
    pub const ALL: [Self; 14] = [
        Self::Machine,
        Self::User,
        Self::Session,
        Self::Agent,
        Self::Token,
        Self::SealedMachine,
        Self::Key,
        Self::OperatorKey,
        Self::Quarantine,
        Self::Audit,
        Self::CommandOutput,
        Self::Script,
        Self::Server,
        Self::Section,
    ];

    /// The name under which an engine files it. Part of the stored format: never changed.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Machine => "machine",
            Self::User => "user",
            Self::Session => "session",
            Self::Agent => "agent",
            Self::Token => "token",
            Self::SealedMachine => "sealed_machine",
            Self::Key => "key",
            Self::OperatorKey => "operator_key",
            Self::Quarantine => "quarantine",
            Self::Audit => "audit",
            Self::CommandOutput => "command_output",
            Self::Script => "script",
            Self::Server => "server",
            Self::Section => "section",
        }
    }
}

/// How often a document was written: 0 = it does not exist.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Revision(pub u64);

/// A stored document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// Its key within its kind.
    pub key: String,
    /// How often it was written.
    pub revision: Revision,
    /// Its content.
    pub body: Bytes,
}

/// Tells a watcher that a document was written or deleted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DocumentChanged {
    /// The document's kind.
    pub kind: DocumentKind,
    /// The document's key.
    pub key: String,
    /// Its revision now; 0 = deleted.
    pub revision: Revision,
}

/// A right that one process holds for a while.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    /// What is held, for example a partition's name.
    pub name: String,
    /// Who holds it.
    pub holder: String,
    /// Grows with every change of hands; lets a store refuse a holder that lost it.
    pub fence: u64,
    /// Until when, unless renewed.
    pub until: Timestamp,
}

/// What an engine found when it checked itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VerifyReport {
    /// Journal records, documents and blocks that were read.
    pub checked: u64,
    /// One line for each thing that is broken: what and where.
    pub damage: Vec<String>,
}

/// An operation of the store failed.
#[derive(Clone, Debug, thiserror::Error)]
pub enum StoreError {
    /// No room left on the disk; what was there is safe.
    #[error("the disk of the data folder is full")]
    Full,
    /// More work waits than the engine takes.
    #[error("the store is busy")]
    Busy,
    /// The engine has stopped.
    #[error("the store is closed")]
    Closed,
    /// Stored bytes can't be trusted.
    #[error("stored data is damaged: {0}")]
    Damaged(String),
    /// Anything else that the engine said.
    #[error("the store failed: {0}")]
    Engine(Arc<str>),
}

/// An append was refused.
#[derive(Clone, Debug, thiserror::Error)]
pub enum AppendError {
    /// Somebody else has written to this journal: the writer's state is stale.
    #[error("the journal is at version {}, not at {}", actual.0, expected.0)]
    Conflict {
        /// What the writer believed.
        expected: Version,
        /// What is.
        actual: Version,
    },
    /// The engine failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A write of a document was refused.
#[derive(Clone, Debug, thiserror::Error)]
pub enum PutError {
    /// The document is at another revision.
    #[error("the document is at revision {}, not at {}", actual.0, expected.0)]
    Conflict {
        /// What the writer believed.
        expected: Revision,
        /// What is.
        actual: Revision,
    },
    /// The engine failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A place where bytes rest. A future that is done means: on disk, also after kill -9 or a power
/// cut. Writes of one caller to one journal or document take effect in the order they were asked.
pub trait Store: Send + Sync + 'static {
    /// Adds records to a journal that is at `expected`; answers with the version they made.
    fn append(
        &self,
        stream: Stream,
        expected: Version,
        records: Vec<Bytes>,
    ) -> StoreFuture<Version, AppendError>;

    /// The journal's records after `after`, oldest first.
    fn read(&self, stream: Stream, after: Version) -> StoreFuture<Vec<JournalRecord>>;

    /// The first `limit` of them.
    fn read_some(&self, stream: Stream, after: Version, limit: usize) -> StoreFuture<Vec<JournalRecord>>;

    /// The journal's version, 0 for one that was never written.
    fn version(&self, stream: Stream) -> StoreFuture<Version>;

    /// Lets go of the journal's records up to and including `up_to`; its version stays.
    fn trim(&self, stream: Stream, up_to: Version) -> StoreFuture<()>;

    /// Every journal that has records or had some, in the order of their names.
    fn streams(&self) -> StoreFuture<Vec<Stream>>;

    /// Forgets a journal altogether, version and all.
    fn drop_stream(&self, stream: Stream) -> StoreFuture<()>;

    /// Writes a document that is at `expected` (0 = must not exist); answers with its revision.
    fn put(
        &self,
        kind: DocumentKind,
        key: String,
        expected: Revision,
        body: Bytes,
    ) -> StoreFuture<Revision, PutError>;

    /// One document.
    fn get(&self, kind: DocumentKind, key: String) -> StoreFuture<Option<Document>>;

    /// Up to `limit` documents of a kind in the order of their keys, after the key `after`.
    fn list(&self, kind: DocumentKind, after: Option<String>, limit: usize) -> StoreFuture<Vec<Document>>;

    /// Deletes a document that is at `expected`; one that does not exist is no error.
    fn delete(&self, kind: DocumentKind, key: String, expected: Revision) -> StoreFuture<(), PutError>;

    /// Hears of every later change to documents. A slow listener is told that it lagged.
    fn watch(&self) -> broadcast::Receiver<DocumentChanged>;

    /// Keeps a block; one with the same machine, tier and first moment is replaced.
    fn put_block(&self, machine: MachineId, tier: Tier, block: StoredBlock) -> StoreFuture<()>;

    /// The blocks that overlap the range, by their first moment.
    fn blocks(&self, machine: MachineId, tier: Tier, range: TimeRange) -> StoreFuture<Vec<StoredBlock>> {
        let found = self.blocks_of_tiers(machine, vec![tier], range);
        Box::pin(async move { Ok(found.await?.into_iter().map(|found| found.block).collect()) })
    }

    /// The blocks of several tiers that overlap the range, as they were at one moment; by tier in the
    /// order asked, then by their first moment.
    fn blocks_of_tiers(
        &self,
        machine: MachineId,
        tiers: Vec<Tier>,
        range: TimeRange,
    ) -> StoreFuture<Vec<TieredBlock>>;

    /// Puts blocks in the place of others, all at once: nobody ever sees a part of it. False, and
    /// nothing is done, when one of the others is not there as it was, or when there is already a block
    /// with the machine, tier and first moment of a new one.
    fn swap_blocks(
        &self,
        machine: MachineId,
        was: Vec<TieredBlock>,
        now: Vec<TieredBlock>,
    ) -> StoreFuture<bool>;

    /// The first `limit` of the tier's blocks that end after one moment and before another, by their
    /// last moment.
    fn blocks_ended(
        &self,
        tier: Tier,
        after: Timestamp,
        before: Timestamp,
        limit: usize,
    ) -> StoreFuture<Vec<BlockName>>;

    /// What each tier takes; a tier without blocks is left out. Reads much: for a look now and then.
    fn tier_use(&self, recent_since: Timestamp) -> StoreFuture<Vec<TierUse>>;

    /// The last moment of that block of a tier up to which, oldest first, the blocks have so many bytes;
    /// nothing when they have less altogether.
    fn end_of_oldest(&self, tier: Tier, bytes: u64) -> StoreFuture<Option<Timestamp>>;

    /// How often a read has met a damaged block since the store was opened.
    fn damaged_blocks_met(&self) -> u64;

    /// Drops the tier's blocks that end before the moment; answers with their number.
    fn drop_blocks_before(&self, tier: Tier, moment: Timestamp) -> StoreFuture<u64>;

    /// Drops all blocks of a machine.
    fn drop_blocks_of(&self, machine: MachineId) -> StoreFuture<u64>;

    /// Takes a lease that is free, expired or already the holder's. `None` = somebody else has it.
    fn acquire(&self, name: String, holder: String, for_how_long: Duration) -> StoreFuture<Option<Lease>>;

    /// Prolongs a lease that is still held. `None` = it is lost.
    fn renew(&self, lease: Lease, for_how_long: Duration) -> StoreFuture<Option<Lease>>;

    /// Gives a lease back.
    fn release(&self, lease: Lease) -> StoreFuture<()>;

    /// Writes a consistent copy of everything into a new file while the store goes on.
    fn snapshot(&self, to: PathBuf) -> StoreFuture<()>;

    /// Reads everything and says what is broken.
    fn verify(&self) -> StoreFuture<VerifyReport>;
}
