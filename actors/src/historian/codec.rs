//! A pool of threads on which history's columns are compressed and read back, since that takes
//! milliseconds that no reactor has.

use actix::{Actor, Addr, Handler, MessageResult, SyncArbiter, SyncContext};

use super::block;
use crate::limits::CODEC_THREADS;
use crate::machine::open_block::Row;
use crate::messages::{DecodeRows, EncodeBlock};
use crate::store::{StoreError, StoredBlock};

/// One thread's codec; it has no state.
#[derive(Debug, Default)]
pub struct BlockCodec;

impl BlockCodec {
    /// Starts the pool.
    #[must_use]
    pub fn start_pool() -> Addr<Self> {
        SyncArbiter::start(CODEC_THREADS, Self::default)
    }
}

impl Actor for BlockCodec {
    type Context = SyncContext<Self>;
}

impl Handler<EncodeBlock> for BlockCodec {
    type Result = Result<StoredBlock, StoreError>;

    fn handle(&mut self, EncodeBlock(rows): EncodeBlock, _: &mut Self::Context) -> Self::Result {
        block::encode(&rows).map_err(|error| StoreError::Engine(error.to_string().into()))
    }
}

impl Handler<DecodeRows> for BlockCodec {
    type Result = MessageResult<DecodeRows>;

    fn handle(&mut self, msg: DecodeRows, _: &mut Self::Context) -> Self::Result {
        let mut rows: Vec<Row> = msg.blocks.iter().flat_map(decoded).chain(msg.open).collect();
        rows.retain(|row| msg.range.contains(row.taken_at));
        rows.sort_by_key(|row| row.taken_at);
        // A block that was just closed may still be with its machine too.
        rows.dedup_by_key(|row| row.taken_at);
        MessageResult(rows)
    }
}

fn decoded(stored: &StoredBlock) -> Vec<Row> {
    block::decode(&stored.body).unwrap_or_else(|error| {
        tracing::error!(from = %stored.range.from, %error, "a block of history is unreadable, skipped");
        Vec::new()
    })
}
