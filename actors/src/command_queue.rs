//! Owns every command and its state. Receives `EnqueueCommand`, `LeaseCommands`, `SettleCommand`,
//! `ListCommands` and its own tick; publishes how many commands wait for each machine.
//!
//! The least that agents of 2.0 need: they poll for the three actions they know that carry no
//! secret. A command is handed out once: what was leased and never answered ends as `unknown` and is
//! not run again.

pub mod book;
pub mod command;
pub mod messages;

use std::sync::Arc;
use std::time::Duration;

use actix::{Actor, ActorFutureExt, AsyncContext, AtomicResponse, Context, Handler, Supervised, WrapFuture};
use arc_swap::ArcSwap;
use imbl::HashMap;

use crate::clock::Clock;
use crate::limits::SERVICE_MAILBOX;
use crate::model::MachineId;
use crate::store::{AppendError, DocumentKind, JournalRecord, Revision, Store, StoreError, Stream, Version};
use crate::stored::{decode, encode};
use crate::supervision::{ActorName, Restarts, Safety, shielded};

use book::{CommandBook, CommandEvent};
use command::Command;
use messages::{
    EnqueueCommand, EnqueueError, LeaseCommands, LeaseError, ListCommands, SettleCommand, SettleError,
};

/// How many commands wait for each machine that any wait for.
pub type DueCommands = HashMap<MachineId, u32>;

/// Where the whole book is checkpointed.
const BOOK_KEY: &str = "commands";
/// Journal records between two checkpoints.
const CHECKPOINT_EVERY: u64 = 256;
/// How often it looks for commands whose time is over.
const EXPIRY_PERIOD: Duration = Duration::from_secs(15);

/// Every command's owner.
pub struct CommandQueue {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    safety: Safety,
    restarts: Restarts,
    due: Arc<ArcSwap<DueCommands>>,
    book: CommandBook,
    version: Version,
    checkpoint: (Version, Revision),
}

impl CommandQueue {
    /// A queue over that store; it reads its commands when it starts.
    #[must_use]
    pub fn new(
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        safety: Safety,
        due: Arc<ArcSwap<DueCommands>>,
    ) -> Self {
        Self {
            store,
            clock,
            safety,
            restarts: Restarts::default(),
            due,
            book: CommandBook::default(),
            version: Version::default(),
            checkpoint: (Version::default(), Revision::default()),
        }
    }

    fn load(&mut self, ctx: &mut Context<Self>) {
        let reading = read_book(Arc::clone(&self.store));
        ctx.wait(reading.into_actor(self).map(|stored, queue, ctx| match stored {
            Ok(stored) => queue.become_loaded(stored),
            Err(error) => {
                tracing::error!(%error, "commands can't be read, trying again");
                ctx.run_later(Duration::from_secs(1), Self::load);
            }
        }));
    }

    fn become_loaded(&mut self, stored: StoredBook) {
        (self.book, self.checkpoint, self.version) = (stored.book, stored.checkpoint, stored.version);
        for entry in stored
            .tail
            .into_iter()
            .filter(|entry| entry.version > self.checkpoint.0)
        {
            match decode::<CommandEvent>(&entry.body) {
                Ok(event) => self.book.apply(event),
                Err(error) => {
                    tracing::error!(version = entry.version.0, %error, "a command record is skipped")
                }
            }
        }
        self.publish_due();
    }

    fn publish_due(&self) {
        self.due.store(Arc::new(self.book.due()));
    }

    /// Writes an event down, then applies it and answers.
    fn commit<T: 'static, E: From<AppendError> + 'static>(
        &self,
        event: CommandEvent,
        answer: T,
    ) -> AtomicResponse<Self, Result<T, E>> {
        let appended = self
            .store
            .append(Stream::Commands, self.version, vec![encode(&event)]);
        AtomicResponse::new(Box::pin(appended.into_actor(self).map(
            move |appended, queue, ctx| {
                queue.version = appended.inspect_err(|error| queue.rebuild_if_stale(error, ctx))?;
                queue.book.apply(event);
                queue.publish_due();
                queue.write_checkpoint_if_due(ctx);
                Ok(answer)
            },
        )))
    }

    fn rebuild_if_stale(&self, error: &AppendError, ctx: &mut Context<Self>) {
        use actix::ActorContext;
        if let AppendError::Conflict { .. } = error {
            ctx.stop();
        }
    }

    fn write_checkpoint_if_due(&mut self, ctx: &mut Context<Self>) {
        if self.version.0 - self.checkpoint.0.0 < CHECKPOINT_EVERY {
            return;
        }
        let version = self.version;
        let body = encode(&(version, &self.book));
        let written = self
            .store
            .put(DocumentKind::Server, BOOK_KEY.to_owned(), self.checkpoint.1, body);
        ctx.wait(
            written
                .into_actor(self)
                .map(move |written, queue, ctx| match written {
                    Ok(revision) => {
                        queue.checkpoint = (version, revision);
                        let trimmed = queue.store.trim(Stream::Commands, version);
                        ctx.spawn(async move { drop(trimmed.await) }.into_actor(queue));
                    }
                    Err(error) => tracing::warn!(%error, "the commands' checkpoint was not written"),
                }),
        );
    }

