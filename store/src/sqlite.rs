//! The embedded engine: SQLite, one writer thread that commits everything that waits at once, and a few
//! readers beside it. This file is the port's face; each noun behind it has a file of its own.
//!
//! Absent on purpose: a lock around the state (the writer owns it), a retry after a failed fsync (the
//! kernel reports a lost page once), any knowledge of what a body says.

mod beside;
mod block_use;
mod blocks;
mod columns;
mod documents;
mod failure;
mod folder;
mod index;
mod job;
mod journal;
mod leases;
mod load;
mod log;
mod occupancy;
mod offline;
mod open_error;
mod readers;
mod reserve;
mod schema;
mod snapshot;
mod verify;
mod writer;

use std::future::ready;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use atlas_actors::clock::{Clock, Timestamp};
use atlas_actors::model::MachineId;
use atlas_actors::store::{
    AppendError, BlockName, Document, DocumentChanged, DocumentKind, JournalRecord, Lease, PutError,
    Revision, Store, StoreError, StoreFuture, StoredBlock, Stream, Tier, TierUse, TieredBlock, TimeRange,
    VerifyReport, Version,
};
use bytes::Bytes;
use tokio::sync::broadcast;

use self::blocks::{DropBlocksBefore, DropBlocksOf, PutBlock, SwapBlocks};
use self::documents::{Delete, DocumentName, Put};
use self::folder::HeldFolder;
use self::job::{Operation, WriterHandle};
use self::journal::{Append, DropStream, FindRows, FindStreams, FindVersion, Trim};
use self::leases::{Acquire, Release, Renew};
use self::readers::{
    FetchRecords, FindEndOfOldest, FindEndedBlocks, FindTieredBlocks, GetDocument, ListDocuments,
    MeasureTiers, Pool, Readers, TakeSnapshot, VerifyAll,
};
use self::reserve::Reserve;
use self::writer::{WriterParts, too_large};
use crate::limits::{BLOCKS_DROPPED_AT_ONCE, BODY_BYTES_MAX, READ_ATTEMPTS, WATCH_KEPT, WRITER_QUEUE};

pub use self::beside::StoreBeside;
pub use self::folder::DATABASE_FILE;
pub use self::offline::{copy_store, verify_copy};
pub use self::open_error::OpenError;
pub use self::schema::FORMAT;

/// What the engine is given at start.
pub struct SqliteOptions {
    /// The data folder; made if need be.
    pub folder: PathBuf,
    /// Where leases learn the time.
    pub clock: Arc<dyn Clock>,
    /// Called once, with the reason, when the disk has failed under a write: nothing more can be
    /// promised and the process has to end (status 74). Called on the writer's thread.
    pub on_fatal: Box<dyn Fn(String) + Send>,
    /// How large the database file may become; `None` = as large as the disk. Reaching it is
    /// answered like a full disk.
    pub bytes_max: Option<u64>,
}

/// The embedded engine. Cheap to share behind an `Arc`; lives until it is closed or dropped.
pub struct SqliteStore {
    writer: WriterHandle,
    readers: Readers,
    changes: broadcast::Sender<DocumentChanged>,
}

impl SqliteStore {
    /// Takes the data folder, rebuilds the index and starts the threads. Blocks while it reads; has to
    /// be called inside an actix system.
    ///
    /// # Errors
    /// See [`OpenError`]; a folder of a newer format is left as it is.
    pub fn open(options: SqliteOptions) -> Result<Self, OpenError> {
        let folder = HeldFolder::take(&options.folder)?;
        let connection = schema::open_writer(&folder.database, options.bytes_max)?;
        let index = load::load_index(&connection)?;
        folder.sync()?;
        let reserve = Reserve::take(&options.folder).map_err(|source| OpenError::Folder {
            folder: options.folder.clone(),
            source,
        })?;
        let readers = Readers::start(folder.database.clone());
        let (writer, jobs) = WriterHandle::new(WRITER_QUEUE);
        let (changes, _) = broadcast::channel(WATCH_KEPT);
        let parts = WriterParts {
            connection,
            index,
            jobs,
            changes: changes.clone(),
            clock: options.clock,
            on_fatal: options.on_fatal,
            folder,
            reserve,
        };
        std::thread::Builder::new()
            .name("atlas-store-writer".to_owned())
            .spawn(move || writer::run(parts))
            .map_err(OpenError::Thread)?;
        Ok(Self {
            writer,
            readers,
            changes,
        })
    }

