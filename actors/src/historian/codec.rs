//! A pool of threads on which history's columns are compressed and read back, since that takes
//! milliseconds that no reactor has.

use actix::{Actor, Addr, Handler, MessageResult, SyncArbiter, SyncContext};

use super::block;
use crate::limits::CODEC_THREADS;
use crate::machine::open_block::Row;
use crate::messages::{DecodeRows, EncodeBlock};
use crate::store::{StoreError, StoredBlock};
use crate::supervision::{ActorName, Panicked, Safety};

/// One thread's codec; it has no state.
pub struct BlockCodec {
    safety: Safety,
}

impl BlockCodec {
    /// Starts the pool.
    #[must_use]
    pub fn start_pool(safety: &Safety) -> Addr<Self> {
        let safety = safety.clone();
        SyncArbiter::start(CODEC_THREADS, move || Self {
            safety: safety.clone(),
        })
    }
}

impl Actor for BlockCodec {
    type Context = SyncContext<Self>;
}

impl Handler<EncodeBlock> for BlockCodec {
    type Result = Result<StoredBlock, StoreError>;

    fn handle(&mut self, EncodeBlock(rows): EncodeBlock, _: &mut Self::Context) -> Self::Result {
        let coding = || block::encode(&rows);
        match self.safety.run(|| ActorName::BlockCodec, &rows, coding) {
            Ok(block) => block.map_err(|error| StoreError::Engine(error.to_string().into())),
            Err(Panicked) => Err(StoreError::Busy),
        }
    }
}

impl Handler<DecodeRows> for BlockCodec {
    type Result = MessageResult<DecodeRows>;

    fn handle(&mut self, msg: DecodeRows, _: &mut Self::Context) -> Self::Result {
        let decoded = msg.blocks.iter().flat_map(|block| self.decoded(block));
        let mut rows: Vec<Row> = decoded.chain(msg.open).collect();
        rows.retain(|row| msg.range.contains(row.taken_at));
        rows.sort_by_key(|row| row.taken_at);
        // A block that was just closed may still be with its machine too.
        rows.dedup_by_key(|row| row.taken_at);
        MessageResult(rows)
    }
}

impl BlockCodec {
    /// A block's rows; none when it can't be read, so that the others are shown all the same.
    fn decoded(&self, stored: &StoredBlock) -> Vec<Row> {
        let decoding = || block::decode(&stored.body);
        match self.safety.run(|| ActorName::BlockCodec, &stored.range, decoding) {
            Ok(Ok(rows)) => rows,
            Ok(Err(error)) => {
                tracing::error!(from = %stored.range.from, %error, "a block of history is unreadable, skipped");
                Vec::new()
            }
            Err(Panicked) => Vec::new(),
        }
    }
}