    fn expire(&mut self, ctx: &mut Context<Self>) {
        let Some(event) = self.book.decide_expiry(self.clock.now()) else {
            return;
        };
        let appended = self
            .store
            .append(Stream::Commands, self.version, vec![encode(&event)]);
        ctx.wait(
            appended
                .into_actor(self)
                .map(|appended, queue, ctx| match appended {
                    Ok(version) => {
                        queue.version = version;
                        queue.book.apply(event);
                        queue.publish_due();
                    }
                    Err(error) => queue.rebuild_if_stale(&error, ctx),
                }),
        );
    }
}

struct StoredBook {
    book: CommandBook,
    checkpoint: (Version, Revision),
    version: Version,
    tail: Vec<JournalRecord>,
}

async fn read_book(store: Arc<dyn Store>) -> Result<StoredBook, StoreError> {
    let version = store.version(Stream::Commands).await?;
    let document = store.get(DocumentKind::Server, BOOK_KEY.to_owned()).await?;
    let tail = store.read(Stream::Commands, Version::default()).await?;
    let (at, book, revision) = match document {
        None => (Version::default(), CommandBook::default(), Revision::default()),
        Some(document) => {
            let (at, book) = decode::<(Version, CommandBook)>(&document.body)
                .map_err(|error| StoreError::Damaged(error.to_string()))?;
            (at, book, document.revision)
        }
    };
    Ok(StoredBook {
        book,
        checkpoint: (at, revision),
        version,
        tail,
    })
}

impl Actor for CommandQueue {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        ctx.set_mailbox_capacity(SERVICE_MAILBOX);
        self.load(ctx);
        ctx.run_interval(EXPIRY_PERIOD, Self::expire);
    }
}

impl Supervised for CommandQueue {
    fn restarting(&mut self, _: &mut Self::Context) {
        if self.restarts.note(self.clock.now()) {
            self.safety.give_up(&ActorName::CommandQueue);
        }
    }
}

fn answered<T: 'static>(answer: T) -> AtomicResponse<CommandQueue, T> {
    AtomicResponse::new(Box::pin(actix::fut::ready(answer)))
}

impl Handler<EnqueueCommand> for CommandQueue {
    type Result = AtomicResponse<Self, Result<String, EnqueueError>>;

    fn handle(&mut self, msg: EnqueueCommand, ctx: &mut Context<Self>) -> Self::Result {
        let now = self.clock.now();
        let safety = self.safety.clone();
        let decide = || self.book.decide_enqueue(&msg, now);
        match shielded(&safety, ctx, || ActorName::CommandQueue, &msg, decide) {
            Ok(Ok((id, event))) => self.commit(event, id),
            Ok(Err(error)) => answered(Err(error)),
            Err(_) => answered(Err(EnqueueError::Busy)),
        }
    }
}

impl Handler<LeaseCommands> for CommandQueue {
    type Result = AtomicResponse<Self, Result<Vec<Command>, LeaseError>>;

    fn handle(&mut self, msg: LeaseCommands, ctx: &mut Context<Self>) -> Self::Result {
        let now = self.clock.now();
        let safety = self.safety.clone();
        let decide = || self.book.decide_lease(&msg.machine, msg.limit, now);
        match shielded(&safety, ctx, || ActorName::CommandQueue, &msg, decide) {
            Ok(Some((commands, event))) => self.commit(event, commands),
            Ok(None) => answered(Ok(Vec::new())),
            Err(_) => answered(Err(LeaseError::Busy)),
        }
    }
}

impl Handler<SettleCommand> for CommandQueue {
    type Result = AtomicResponse<Self, Result<(), SettleError>>;

    fn handle(&mut self, msg: SettleCommand, ctx: &mut Context<Self>) -> Self::Result {
        let now = self.clock.now();
        let safety = self.safety.clone();
        let decide = || self.book.decide_settle(&msg, now);
        match shielded(&safety, ctx, || ActorName::CommandQueue, &msg, decide) {
            Ok(Ok(Some(event))) => self.commit(event, ()),
            Ok(Ok(None)) => answered(Ok(())),
            Ok(Err(error)) => answered(Err(error)),
            Err(_) => answered(Err(SettleError::Busy)),
        }
    }
}

impl Handler<ListCommands> for CommandQueue {
    type Result = actix::MessageResult<ListCommands>;

    fn handle(&mut self, ListCommands(machine): ListCommands, _: &mut Context<Self>) -> Self::Result {
        actix::MessageResult(self.book.of(&machine))
    }
}
