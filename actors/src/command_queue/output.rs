//! What commands wrote, as documents of a few blocks each: never in the queue's memory. How many bytes
//! count is in the book, so that a block which a crash left longer is cut before it goes on.

use std::sync::Arc;

use actix::{ActorFutureExt, Context, Handler, WrapFuture};
use bytes::{Bytes, BytesMut};

use super::book::{CommandBook, CommandEvent};
use super::command::CommandId;
use super::decide::is_settled;
use super::messages::{Heard, KeepOutput, ReadOutput, ReadOutputError, SettleError};
use super::{Answer, CommandQueue, answered};
use crate::limits::OUTPUT_BYTES_MAX;
use crate::store::{DocumentKind, PutError, Revision, Store, StoreError};

/// Bytes of one block. Reason: each growth writes its block anew, so it is small; a full output is
/// eight of them.
const BLOCK_BYTES: usize = 32 * 1024;

const KIND: DocumentKind = DocumentKind::CommandOutput;

fn key(id: CommandId, block: usize) -> String {
    format!("{id}/{block:03}")
}

/// Adds bytes behind the `had` ones that count. Durable when it returns.
pub(super) async fn append(
    store: Arc<dyn Store>,
    id: CommandId,
    had: usize,
    mut bytes: Bytes,
) -> Result<(), PutError> {
    let mut at = had;
    while !bytes.is_empty() {
        let (block, within) = (at / BLOCK_BYTES, at % BLOCK_BYTES);
        let part = bytes.split_to(bytes.len().min(BLOCK_BYTES - within));
        at += part.len();
        write_block(&*store, key(id, block), within, &part).await?;
    }
    Ok(())
}

async fn write_block(store: &dyn Store, key: String, within: usize, part: &[u8]) -> Result<(), PutError> {
    let earlier = store.get(KIND, key.clone()).await?;
    let (revision, body) = earlier.map_or((Revision::default(), Bytes::new()), |document| {
        (document.revision, document.body)
    });
    let mut whole = BytesMut::from(&body[..within.min(body.len())]);
    whole.extend_from_slice(part);
    store.put(KIND, key, revision, whole.freeze()).await?;
    Ok(())
}

/// The bytes from `offset` on, of the `had` ones that count.
pub(super) async fn read(
    store: Arc<dyn Store>,
    id: CommandId,
    offset: usize,
    had: usize,
) -> Result<Bytes, StoreError> {
    let mut output = BytesMut::new();
    let had = had.min(OUTPUT_BYTES_MAX);
    let first = offset / BLOCK_BYTES;
    for block in first..had.div_ceil(BLOCK_BYTES) {
        let Some(document) = store.get(KIND, key(id, block)).await? else {
            break;
        };
        output.extend_from_slice(&document.body);
    }
    let begin = offset - first * BLOCK_BYTES;
    let end = had.saturating_sub(first * BLOCK_BYTES).min(output.len());
    Ok(output.freeze().slice(begin.min(end)..end))
}

/// Drops all of it.
pub(super) async fn drop_of(store: Arc<dyn Store>, id: CommandId) {
    for block in 0..OUTPUT_BYTES_MAX.div_ceil(BLOCK_BYTES) {
        let Ok(Some(document)) = store.get(KIND, key(id, block)).await else {
            return;
        };
        if let Err(error) = store.delete(KIND, document.key, document.revision).await {
            tracing::warn!(%error, "an old command's output could not be dropped");
        }
    }
}

impl Handler<KeepOutput> for CommandQueue {
    type Result = Answer<Heard, SettleError>;

    fn handle(&mut self, msg: KeepOutput, ctx: &mut Context<Self>) -> Self::Result {
        let core = |book: &CommandBook| {
            let command = book.theirs(&msg.machine, msg.agent_id.as_deref(), msg.id)?;
            let is_cancelled = command.cancelled_by.is_some();
            Ok::<_, SettleError>((command.output_bytes, is_cancelled, is_settled(command.state)))
        };
        // The bytes of an output are nothing for the quarantine.
        let (had, is_cancelled, is_settled) = match self.decide(&msg.id, ctx, core) {
            Ok(known) => known,
            Err(error) => return answered(Err(error)),
        };
        let heard = move |output_bytes| Heard {
            output_bytes,
            is_cancelled,
            is_settled,
        };
        let end = had as usize + msg.bytes.len();
        // Whoever has said how it ended has said what was written before.
        if is_settled || msg.offset != had || msg.bytes.is_empty() {
            return answered(Ok(heard(had)));
        }
        if end > OUTPUT_BYTES_MAX {
            return answered(Err(SettleError::OutputFull {
                max: OUTPUT_BYTES_MAX,
            }));
        }
        if !self.writing.insert(msg.id) {
            return answered(Err(SettleError::Busy));
        }
        let (id, bytes) = (msg.id, u32::try_from(end).unwrap_or(u32::MAX));
        let written = append(Arc::clone(&self.store), id, had as usize, msg.bytes);
        Box::pin(written.into_actor(self).then(move |written, queue, ctx| {
            queue.writing.remove(&id);
            match written {
                Ok(()) => queue.commit(Some(CommandEvent::OutputGrew { id, bytes }), heard(bytes), ctx),
                Err(error) => answered(Err(error.into())),
            }
        }))
    }
}

impl Handler<ReadOutput> for CommandQueue {
    type Result = Answer<Bytes, ReadOutputError>;

    fn handle(&mut self, msg: ReadOutput, _: &mut Context<Self>) -> Self::Result {
        let Some((command, _)) = self.book.find(msg.id) else {
            return answered(Err(ReadOutputError::Unknown));
        };
        let had = command.output_bytes as usize;
        let read = read(
            Arc::clone(&self.store),
            msg.id,
            (msg.offset as usize).min(had),
            had,
        );
        Box::pin(async move { read.await.map_err(|error: StoreError| error.into()) }.into_actor(self))
    }
}