    /// Finishes what was asked before, copies the log into the database file and lets go of the
    /// folder. Later calls are answered with [`StoreError::Closed`].
    pub async fn close(&self) {
        self.writer.close().await;
    }

    /// Asks a reader, unless the store has stopped.
    fn read_with<T, F, R>(&self, read: R) -> StoreFuture<T>
    where
        T: Send + 'static,
        F: Future<Output = Result<T, StoreError>> + Send + 'static,
        R: FnOnce(Readers) -> F,
    {
        if self.writer.is_closed() {
            return Box::pin(ready(Err(StoreError::Closed)));
        }
        Box::pin(read(self.readers.clone()))
    }

    /// Asks again and again for a bounded part of a large deletion, so that others get between.
    fn drop_in_parts<O>(&self, part: impl Fn() -> O + Send + 'static) -> StoreFuture<u64>
    where
        O: Operation<Output = usize, Error = StoreError>,
    {
        let (writer, mut asked) = (self.writer.clone(), self.writer.ask(part()));
        Box::pin(async move {
            let mut dropped = 0;
            loop {
                let count = asked.await?;
                dropped += count as u64;
                if count < BLOCKS_DROPPED_AT_ONCE {
                    return Ok(dropped);
                }
                asked = writer.ask(part());
            }
        })
    }
}

/// Finds a journal's rows and reads them; once more when they were trimmed in between.
async fn read_journal(
    writer: WriterHandle,
    readers: Pool,
    stream: Stream,
    after: Version,
    limit: usize,
) -> Result<Vec<JournalRecord>, StoreError> {
    for _ in 0..READ_ATTEMPTS {
        let rows = FindRows {
            stream: stream.clone(),
            after,
            limit,
        };
        let found = writer.ask(rows).await?;
        if found.is_empty() {
            return Ok(Vec::new());
        }
        let stream = stream.clone();
        if let Some(records) = readers.ask(FetchRecords { stream, found }).await? {
            return Ok(records);
        }
    }
    Err(StoreError::Damaged(format!(
        "journal {stream}: records are missing"
    )))
}

/// The error for a body that is too large, if one is.
fn oversized<'b>(bodies: impl IntoIterator<Item = &'b Bytes>) -> Option<StoreError> {
    let mut sizes = bodies.into_iter().map(Bytes::len);
    sizes.find(|bytes| *bytes > BODY_BYTES_MAX).map(too_large)
}

impl Store for SqliteStore {
    fn append(
        &self,
        stream: Stream,
        expected: Version,
        records: Vec<Bytes>,
    ) -> StoreFuture<Version, AppendError> {
        if let Some(error) = oversized(&records) {
            return Box::pin(ready(Err(error.into())));
        }
        self.writer.ask(Append {
            stream,
            expected,
            records,
        })
    }

    fn read(&self, stream: Stream, after: Version) -> StoreFuture<Vec<JournalRecord>> {
        self.read_some(stream, after, usize::MAX)
    }

    fn read_some(&self, stream: Stream, after: Version, limit: usize) -> StoreFuture<Vec<JournalRecord>> {
        let writer = self.writer.clone();
        self.read_with(|readers| async move {
            read_journal(writer, readers.short().clone(), stream, after, limit).await
        })
    }

    fn version(&self, stream: Stream) -> StoreFuture<Version> {
        self.writer.ask(FindVersion(stream))
    }

    fn trim(&self, stream: Stream, up_to: Version) -> StoreFuture<()> {
        self.writer.ask(Trim { stream, up_to })
    }

    fn streams(&self) -> StoreFuture<Vec<Stream>> {
        self.writer.ask(FindStreams)
    }

    fn drop_stream(&self, stream: Stream) -> StoreFuture<()> {
        self.writer.ask(DropStream(stream))
    }

    fn put(
        &self,
        kind: DocumentKind,
        key: String,
        expected: Revision,
        body: Bytes,
    ) -> StoreFuture<Revision, PutError> {
        if let Some(error) = oversized([&body]) {
            return Box::pin(ready(Err(error.into())));
        }
        let name = DocumentName { kind, key };
        self.writer.ask(Put { name, expected, body })
    }

