//! Owns every command and its state. Receives `EnqueueBatch`, `LeaseCommands`, `SettleCommand`,
//! `KeepOutput`, `CancelCommands`, questions, and its own tick; publishes how many commands wait for
//! each machine.
//!
//! Each command goes queued → leased → started → its end. It is handed out at least once: a machine
//! that fetched it and never said that it began gets it again. It runs at most once: what may have
//! begun and was not heard of ends as `unknown` and is never handed out again; its machine's late word
//! still counts.
//!
//! Events are applied when they are asked to be written, and answered when they are on disk: so many
//! are written with one fsync. A write that fails has the book read from disk again.

pub mod action;
pub mod book;
pub mod command;
mod decide;
mod handlers;
mod load;
pub mod messages;
mod output;
mod waves;

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use actix::{Actor, ActorFutureExt, AsyncContext, Context, ResponseActFuture, Supervised, WrapFuture};
use arc_swap::ArcSwap;
use imbl::HashMap;
use tokio::sync::oneshot;

use crate::clock::Clock;
use crate::limits::{COMMANDS_CHECKPOINT_EVERY, SERVICE_MAILBOX};
use crate::model::MachineId;
use crate::store::{AppendError, DocumentKind, Revision, Store, Stream, Version};
use crate::stored::encode_second;
use crate::supervision::{ActorName, Panicked, Restarts, Safety, shielded};

use book::{CommandBook, CommandEvent};
use command::CommandId;
use handlers::NextWave;
use load::{BOOK_KEY, StoredBook, read_book};
use messages::{CancelError, EnqueueError, LeaseError, SettleError, SignError};

/// How many commands wait for each machine that any wait for.
pub type DueCommands = HashMap<MachineId, u32>;

/// How often it looks for commands whose time is over.
const TICK: Duration = Duration::from_secs(5);

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
    /// Counts how often the book was read from disk: an older write's failure is old news.
    loads: u64,
    /// Commands whose output is being written.
    writing: HashSet<CommandId>,
    /// Events that are being written.
    in_flight: usize,
}

