//! The messages of the queue: each has its core decide, and is answered when that is on disk.

use actix::{ActorFutureExt, AsyncContext, Context, Handler, Message, MessageResult};

use super::book::CommandEvent;
use super::command::CommandId;
use super::messages::{
    CancelCommands, CancelError, CommandInBatch, EnqueueBatch, EnqueueError, FindBatch, FindCommand, Heard,
    Lease, LeaseCommands, LeaseError, ListCommands, SettleCommand, SettleError, SignBatch, SignError,
};
use super::{Answer, CommandQueue, answered};

impl Handler<EnqueueBatch> for CommandQueue {
    type Result = Answer<Vec<CommandInBatch>, EnqueueError>;

    fn handle(&mut self, msg: EnqueueBatch, ctx: &mut Context<Self>) -> Self::Result {
        let now = self.clock.now();
        let event = match self.decide(&msg, ctx, |book| book.decide_enqueue(&msg, now)) {
            Ok(event) => event,
            Err(error) => return answered(Err(error)),
        };
        let written = self.commit(event, (), ctx);
        Box::pin(written.map(move |written, queue, _| {
            written.map(|()| {
                let batch = ListCommands {
                    batch: Some(msg.batch.id),
                    limit: usize::MAX,
                    ..ListCommands::default()
                };
                queue.book.list(&batch)
            })
        }))
    }
}

/// Look whether a batch's next step begins.
#[derive(Clone, Copy, Debug, Message)]
#[rtype(result = "()")]
pub(super) struct NextWave(pub(super) CommandId);

impl Handler<NextWave> for CommandQueue {
    type Result = ();

    fn handle(&mut self, msg: NextWave, ctx: &mut Context<Self>) {
        let now = self.clock.now();
        let decided = self.decide(&msg, ctx, |book| {
            Ok::<_, LeaseError>(book.decide_wave(msg.0, now))
        });
        if let Ok(Some(event)) = decided {
            let written: Answer<(), LeaseError> = self.commit(Some(event), (), ctx);
            ctx.spawn(written.map(|_, _, _| ()));
        }
    }
}

impl Handler<SignBatch> for CommandQueue {
    type Result = Answer<Vec<CommandInBatch>, SignError>;

    fn handle(&mut self, msg: SignBatch, ctx: &mut Context<Self>) -> Self::Result {
        let event = match self.decide(&msg, ctx, |book| book.decide_sign(&msg)) {
            Ok(event) => event,
            Err(error) => return answered(Err(error)),
        };
        let written = self.commit(Some(event), (), ctx);
        Box::pin(written.map(move |written, queue, _| {
            let signed = msg.signatures.iter().filter_map(|(id, _)| queue.book.find(*id));
            written.map(|()| signed.collect())
        }))
    }
}

impl Handler<LeaseCommands> for CommandQueue {
    type Result = Answer<Lease, LeaseError>;

    fn handle(&mut self, msg: LeaseCommands, ctx: &mut Context<Self>) -> Self::Result {
        let now = self.clock.now();
        match self.decide(&msg, ctx, |book| {
            Ok::<_, LeaseError>(book.decide_lease(&msg, now))
        }) {
            Ok((lease, event)) => self.commit(event, lease, ctx),
            Err(error) => answered(Err(error)),
        }
    }
}

impl Handler<SettleCommand> for CommandQueue {
    type Result = Answer<Heard, SettleError>;

    fn handle(&mut self, msg: SettleCommand, ctx: &mut Context<Self>) -> Self::Result {
        let now = self.clock.now();
        match self.decide(&msg, ctx, |book| book.decide_settle(&msg, now)) {
            Ok((heard, event)) => self.commit(event, heard, ctx),
            Err(error) => answered(Err(error)),
        }
    }
}

impl Handler<CancelCommands> for CommandQueue {
    type Result = Answer<Vec<CommandInBatch>, CancelError>;

    fn handle(&mut self, msg: CancelCommands, ctx: &mut Context<Self>) -> Self::Result {
        let now = self.clock.now();
        let event = match self.decide(&msg, ctx, |book| book.decide_cancel(&msg, now)) {
            Ok(event) => event,
            Err(error) => return answered(Err(error)),
        };
        let ids = match &event {
            CommandEvent::Cancelled { ids, .. } => ids.clone(),
            _ => Vec::new(),
        };
        let written = self.commit(Some(event), (), ctx);
        Box::pin(written.map(move |written, queue, _| {
            written.map(|()| ids.iter().filter_map(|id| queue.book.find(*id)).collect())
        }))
    }
}

impl Handler<ListCommands> for CommandQueue {
    type Result = MessageResult<ListCommands>;

    fn handle(&mut self, msg: ListCommands, _: &mut Context<Self>) -> Self::Result {
        MessageResult(self.book.list(&msg))
    }
}

impl Handler<FindCommand> for CommandQueue {
    type Result = MessageResult<FindCommand>;

    fn handle(&mut self, msg: FindCommand, _: &mut Context<Self>) -> Self::Result {
        MessageResult(self.book.find(msg.0))
    }
}

impl Handler<FindBatch> for CommandQueue {
    type Result = MessageResult<FindBatch>;

    fn handle(&mut self, msg: FindBatch, _: &mut Context<Self>) -> Self::Result {
        MessageResult(self.book.find_batch(msg.0))
    }
}
