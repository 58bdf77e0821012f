//! Keeps what machines measured: closed blocks in the store, made into day blocks and rolled up, read
//! back as series, dropped when they are too old or too many. Receives `SamplesRecorded`, `ReadSeries`,
//! `ReadRows`, `CompactTick`, `MeasureStorage`; emits nothing. The columns' bytes are made and read by a
//! pool of codec actors on threads of their own.

pub mod aggregate;
pub mod block;
pub mod buckets;
pub mod codec;
pub mod column;
pub mod compaction;
pub mod days;
pub mod gathering;
pub mod messages;
pub mod retention;
pub mod steps;
mod upkeep;

use std::sync::Arc;

use actix::{
    Actor, ActorFutureExt, Addr, AsyncContext, AtomicResponse, Context, Handler, ResponseActFuture,
    ResponseFuture, Supervised, WrapFuture, fut,
};

use crate::clock::{Clock, Timestamp};
use crate::limits::{COMPACT_PAUSE, COMPACT_PERIOD, SERVICE_MAILBOX, STORAGE_MEASURED_FOR, SWAP_ATTEMPTS};
use crate::machine::open_block::Row;
use crate::model::MachineId;
use crate::store::{Store, StoreError, Tier, TimeRange};
use crate::supervision::{ActorName, Restarts, Safety, shielded};

use codec::BlockCodec;
use messages::{
    CompactTick, Compacted, FileRows, GatherRows, GatherSeries, MeasureStorage, ReadRows, ReadSeries,
    SamplesRecorded, Series,
};
use retention::{Retention, StorageUse};
use upkeep::{Upkeep, drop_old, measure};

/// Keeps history.
pub struct Historian {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    codec: Addr<BlockCodec>,
    safety: Safety,
    retention: Retention,
    restarts: Restarts,
    /// Where the next look for due blocks begins; nothing while one is under way.
    look_from: Option<Timestamp>,
    storage: Option<StorageUse>,
}

impl Historian {
    /// A historian over that store.
    #[must_use]
    pub fn new(
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        codec: Addr<BlockCodec>,
        safety: Safety,
        retention: Retention,
    ) -> Self {
        Self {
            store,
            clock,
            codec,
            safety,
            retention,
            restarts: Restarts::default(),
            look_from: Some(Timestamp::default()),
            storage: None,
        }
    }

    fn drop_old_blocks(&mut self, ctx: &mut Context<Self>) {
        let (store, retention, now) = (Arc::clone(&self.store), self.retention, self.clock.now());
        ctx.spawn(
            async move {
                match drop_old(&*store, &retention, now).await {
                    Ok(0) => {}
                    Ok(blocks) => tracing::info!(blocks, "dropped history past its retention"),
                    Err(error) => tracing::warn!(%error, "old history stays for now"),
                }
            }
            .into_actor(self),
        );
    }

    /// Compacts what is due, and looks again: soon when there is more, else after a while.
    fn keep_compacting(&mut self, ctx: &mut Context<Self>) {
        let compacting = self.compact().map(|compacted, _, ctx: &mut Context<Self>| {
            let is_more_due = compacted
                .inspect_err(|error| tracing::warn!(%error, "blocks of history are compacted later"))
                .is_ok_and(|compacted| compacted.is_more_due);
            let pause = if is_more_due {
                COMPACT_PAUSE
            } else {
                COMPACT_PERIOD
            };
            ctx.run_later(pause, Self::keep_compacting);
        });
        ctx.spawn(compacting);
    }

    fn compact(&mut self) -> ResponseActFuture<Self, Result<Compacted, StoreError>> {
        let Some(look_from) = self.look_from.take() else {
            return Box::pin(fut::ready(Ok(Compacted {
                days: 0,
                is_more_due: true,
            })));
        };
        let upkeep = Upkeep {
            store: Arc::clone(&self.store),
            codec: self.codec.clone(),
            now: self.clock.now(),
        };
        let compacting = async move { upkeep.compact(look_from).await };
        Box::pin(compacting.into_actor(self).map(move |done, historian, _| {
            let done = done.map(|(compacted, next)| {
                historian.look_from = Some(next);
                compacted
            });
            historian.look_from.get_or_insert(look_from);
            done
        }))
    }
}

impl Actor for Historian {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        ctx.set_mailbox_capacity(SERVICE_MAILBOX);
        self.drop_old_blocks(ctx);
        ctx.run_interval(upkeep::RETENTION_PERIOD, Self::drop_old_blocks);
        ctx.run_later(COMPACT_PAUSE, Self::keep_compacting);
    }
}

impl Supervised for Historian {
    /// The store has the blocks, the machines what is not stored.
    fn restarting(&mut self, _: &mut Self::Context) {
        self.look_from = Some(Timestamp::default());
        if self.restarts.note(self.clock.now()) {
            self.safety.give_up(&ActorName::Historian);
        }
    }
}

impl Handler<SamplesRecorded> for Historian {
    type Result = ResponseFuture<Result<(), StoreError>>;

