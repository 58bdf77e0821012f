//! The readers: a few threads with a read-only connection each, beside the writer. What was
//! acknowledged is what they see.
//!
//! A `SyncArbiter`'s mailbox can't be bounded (actix 0.13 makes it of capacity 0, which means without
//! end), so the bound is a number of permits in front of it.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use actix::{Actor, Addr, Handler, Message, SyncArbiter, SyncContext};
use atlas_actors::clock::Timestamp;
use atlas_actors::model::MachineId;
use atlas_actors::store::{
    BlockName, Document, DocumentKind, JournalRecord, StoreError, Stream, Tier, TierUse, TieredBlock,
    TimeRange, VerifyReport,
};
use rusqlite::Connection;
use tokio::sync::Semaphore;

use super::documents::DocumentName;
use super::failure::store_error;
use super::journal::FoundRows;
use super::{block_use, blocks, documents, schema, snapshot, verify};
use crate::limits::{READER_THREADS, READS_MAX};

/// The way to the readers.
#[derive(Clone)]
pub(super) struct Readers {
    short: Pool,
    /// For what takes minutes, so that nobody else waits behind it.
    long: Pool,
    /// How often a damaged block was met.
    damaged: Arc<AtomicU64>,
}

/// Some threads and the right to use them.
#[derive(Clone)]
pub(super) struct Pool {
    address: Addr<Reader>,
    permits: Arc<Semaphore>,
}

impl Readers {
    /// Starts the threads; needs a running actix system.
    pub(super) fn start(database: PathBuf) -> Self {
        let damaged = Arc::<AtomicU64>::default();
        let (file, met) = (database.clone(), Arc::clone(&damaged));
        let short = SyncArbiter::start(READER_THREADS, move || Reader::new(file.clone(), &met));
        let met = Arc::clone(&damaged);
        let long = SyncArbiter::start(1, move || Reader::new(database.clone(), &met));
        Self {
            damaged,
            short: Pool::new(short, READS_MAX),
            long: Pool::new(long, 1),
        }
    }

    /// How often a damaged block was met.
    pub(super) fn damaged_blocks_met(&self) -> u64 {
        self.damaged.load(Ordering::Relaxed)
    }

    /// For reads that take milliseconds.
    pub(super) fn short(&self) -> &Pool {
        &self.short
    }

    /// For reads of everything.
    pub(super) fn long(&self) -> &Pool {
        &self.long
    }
}

impl Pool {
    fn new(address: Addr<Reader>, permits: usize) -> Self {
        Self {
            address,
            permits: Arc::new(Semaphore::new(permits)),
        }
    }

    /// Waits for its turn, then asks.
    pub(super) async fn ask<M, T>(&self, message: M) -> Result<T, StoreError>
    where
        M: Message<Result = Result<T, StoreError>> + Send + 'static,
        T: Send + 'static,
        Reader: Handler<M>,
    {
        let _permit = self.permits.acquire().await.map_err(|_| StoreError::Closed)?;
        self.address
            .send(message)
            .await
            .unwrap_or(Err(StoreError::Closed))
    }
}

/// One thread's reader.
pub(super) struct Reader {
    database: PathBuf,
    /// Opened by the first message, since a thread's start can't fail.
    connection: Option<Connection>,
    damaged: Arc<AtomicU64>,
}

impl Reader {
    fn new(database: PathBuf, damaged: &Arc<AtomicU64>) -> Self {
        Self {
            database,
            connection: None,
            damaged: Arc::clone(damaged),
        }
    }

    fn connection(&mut self) -> Result<&Connection, StoreError> {
        let connection = match self.connection.take() {
            Some(open) => open,
            None => schema::open_reader(&self.database).map_err(|error| store_error(&error))?,
        };
        Ok(self.connection.insert(connection))
    }
}

impl Actor for Reader {
    type Context = SyncContext<Self>;
}

/// Reads rows of a journal. `None` = they were trimmed away meanwhile.
#[derive(Message)]
#[rtype(result = "Result<Option<Vec<JournalRecord>>, StoreError>")]
pub(super) struct FetchRecords {
    pub(super) stream: Stream,
    pub(super) found: FoundRows,
}

impl Handler<FetchRecords> for Reader {
    type Result = Result<Option<Vec<JournalRecord>>, StoreError>;

    fn handle(&mut self, message: FetchRecords, _: &mut Self::Context) -> Self::Result {
        message.found.fetch(self.connection()?, &message.stream)
    }
}

/// Reads one document.
#[derive(Message)]
#[rtype(result = "Result<Option<Document>, StoreError>")]
pub(super) struct GetDocument(pub(super) DocumentName);

