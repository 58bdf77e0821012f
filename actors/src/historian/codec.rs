//! A pool of threads on which history's columns are compressed and read back, since that takes
//! milliseconds that no reactor has.

use std::fmt::Debug;

use actix::{Actor, Addr, Handler, SyncArbiter, SyncContext};

use super::block::BlockError;
use super::compaction::{self, Swap};
use super::gathering;
use super::messages::{CompactDay, FileRows, GatherRows, GatherSeries, Series};
use crate::limits::CODEC_THREADS;
use crate::machine::open_block::Row;
use crate::store::StoreError;
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

    fn shield<T>(&self, message: &dyn Debug, core: impl FnOnce() -> T) -> Result<T, StoreError> {
        self.safety
            .run(|| ActorName::BlockCodec, message, core)
            .map_err(|Panicked| StoreError::Busy)
    }
}

impl Actor for BlockCodec {
    type Context = SyncContext<Self>;
}

impl From<BlockError> for StoreError {
    fn from(error: BlockError) -> Self {
        Self::Engine(error.to_string().into())
    }
}

impl Handler<FileRows> for BlockCodec {
    type Result = Result<Swap, StoreError>;

    fn handle(&mut self, msg: FileRows, _: &mut Self::Context) -> Self::Result {
        let FileRows { machine, found, rows } = &msg;
        let filing = || compaction::file(machine, found, rows.clone());
        Ok(self.shield(&(machine, rows), filing)??)
    }
}

impl Handler<CompactDay> for BlockCodec {
    type Result = Result<Option<Swap>, StoreError>;

    fn handle(&mut self, CompactDay(stored): CompactDay, _: &mut Self::Context) -> Self::Result {
        let name = ("compact", &stored.machine, stored.day);
        Ok(self.shield(&name, || compaction::compact(&stored))??)
    }
}

impl Handler<GatherSeries> for BlockCodec {
    type Result = Result<Series, StoreError>;

    fn handle(&mut self, msg: GatherSeries, _: &mut Self::Context) -> Self::Result {
        let name = ("series", msg.machine.clone(), msg.wanted.clone());
        self.shield(&name, || gathering::series(msg))
    }
}

impl Handler<GatherRows> for BlockCodec {
    type Result = Result<Vec<Row>, StoreError>;

    fn handle(&mut self, msg: GatherRows, _: &mut Self::Context) -> Self::Result {
        let name = ("rows", msg.machine.clone(), msg.range);
        self.shield(&name, || gathering::rows(msg))
    }
}
