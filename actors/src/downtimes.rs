//! Owns when this server itself was away: what nobody heard then is no machine's fault. Receives its own
//! tick and `NoteStop`; publishes the spans. Each tick writes down that the server runs, so that after a
//! kill the next start knows since when it did not.

use std::sync::Arc;

use actix::{
    Actor, ActorFutureExt, AsyncContext, AtomicResponse, Context, Handler, Message, Supervised, WrapFuture,
};
use arc_swap::ArcSwap;
use serde::{Deserialize, Serialize};

use crate::clock::{Clock, Timestamp};
use crate::limits::{ALIVE_PERIOD, DOWNTIME_MIN, GAPS_MAX, SERVICE_MAILBOX};
use crate::model::{Gap, PresenceCause};
use crate::store::{Document, DocumentKind, PutError, Revision, Store, StoreFuture};
use crate::stored::{decode, encode};
use crate::supervision::{ActorName, Restarts, Safety};

/// Where it is written down.
const KEY: &str = "downtimes";

/// The server stops in good order: note the moment.
#[derive(Clone, Copy, Debug, Message)]
#[rtype(result = "()")]
pub struct NoteStop;

/// What rests in the store.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Log {
    /// When the server was known to run.
    alive_at: Timestamp,
    /// The newest spans in which it did not, oldest first.
    gaps: Vec<Gap>,
}

impl Log {
    /// The server runs; true when it was away before.
    fn note(&mut self, now: Timestamp) -> bool {
        let from = std::mem::replace(&mut self.alive_at, now);
        let was_away = from > Timestamp::default() && now.since(from) >= DOWNTIME_MIN;
        if was_away {
            self.gaps.push(Gap {
                from,
                to: now,
                cause: PresenceCause::ServerDown,
            });
            let surplus = self.gaps.len().saturating_sub(GAPS_MAX);
            self.gaps.drain(..surplus);
        }
        was_away
    }
}

/// The owner of the server's own absences.
pub struct Downtimes {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    safety: Safety,
    restarts: Restarts,
    published: Arc<ArcSwap<Vec<Gap>>>,
    log: Option<Log>,
    revision: Revision,
}

impl Downtimes {
    /// What is in that store, published there.
    #[must_use]
    pub fn new(
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        safety: Safety,
        published: Arc<ArcSwap<Vec<Gap>>>,
    ) -> Self {
        Self {
            store,
            clock,
            safety,
            restarts: Restarts::default(),
            published,
            log: None,
            revision: Revision::default(),
        }
    }

    fn load(&self, ctx: &mut Context<Self>) {
        let read = self.store.get(DocumentKind::Server, KEY.to_owned());
        ctx.wait(
            read.into_actor(self)
                .map(|document, downtimes, ctx| match document {
                    Ok(document) => {
                        downtimes.take_in(document);
                        downtimes.tick(ctx);
                    }
                    // Nothing is written before: the moment of the last run must not be lost.
                    Err(error) => {
                        tracing::warn!(%error, "when the server was away can't be read, trying again");
                        ctx.run_later(ALIVE_PERIOD, |downtimes, ctx| downtimes.load(ctx));
                    }
                }),
        );
    }

    fn take_in(&mut self, document: Option<Document>) {
        let mut log = Log::default();
        if let Some(document) = document {
            self.revision = document.revision;
            log = decode(&document.body).unwrap_or_default();
        }
        self.log = Some(log);
    }

    /// The document as of now; nothing before it was read.
    fn writing(&mut self) -> Option<StoreFuture<Revision, PutError>> {
        let now = self.clock.now();
        let log = self.log.as_mut()?;
        if log.note(now) {
            tracing::info!(gaps = log.gaps.len(), "this server was away");
        }
        self.published.store(Arc::new(log.gaps.clone()));
        let body = encode(log);
        Some(
            self.store
                .put(DocumentKind::Server, KEY.to_owned(), self.revision, body),
        )
    }

    fn tick(&mut self, ctx: &mut Context<Self>) {
        if let Some(writing) = self.writing() {
            ctx.wait(
                writing
                    .into_actor(self)
                    .map(|put, downtimes, _| downtimes.is_written(put)),
            );
        }
    }

    fn is_written(&mut self, put: Result<Revision, PutError>) {
        match put {
            Ok(revision) => self.revision = revision,
            Err(error) => tracing::debug!(%error, "that the server runs was not written down"),
        }
    }
}

impl Actor for Downtimes {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        ctx.set_mailbox_capacity(SERVICE_MAILBOX);
        self.load(ctx);
        ctx.run_interval(ALIVE_PERIOD, Self::tick);
    }
}

impl Supervised for Downtimes {
    fn restarting(&mut self, _: &mut Self::Context) {
        self.log = None;
        if self.restarts.note(self.clock.now()) {
            self.safety.give_up(&ActorName::Downtimes);
        }
    }
}

impl Handler<NoteStop> for Downtimes {
    type Result = AtomicResponse<Self, ()>;

    fn handle(&mut self, _: NoteStop, _: &mut Context<Self>) -> Self::Result {
        let Some(writing) = self.writing() else {
            return AtomicResponse::new(Box::pin(actix::fut::ready(())));
        };
        AtomicResponse::new(Box::pin(
            writing
                .into_actor(self)
                .map(|put, downtimes, _| downtimes.is_written(put)),
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pause_between_two_signs_of_life_is_an_absence() {
        let at = |second: i64| Timestamp::from_secs(1_790_000_000 + second);
        let mut log = Log::default();
        assert!(!log.note(at(0)), "the first start of all");
        assert!(!log.note(at(15)));
        assert!(log.note(at(100)));
        assert!(!log.note(at(115)));
        let gap = Gap {
            from: at(15),
            to: at(100),
            cause: PresenceCause::ServerDown,
        };
        assert_eq!(log.gaps, [gap]);
        for number in 1..=100_i64 {
            log.note(at(115 + number * 60));
        }
        assert_eq!(log.gaps.len(), GAPS_MAX);
    }
}
