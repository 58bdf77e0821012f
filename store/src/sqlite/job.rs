//! What waits for the writer: an operation together with the caller who wants to hear how it ended. The
//! caller hears nothing before the group it was part of is on disk.

use std::sync::Arc;

use atlas_actors::clock::Clock;
use atlas_actors::store::{DocumentChanged, StoreError, StoreFuture};
use rusqlite::{Connection, Statement};
use tokio::sync::{mpsc, oneshot};

use super::index::JournalIndex;

/// What an operation may touch. Everything it does is part of the group's transaction.
pub(super) struct Desk<'c> {
    pub(super) connection: &'c Connection,
    /// The hot path's statement, prepared once.
    pub(super) insert_record: Statement<'c>,
    pub(super) index: JournalIndex,
    pub(super) clock: Arc<dyn Clock>,
    /// Told to watchers once the group is on disk.
    pub(super) changed: Vec<DocumentChanged>,
    /// Set by the operation that ends the writer.
    pub(super) is_closing: bool,
}

/// One thing that the writer can do.
pub(super) trait Operation: Send + 'static {
    /// What the caller gets.
    type Output: Send + 'static;
    /// How it may be refused without harm to the rest of the group.
    type Error: From<StoreError> + Send + 'static;

    /// Does it. The outer error is the engine's and fails the whole group; what is essential is then
    /// done once more if that can help.
    fn run(&self, desk: &mut Desk<'_>) -> rusqlite::Result<Result<Self::Output, Self::Error>>;

    /// Whether it may have the room that is kept back for a full disk: what an operator needs to get
    /// in and to make room. What machines send all the time is not.
    fn is_essential(&self) -> bool {
        true
    }
}

/// An operation whose types are forgotten, so that unlike ones can wait in one queue.
pub(super) trait Job: Send {
    /// Does it and keeps the outcome.
    fn run(&mut self, desk: &mut Desk<'_>) -> rusqlite::Result<()>;
    /// See [`Operation::is_essential`].
    fn is_essential(&self) -> bool;
    /// Tells the caller: the outcome if the group is on disk, else why not.
    fn answer(self: Box<Self>, group: Result<(), StoreError>);
}

struct Asked<O: Operation> {
    operation: O,
    outcome: Option<Result<O::Output, O::Error>>,
    caller: oneshot::Sender<Result<O::Output, O::Error>>,
}

impl<O: Operation> Job for Asked<O> {
    fn run(&mut self, desk: &mut Desk<'_>) -> rusqlite::Result<()> {
        self.outcome = Some(self.operation.run(desk)?);
        Ok(())
    }

    fn is_essential(&self) -> bool {
        self.operation.is_essential()
    }

    fn answer(self: Box<Self>, group: Result<(), StoreError>) {
        let answer = match group {
            Ok(()) => self.outcome.unwrap_or(Err(StoreError::Closed.into())),
            Err(error) => Err(error.into()),
        };
        // A caller who has gone away does not want to know.
        let _ = self.caller.send(answer);
    }
}

/// The way to the writer.
#[derive(Clone)]
pub(super) struct WriterHandle {
    jobs: mpsc::Sender<Box<dyn Job>>,
}

impl WriterHandle {
    /// A handle on a new queue, and the writer's end of it.
    pub(super) fn new(queue: usize) -> (Self, mpsc::Receiver<Box<dyn Job>>) {
        let (jobs, receiver) = mpsc::channel(queue);
        (Self { jobs }, receiver)
    }

    /// Queues an operation now, before the future is first polled: that is what keeps a caller's
    /// writes in the order in which it asked.
    pub(super) fn ask<O: Operation>(&self, operation: O) -> StoreFuture<O::Output, O::Error> {
        let (caller, answer) = oneshot::channel();
        let job = Box::new(Asked {
            operation,
            outcome: None,
            caller,
        });
        if let Err(refused) = self.jobs.try_send(job) {
            let error = match refused {
                mpsc::error::TrySendError::Full(_) => StoreError::Busy,
                mpsc::error::TrySendError::Closed(_) => StoreError::Closed,
            };
            return Box::pin(std::future::ready(Err(error.into())));
        }
        Box::pin(async move { answer.await.unwrap_or(Err(StoreError::Closed.into())) })
    }

    /// Whether the writer has stopped.
    pub(super) fn is_closed(&self) -> bool {
        self.jobs.is_closed()
    }

    /// Asks the writer to finish what was asked before, and waits until it has let go of everything.
    pub(super) async fn close(&self) {
        if self.jobs.send(Box::new(CloseJob)).await.is_ok() {
            self.jobs.closed().await;
        }
    }
}

/// Ends the writer. Its caller waits for the queue to disappear instead of an answer.
struct CloseJob;

impl Job for CloseJob {
    fn run(&mut self, desk: &mut Desk<'_>) -> rusqlite::Result<()> {
        desk.is_closing = true;
        Ok(())
    }

    fn is_essential(&self) -> bool {
        true
    }

    fn answer(self: Box<Self>, _: Result<(), StoreError>) {}
}
