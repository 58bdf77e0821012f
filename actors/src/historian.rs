//! Keeps what machines measured: closed blocks in the store, read back as series. Receives
//! `SamplesRecorded`, `ReadSeries`, `ReadRows`; emits nothing. The columns' bytes are made and read
//! by a pool of codec actors on threads of their own.
//!
//! A plain first version: one tier, every sample as it came, dropped when it is too old.

pub mod block;
pub mod codec;
pub mod series;

use std::sync::Arc;
use std::time::Duration;

use actix::{Actor, Addr, AsyncContext, Context, Handler, ResponseFuture, Supervised, WrapFuture};

use crate::clock::Clock;
use crate::limits::{SAMPLE_AGE_MAX, SERVICE_MAILBOX};
use crate::machine::open_block::Row;
use crate::messages::{DecodeRows, EncodeBlock, ReadRows, ReadSeries, SamplesRecorded, Series};
use crate::model::MachineId;
use crate::store::{Store, StoreError, Tier, TimeRange};
use crate::supervision::{ActorName, Restarts, Safety, shielded};

use codec::BlockCodec;

/// How often blocks that are too old are dropped.
const RETENTION_PERIOD: Duration = Duration::from_secs(3_600);

/// Keeps history.
pub struct Historian {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    codec: Addr<BlockCodec>,
    safety: Safety,
    restarts: Restarts,
}

impl Historian {
    /// A historian over that store.
    #[must_use]
    pub fn new(
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        codec: Addr<BlockCodec>,
        safety: Safety,
    ) -> Self {
        Self {
            store,
            clock,
            codec,
            safety,
            restarts: Restarts::default(),
        }
    }

    fn drop_old_blocks(&mut self, ctx: &mut Context<Self>) {
        let dropped = self
            .store
            .drop_blocks_before(Tier::Raw, self.clock.now().minus(SAMPLE_AGE_MAX));
        ctx.spawn(
            async move {
                match dropped.await {
                    Ok(0) => {}
                    Ok(blocks) => tracing::info!(blocks, "dropped history past its retention"),
                    Err(error) => tracing::warn!(%error, "old history stays for now"),
                }
            }
            .into_actor(self),
        );
    }
}

impl Actor for Historian {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        ctx.set_mailbox_capacity(SERVICE_MAILBOX);
        self.drop_old_blocks(ctx);
        ctx.run_interval(RETENTION_PERIOD, Self::drop_old_blocks);
    }
}

impl Supervised for Historian {
    /// It holds no state: the store has the blocks, the machines what is not stored.
    fn restarting(&mut self, _: &mut Self::Context) {
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
        Box::pin(async move {
            let block = codec
                .send(EncodeBlock(msg.rows))
                .await
                .map_err(|_| StoreError::Busy)??;
            store.put_block(msg.machine, Tier::Raw, block).await
        })
    }
}

impl Handler<ReadSeries> for Historian {
    type Result = ResponseFuture<Result<Series, StoreError>>;

    fn handle(&mut self, msg: ReadSeries, ctx: &mut Context<Self>) -> Self::Result {
        let safety = self.safety.clone();
        let reading = || {
            read_rows(
                &self.store,
                &self.codec,
                msg.machine.clone(),
                msg.range,
                msg.open.clone(),
            )
        };
        let Ok(rows) = shielded(&safety, ctx, || ActorName::Historian, &msg, reading) else {
            return Box::pin(async { Err(StoreError::Busy) });
        };
        Box::pin(async move {
            let rows = rows.await?;
            Ok(series::thin_out(&rows, &msg.metrics, msg.range, msg.points_max))
        })
    }
}

impl Handler<ReadRows> for Historian {
    type Result = ResponseFuture<Result<Vec<Row>, StoreError>>;

    fn handle(&mut self, msg: ReadRows, ctx: &mut Context<Self>) -> Self::Result {
        let safety = self.safety.clone();
        let reading = || {
            read_rows(
                &self.store,
                &self.codec,
                msg.machine.clone(),
                msg.range,
                msg.open.clone(),
            )
        };
        let Ok(rows) = shielded(&safety, ctx, || ActorName::Historian, &msg, reading) else {
            return Box::pin(async { Err(StoreError::Busy) });
        };
        Box::pin(async move {
            let mut rows = rows.await?;
            Ok(rows.split_off(rows.len().saturating_sub(msg.limit)))
        })
    }
}

fn read_rows(
    store: &Arc<dyn Store>,
    codec: &Addr<BlockCodec>,
    machine: MachineId,
    range: TimeRange,
    open: Vec<Row>,
) -> ResponseFuture<Result<Vec<Row>, StoreError>> {
    let blocks = store.blocks(machine, Tier::Raw, range);
    let codec = codec.clone();
    Box::pin(async move {
        let blocks = blocks.await?;
        codec
            .send(DecodeRows { blocks, open, range })
            .await
            .map_err(|_| StoreError::Busy)
    })
}