impl Handler<GetDocument> for Reader {
    type Result = Result<Option<Document>, StoreError>;

    fn handle(&mut self, message: GetDocument, _: &mut Self::Context) -> Self::Result {
        documents::get(self.connection()?, &message.0)
    }
}

/// Reads documents of a kind.
#[derive(Message)]
#[rtype(result = "Result<Vec<Document>, StoreError>")]
pub(super) struct ListDocuments {
    pub(super) kind: DocumentKind,
    pub(super) after: Option<String>,
    pub(super) limit: usize,
}

impl Handler<ListDocuments> for Reader {
    type Result = Result<Vec<Document>, StoreError>;

    fn handle(&mut self, message: ListDocuments, _: &mut Self::Context) -> Self::Result {
        let ListDocuments { kind, after, limit } = message;
        documents::list(self.connection()?, kind, after.as_deref(), limit)
    }
}

/// Reads the blocks of several tiers that overlap a range.
#[derive(Message)]
#[rtype(result = "Result<Vec<TieredBlock>, StoreError>")]
pub(super) struct FindTieredBlocks {
    pub(super) machine: MachineId,
    pub(super) tiers: Vec<Tier>,
    pub(super) range: TimeRange,
}

impl Handler<FindTieredBlocks> for Reader {
    type Result = Result<Vec<TieredBlock>, StoreError>;

    fn handle(&mut self, message: FindTieredBlocks, _: &mut Self::Context) -> Self::Result {
        let FindTieredBlocks {
            machine,
            tiers,
            range,
        } = message;
        let found = blocks::overlapping_of_tiers(self.connection()?, &machine, &tiers, range)?;
        self.damaged.fetch_add(found.damaged, Ordering::Relaxed);
        Ok(found.blocks)
    }
}

/// Names the blocks that end within a span.
#[derive(Message)]
#[rtype(result = "Result<Vec<BlockName>, StoreError>")]
pub(super) struct FindEndedBlocks {
    pub(super) tier: Tier,
    pub(super) after: Timestamp,
    pub(super) before: Timestamp,
    pub(super) limit: usize,
}

impl Handler<FindEndedBlocks> for Reader {
    type Result = Result<Vec<BlockName>, StoreError>;

    fn handle(&mut self, message: FindEndedBlocks, _: &mut Self::Context) -> Self::Result {
        let FindEndedBlocks {
            tier,
            after,
            before,
            limit,
        } = message;
        block_use::ended(self.connection()?, tier, after, before, limit)
    }
}

/// Measures the tiers.
#[derive(Message)]
#[rtype(result = "Result<Vec<TierUse>, StoreError>")]
pub(super) struct MeasureTiers(pub(super) Timestamp);

impl Handler<MeasureTiers> for Reader {
    type Result = Result<Vec<TierUse>, StoreError>;

    fn handle(&mut self, message: MeasureTiers, _: &mut Self::Context) -> Self::Result {
        block_use::tiers(self.connection()?, message.0)
    }
}

/// Looks where a tier's oldest bytes end.
#[derive(Message)]
#[rtype(result = "Result<Option<Timestamp>, StoreError>")]
pub(super) struct FindEndOfOldest {
    pub(super) tier: Tier,
    pub(super) bytes: u64,
}

impl Handler<FindEndOfOldest> for Reader {
    type Result = Result<Option<Timestamp>, StoreError>;

    fn handle(&mut self, message: FindEndOfOldest, _: &mut Self::Context) -> Self::Result {
        block_use::end_of_oldest(self.connection()?, message.tier, message.bytes)
    }
}

/// Writes a copy of everything.
#[derive(Message)]
#[rtype(result = "Result<(), StoreError>")]
pub(super) struct TakeSnapshot(pub(super) PathBuf);

impl Handler<TakeSnapshot> for Reader {
    type Result = Result<(), StoreError>;

    fn handle(&mut self, message: TakeSnapshot, _: &mut Self::Context) -> Self::Result {
        snapshot::take(self.connection()?, &message.0)
    }
}

/// Reads everything and checks it.
#[derive(Message)]
#[rtype(result = "Result<VerifyReport, StoreError>")]
pub(super) struct VerifyAll;

impl Handler<VerifyAll> for Reader {
    type Result = Result<VerifyReport, StoreError>;

    fn handle(&mut self, _: VerifyAll, _: &mut Self::Context) -> Self::Result {
        // A connection of its own: pages that another one has read before hide what is on disk now.
        let connection = schema::open_reader(&self.database).map_err(|error| store_error(&error))?;
        verify::verify(&connection).map_err(|error| store_error(&error))
    }
}