    fn handle(&mut self, msg: SamplesRecorded, ctx: &mut Context<Self>) -> Self::Result {
        let safety = self.safety.clone();
        let parts = || (self.codec.clone(), Arc::clone(&self.store));
        let Ok((codec, store)) = shielded(&safety, ctx, || ActorName::Historian, &msg, parts) else {
            return Box::pin(async { Err(StoreError::Busy) });
        };
        Box::pin(async move { record(&*store, &codec, msg.machine, msg.rows).await })
    }
}

/// Files rows into blocks; again when compaction has changed one of them meanwhile.
async fn record(
    store: &dyn Store,
    codec: &Addr<BlockCodec>,
    machine: MachineId,
    rows: Vec<Row>,
) -> Result<(), StoreError> {
    let times = || rows.iter().map(|row| row.taken_at);
    let range = TimeRange {
        from: times().min().unwrap_or_default(),
        to: times().max().unwrap_or_default(),
    };
    for _ in 0..SWAP_ATTEMPTS {
        let found = store
            .blocks_of_tiers(machine.clone(), vec![Tier::Raw], range)
            .await?;
        let filing = FileRows {
            machine: machine.clone(),
            found,
            rows: rows.clone(),
        };
        let swap = codec.send(filing).await.map_err(|_| StoreError::Busy)??;
        if store.swap_blocks(machine.clone(), swap.was, swap.now).await? {
            return Ok(());
        }
    }
    Err(StoreError::Busy)
}

impl Handler<ReadSeries> for Historian {
    type Result = ResponseFuture<Result<Series, StoreError>>;

    fn handle(&mut self, msg: ReadSeries, ctx: &mut Context<Self>) -> Self::Result {
        let safety = self.safety.clone();
        let reading = || {
            let tiers = match msg.wanted.tier {
                Tier::Raw | Tier::RawDay => vec![Tier::RawDay, Tier::Raw],
                // What is not compacted yet is not rolled up yet either.
                rolled_up => vec![rolled_up, Tier::Raw],
            };
            self.store
                .blocks_of_tiers(msg.machine.clone(), tiers, msg.wanted.range)
        };
        let Ok(reading) = shielded(&safety, ctx, || ActorName::Historian, &msg, reading) else {
            return Box::pin(async { Err(StoreError::Busy) });
        };
        let codec = self.codec.clone();
        Box::pin(async move {
            let ReadSeries {
                machine,
                wanted,
                open,
            } = msg;
            let gathering = GatherSeries {
                machine,
                blocks: reading.await?,
                open,
                wanted,
            };
            codec.send(gathering).await.map_err(|_| StoreError::Busy)?
        })
    }
}

impl Handler<ReadRows> for Historian {
    type Result = ResponseFuture<Result<Vec<Row>, StoreError>>;

    fn handle(&mut self, msg: ReadRows, ctx: &mut Context<Self>) -> Self::Result {
        let safety = self.safety.clone();
        let reading = || {
            let tiers = vec![Tier::RawDay, Tier::Raw];
            self.store.blocks_of_tiers(msg.machine.clone(), tiers, msg.range)
        };
        let Ok(reading) = shielded(&safety, ctx, || ActorName::Historian, &msg, reading) else {
            return Box::pin(async { Err(StoreError::Busy) });
        };
        let codec = self.codec.clone();
        Box::pin(async move {
            let ReadRows {
                machine,
                range,
                limit,
                open,
            } = msg;
            let gathering = GatherRows {
                machine,
                blocks: reading.await?,
                open,
                range,
                limit,
            };
            codec.send(gathering).await.map_err(|_| StoreError::Busy)?
        })
    }
}

impl Handler<CompactTick> for Historian {
    type Result = ResponseActFuture<Self, Result<Compacted, StoreError>>;

    fn handle(&mut self, msg: CompactTick, ctx: &mut Context<Self>) -> Self::Result {
        let safety = self.safety.clone();
        let compacting = || self.compact();
        shielded(&safety, ctx, || ActorName::Historian, &msg, compacting)
            .unwrap_or_else(|_| Box::pin(fut::ready(Err(StoreError::Busy))))
    }
}

impl Handler<MeasureStorage> for Historian {
    type Result = AtomicResponse<Self, Result<StorageUse, StoreError>>;

    fn handle(&mut self, _: MeasureStorage, _: &mut Context<Self>) -> Self::Result {
        let now = self.clock.now();
        let is_fresh = |storage: &&StorageUse| now.since(storage.measured_at) < STORAGE_MEASURED_FOR;
        if let Some(storage) = self.storage.as_ref().filter(is_fresh) {
            return AtomicResponse::new(Box::pin(fut::ready(Ok(storage.clone()))));
        }
        let (store, retention) = (Arc::clone(&self.store), self.retention);
        let measuring = async move { measure(&*store, &retention, now).await };
        AtomicResponse::new(Box::pin(measuring.into_actor(self).map(
            |measured, historian, _| {
                historian.storage = measured.as_ref().ok().cloned();
                measured
            },
        )))
    }
}