type Answer<T, E> = ResponseActFuture<CommandQueue, Result<T, E>>;

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
            loads: 0,
            writing: HashSet::new(),
            in_flight: 0,
        }
    }

    fn load(&mut self, ctx: &mut Context<Self>) {
        self.loads += 1;
        self.in_flight = 0;
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
        self.book = stored.book;
        self.checkpoint = stored.checkpoint;
        self.version = stored.version;
        let due = |machine: &MachineId| (machine.clone(), self.book.due(machine));
        let due: DueCommands = self
            .book
            .machines()
            .map(due)
            .filter(|(_, due)| *due > 0)
            .collect();
        self.due.store(Arc::new(due));
    }

    fn publish_due(&self, machines: &[MachineId]) {
        let mut published = DueCommands::clone(&self.due.load());
        for machine in machines {
            match self.book.due(machine) {
                0 => published.remove(machine),
                due => published.insert(machine.clone(), due),
            };
        }
        self.due.store(Arc::new(published));
    }

    /// Has an event written down and applies it; the answer comes when it is on disk. Without an event
    /// it comes when all before it are.
    fn commit<T: 'static, E: From<AppendError> + From<Lost> + 'static>(
        &mut self,
        event: Option<CommandEvent>,
        answer: T,
        ctx: &mut Context<Self>,
    ) -> Answer<T, E> {
        if event.is_none() && self.in_flight == 0 {
            return answered(Ok(answer));
        }
        self.in_flight += 1;
        let records: Vec<_> = event.iter().map(encode_second).collect();
        let appended = self.store.append(Stream::Commands, self.version, records);
        if let Some(event) = event {
            self.version = Version(self.version.0 + 1);
            let batches = self.book.batches_of(&event);
            let machines = self.book.apply(event);
            self.publish_due(&machines);
            self.drop_outputs(ctx);
            self.go_on(batches, ctx);
        }
        let (tell, told) = oneshot::channel();
        let loads = self.loads;
        let write = self.checkpoint_if_due();
        let must_wait = write.is_some();
        let work = async move {
            let appended = appended.await;
            let failed = appended.as_ref().err().map(ToString::to_string);
            // Nobody listens any more when the caller has given up.
            let _ = tell.send(appended.map(drop));
            match (failed, write) {
                (Some(failed), _) => Err(failed),
                (None, Some(write)) => Ok(Some(write.await)),
                (None, None) => Ok(None),
            }
        };
        let work = work.into_actor(self).map(move |done, queue, ctx| {
            if queue.loads == loads {
                queue.in_flight = queue.in_flight.saturating_sub(1);
            }
            match done {
                Ok(Some(Ok(checkpoint))) => queue.note_checkpoint(checkpoint, ctx),
                Ok(Some(Err(error))) => tracing::warn!(%error, "the commands' checkpoint was not written"),
                Err(error) if queue.loads == loads => {
                    tracing::warn!(%error, "a command's record was not written: the book is read again");
                    queue.load(ctx);
                }
                Ok(None) | Err(_) => {}
            }
        });
        // While a checkpoint is written nothing else happens: it is the state at that very record.
        if must_wait {
            ctx.wait(work);
        } else {
            ctx.spawn(work);
        }
        Box::pin(
            async move {
                told.await
                    .map_err(|_| E::from(Lost))?
                    .map(|()| answer)
                    .map_err(E::from)
            }
            .into_actor(self),
        )
    }

    /// The writing of a checkpoint, if one is due.
    fn checkpoint_if_due(
        &self,
    ) -> Option<impl Future<Output = Result<(Version, Revision), crate::store::PutError>> + use<>> {
        // A large book is written less often, so that writing it costs no more than the records do.
        let every = COMMANDS_CHECKPOINT_EVERY.max(self.book.len() as u64 / 4);
        if self.version.0 - self.checkpoint.0.0 < every {
            return None;
        }
        let (version, store, revision) = (self.version, Arc::clone(&self.store), self.checkpoint.1);
        let body = encode_second(&(version, &self.book));
        Some(async move {
            let written = store.put(DocumentKind::Server, BOOK_KEY.to_owned(), revision, body);
            Ok((version, written.await?))
        })
    }

    fn note_checkpoint(&mut self, checkpoint: (Version, Revision), ctx: &mut Context<Self>) {
        self.checkpoint = checkpoint;
        let trimmed = self.store.trim(Stream::Commands, checkpoint.0);
        ctx.spawn(async move { drop(trimmed.await) }.into_actor(self));
    }

    /// Begins or stops the next step of batches that go in steps.
    fn go_on(&self, batches: Vec<CommandId>, ctx: &mut Context<Self>) {
        for batch in batches.into_iter().filter(|batch| self.book.is_in_waves(*batch)) {
            // After this message is done with: its event comes first.
            ctx.notify(NextWave(batch));
        }
    }

    fn drop_outputs(&mut self, ctx: &mut Context<Self>) {
        for id in self.book.take_dropped_outputs() {
            ctx.spawn(output::drop_of(Arc::clone(&self.store), id).into_actor(self));
        }
    }

    fn tick(&mut self, ctx: &mut Context<Self>) {
        if let Some(event) = self.book.decide_time(self.clock.now()) {
            let written: Answer<(), LeaseError> = self.commit(Some(event), (), ctx);
            ctx.spawn(written.map(|_, _, _| ()));
        }
    }

    /// Runs a core that decides.
    fn decide<T, E: From<Lost>>(
        &mut self,
        message: &dyn std::fmt::Debug,
        ctx: &mut Context<Self>,
        core: impl FnOnce(&CommandBook) -> Result<T, E>,
    ) -> Result<T, E> {
        let safety = self.safety.clone();
        shielded(
            &safety,
            ctx,
            || ActorName::CommandQueue,
            message,
            || core(&self.book),
        )
        .unwrap_or_else(|Panicked| Err(E::from(Lost)))
    }
}

/// The queue was started anew before it could answer.
struct Lost;

macro_rules! busy_when_lost {
    ($($error:ident)*) => { $(
        impl From<Lost> for $error {
            fn from(_: Lost) -> Self {
                Self::Busy
            }
        }
    )* };
}
busy_when_lost!(EnqueueError LeaseError SettleError CancelError SignError);

impl Actor for CommandQueue {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        ctx.set_mailbox_capacity(SERVICE_MAILBOX);
        self.load(ctx);
        ctx.run_interval(TICK, Self::tick);
    }
}

impl Supervised for CommandQueue {
    fn restarting(&mut self, _: &mut Self::Context) {
        if self.restarts.note(self.clock.now()) {
            self.safety.give_up(&ActorName::CommandQueue);
        }
        self.writing.clear();
    }
}

fn answered<T: 'static, E: 'static>(answer: Result<T, E>) -> Answer<T, E> {
    Box::pin(actix::fut::ready(answer))
}
