//! Owns the messages that made actors panic, on disk, so that somebody can look at them. Receives
//! `MessageQuarantined`, answers `ListQuarantine`, emits nothing.

use std::sync::Arc;

use actix::{Actor, AsyncContext, Context, Handler, ResponseFuture, Supervised, WrapFuture};

use crate::clock::Clock;
use crate::limits::{QUARANTINE_MAX, SERVICE_MAILBOX};
use crate::messages::{ListQuarantine, MessageQuarantined, QuarantinedMessage};
use crate::store::{DocumentKind, Revision, Store};
use crate::stored::{decode, encode};
use crate::supervision::{ActorName, Restarts, Safety, shielded};

/// Keeps poisonous messages.
pub struct Quarantine {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    safety: Safety,
    restarts: Restarts,
    taken: u64,
}

impl Quarantine {
    /// An actor that keeps its messages in that store.
    #[must_use]
    pub fn new(store: Arc<dyn Store>, clock: Arc<dyn Clock>, safety: Safety) -> Self {
        Self {
            store,
            clock,
            safety,
            restarts: Restarts::default(),
            taken: 0,
        }
    }

    /// The document of a message, and its key.
    fn file(&mut self, msg: MessageQuarantined) -> (String, QuarantinedMessage) {
        let at = self.clock.now();
        self.taken += 1;
        // Sorts by time; the count keeps two of one millisecond apart.
        let key = format!("{:015}-{:06}", at.as_millis(), self.taken % 1_000_000);
        let kept = QuarantinedMessage {
            at,
            actor: msg.actor.to_string(),
            message: msg.message,
            reason: msg.reason,
        };
        (key, kept)
    }
}

impl Actor for Quarantine {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        ctx.set_mailbox_capacity(SERVICE_MAILBOX);
    }
}

impl Supervised for Quarantine {
    fn restarting(&mut self, _: &mut Self::Context) {
        if self.restarts.note(self.clock.now()) {
            self.safety.give_up(&ActorName::Quarantine);
        }
    }
}

impl Handler<MessageQuarantined> for Quarantine {
    type Result = ();

    fn handle(&mut self, msg: MessageQuarantined, ctx: &mut Self::Context) {
        let (safety, actor) = (self.safety.clone(), msg.actor.clone());
        let core = || self.file(msg);
        let Ok((key, kept)) = shielded(&safety, ctx, || ActorName::Quarantine, &actor, core) else {
            return;
        };
        let store = Arc::clone(&self.store);
        ctx.spawn(
            async move {
                let written = store
                    .put(DocumentKind::Quarantine, key, Revision::default(), encode(&kept))
                    .await;
                if let Err(error) = written {
                    tracing::error!(%error, "a quarantined message could not be stored");
                }
                drop_oldest(&*store).await;
            }
            .into_actor(self),
        );
    }
}

async fn drop_oldest(store: &dyn Store) {
    let Ok(kept) = store
        .list(DocumentKind::Quarantine, None, QUARANTINE_MAX + 64)
        .await
    else {
        return;
    };
    let surplus = kept.len().saturating_sub(QUARANTINE_MAX);
    for document in kept.into_iter().take(surplus) {
        if let Err(error) = store
            .delete(DocumentKind::Quarantine, document.key, document.revision)
            .await
        {
            tracing::warn!(%error, "an old quarantined message could not be dropped");
        }
    }
}

impl Handler<ListQuarantine> for Quarantine {
    type Result = ResponseFuture<Vec<QuarantinedMessage>>;

    fn handle(&mut self, _: ListQuarantine, _: &mut Self::Context) -> Self::Result {
        let listed = self.store.list(DocumentKind::Quarantine, None, QUARANTINE_MAX);
        Box::pin(async move {
            let documents = listed.await.unwrap_or_default();
            documents
                .iter()
                .rev()
                .filter_map(|document| decode(&document.body).ok())
                .collect()
        })
    }
}