    fn get(&self, kind: DocumentKind, key: String) -> StoreFuture<Option<Document>> {
        let name = DocumentName { kind, key };
        self.read_with(|readers| async move { readers.short().ask(GetDocument(name)).await })
    }

    fn list(&self, kind: DocumentKind, after: Option<String>, limit: usize) -> StoreFuture<Vec<Document>> {
        let list = ListDocuments { kind, after, limit };
        self.read_with(|readers| async move { readers.short().ask(list).await })
    }

    fn delete(&self, kind: DocumentKind, key: String, expected: Revision) -> StoreFuture<(), PutError> {
        let name = DocumentName { kind, key };
        self.writer.ask(Delete { name, expected })
    }

    fn watch(&self) -> broadcast::Receiver<DocumentChanged> {
        self.changes.subscribe()
    }

    fn put_block(&self, machine: MachineId, tier: Tier, block: StoredBlock) -> StoreFuture<()> {
        if let Some(error) = oversized([&block.body]) {
            return Box::pin(ready(Err(error)));
        }
        self.writer.ask(PutBlock { machine, tier, block })
    }

    fn blocks_of_tiers(
        &self,
        machine: MachineId,
        tiers: Vec<Tier>,
        range: TimeRange,
    ) -> StoreFuture<Vec<TieredBlock>> {
        let find = FindTieredBlocks {
            machine,
            tiers,
            range,
        };
        self.read_with(|readers| async move { readers.short().ask(find).await })
    }

    fn swap_blocks(
        &self,
        machine: MachineId,
        was: Vec<TieredBlock>,
        now: Vec<TieredBlock>,
    ) -> StoreFuture<bool> {
        if let Some(error) = oversized(now.iter().map(|now| &now.block.body)) {
            return Box::pin(ready(Err(error)));
        }
        self.writer.ask(SwapBlocks { machine, was, now })
    }

    fn blocks_ended(
        &self,
        tier: Tier,
        after: Timestamp,
        before: Timestamp,
        limit: usize,
    ) -> StoreFuture<Vec<BlockName>> {
        let find = FindEndedBlocks {
            tier,
            after,
            before,
            limit,
        };
        self.read_with(|readers| async move { readers.short().ask(find).await })
    }

    fn tier_use(&self, recent_since: Timestamp) -> StoreFuture<Vec<TierUse>> {
        self.read_with(move |readers| async move { readers.long().ask(MeasureTiers(recent_since)).await })
    }

    fn end_of_oldest(&self, tier: Tier, bytes: u64) -> StoreFuture<Option<Timestamp>> {
        let find = FindEndOfOldest { tier, bytes };
        self.read_with(|readers| async move { readers.long().ask(find).await })
    }

    fn damaged_blocks_met(&self) -> u64 {
        self.readers.damaged_blocks_met()
    }

    fn drop_blocks_before(&self, tier: Tier, moment: Timestamp) -> StoreFuture<u64> {
        self.drop_in_parts(move || DropBlocksBefore { tier, moment })
    }

    fn drop_blocks_of(&self, machine: MachineId) -> StoreFuture<u64> {
        self.drop_in_parts(move || DropBlocksOf(machine.clone()))
    }

    fn acquire(&self, name: String, holder: String, for_how_long: Duration) -> StoreFuture<Option<Lease>> {
        self.writer.ask(Acquire {
            name,
            holder,
            for_how_long,
        })
    }

    fn renew(&self, lease: Lease, for_how_long: Duration) -> StoreFuture<Option<Lease>> {
        self.writer.ask(Renew { lease, for_how_long })
    }

    fn release(&self, lease: Lease) -> StoreFuture<()> {
        self.writer.ask(Release(lease))
    }

    fn snapshot(&self, to: PathBuf) -> StoreFuture<()> {
        self.read_with(|readers| async move { readers.long().ask(TakeSnapshot(to)).await })
    }

    fn verify(&self) -> StoreFuture<VerifyReport> {
        self.read_with(|readers| async move { readers.long().ask(VerifyAll).await })
    }
}
