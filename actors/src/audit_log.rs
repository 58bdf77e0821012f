//! Owns the audit log: who did what, chained so that nothing can be changed unseen. Receives
//! `Witness` before an action takes effect and answers when the record is on disk; publishes how far
//! the log has come, which agents are told with each receipt. Signs a checkpoint now and then.
//!
//! A record's number is its version in the journal. Records are appended without waiting for those
//! before: the store keeps their order, and when one fails, those behind it fail too.

pub mod chain;
pub mod messages;
pub mod record;

use std::collections::HashMap;
use std::sync::Arc;

use actix::{
    Actor, ActorFutureExt, AsyncContext, Context, Handler, ResponseActFuture, Supervised, WrapFuture,
};
use arc_swap::ArcSwap;

use crate::clock::{Clock, Timestamp};
use crate::limits::{
    AUDIT_CHECKPOINT_EVERY, AUDIT_CHECKPOINT_PERIOD, AUDIT_REPEAT_PERIOD, AUDIT_REPEATS_KEPT, SERVICE_MAILBOX,
};
use crate::store::{AppendError, DocumentKind, PutError, Revision, Store, StoreError, Stream, Version};
use crate::stored::{decode, encode};
use crate::supervision::{ActorName, Restarts, Safety, shielded};

pub use messages::{AuditAction, Witness, WitnessError};
pub use record::{AuditHead, AuditRecord, ChainedRecord, Checkpoint};

/// How long the log waits before it asks a store again that could not answer.
const RETRY: std::time::Duration = std::time::Duration::from_secs(1);

/// Signs checkpoints with a key of the server's. The edge has the keys.
pub trait Signer: Send + Sync + 'static {
    /// An Ed25519 signature of these bytes.
    fn sign(&self, bytes: &[u8]) -> Vec<u8>;
}

/// The log's owner.
pub struct AuditLog {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    safety: Safety,
    restarts: Restarts,
    signer: Arc<dyn Signer>,
    /// How far it has come on disk.
    published: Arc<ArcSwap<AuditHead>>,
    /// How far it has come with what is on its way to the disk; nothing until it was read.
    next: Option<AuditHead>,
    /// The last record that a checkpoint covers.
    signed_seq: u64,
    repeats: Repeats,
}

impl AuditLog {
    /// A log in that store; it reads its end when it starts.
    #[must_use]
    pub fn new(
        store: &Arc<dyn Store>,
        clock: &Arc<dyn Clock>,
        safety: &Safety,
        signer: Arc<dyn Signer>,
        published: &Arc<ArcSwap<AuditHead>>,
    ) -> Self {
        Self {
            store: Arc::clone(store),
            clock: Arc::clone(clock),
            safety: safety.clone(),
            restarts: Restarts::default(),
            signer,
            published: Arc::clone(published),
            next: None,
            signed_seq: 0,
            repeats: Repeats::default(),
        }
    }

    fn load(&mut self, ctx: &mut Context<Self>) {
        let reading = read_head(Arc::clone(&self.store));
        ctx.wait(reading.into_actor(self).map(|head, log, ctx| match head {
            Ok(head) => {
                log.next = Some(head);
                log.published.store(Arc::new(head));
            }
            Err(error) => {
                tracing::error!(%error, "the audit log can't be read, trying again; until then nothing is allowed that it must tell of");
                ctx.run_later(RETRY, Self::load);
            }
        }));
    }

    /// The record is on disk.
    fn written(&mut self, head: AuditHead, ctx: &mut Context<Self>) {
        if head.seq > self.published.load().seq {
            self.published.store(Arc::new(head));
        }
        if head.seq - self.signed_seq.min(head.seq) >= AUDIT_CHECKPOINT_EVERY {
            self.sign(ctx);
        }
    }

    /// Signs how far the log has come, unless that is signed already.
    fn sign(&mut self, ctx: &mut Context<Self>) {
        let (head, at) = (**self.published.load(), self.clock.now());
        if head.seq <= self.signed_seq {
            return;
        }
        self.signed_seq = head.seq;
        let checkpoint = Checkpoint {
            head,
            at,
            signature: self.signer.sign(&Checkpoint::signed_bytes(&head, at)),
        };
        let written = self.store.put(
            DocumentKind::Audit,
            format!("{:020}", head.seq),
            Revision::default(),
            encode(&checkpoint),
        );
        ctx.spawn(written.into_actor(self).map(|written, log, _| match written {
            // A conflict: it was signed before the last start.
            Ok(_) | Err(PutError::Conflict { .. }) => {}
            Err(error) => {
                tracing::warn!(%error, "a checkpoint of the audit log was not written, trying again later");
                log.signed_seq = 0;
            }
        }));
    }
}

impl Actor for AuditLog {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        ctx.set_mailbox_capacity(SERVICE_MAILBOX);
        self.load(ctx);
        ctx.run_interval(AUDIT_CHECKPOINT_PERIOD, Self::sign);
    }
}

impl Supervised for AuditLog {
    fn restarting(&mut self, _: &mut Self::Context) {
        self.next = None;
        if self.restarts.note(self.clock.now()) {
            self.safety.give_up(&ActorName::AuditLog);
        }
    }
}

impl Handler<Witness> for AuditLog {
    type Result = ResponseActFuture<Self, Result<AuditHead, WitnessError>>;

    fn handle(&mut self, msg: Witness, ctx: &mut Context<Self>) -> Self::Result {
        let (safety, now, about) = (self.safety.clone(), self.clock.now(), msg.action);
        let core = || {
            let head = self.next?;
            if self.repeats.is_repeat(&msg, now) {
                return Some(None);
            }
            let chained = ChainedRecord::after(&head, msg, now);
            self.next = Some(chained.head());
            Some(Some(chained))
        };
        let chained = match shielded(&safety, ctx, || ActorName::AuditLog, &about, core) {
            Ok(Some(Some(chained))) => chained,
            Ok(Some(None)) => return Box::pin(actix::fut::ready(Ok(**self.published.load()))),
            Ok(None) | Err(_) => return Box::pin(actix::fut::ready(Err(WitnessError::Busy))),
        };
        let head = chained.head();
        let expected = Version(head.seq - 1);
        let appended = self.store.append(Stream::Audit, expected, vec![encode(&chained)]);
        Box::pin(appended.into_actor(self).map(
            move |appended: Result<Version, AppendError>, log, ctx| match appended {
                Ok(_) => {
                    log.written(head, ctx);
                    Ok(head)
                }
                Err(error) => {
                    tracing::error!(%error, "an audit record was not written: what it was about is refused");
                    log.load(ctx);
                    Err(error.into())
                }
            },
        ))
    }
}

/// What anybody can cause again and again without being let in is written down once a minute, so that
/// nobody fills the disk with it.
#[derive(Debug, Default)]
struct Repeats(HashMap<(String, String), Timestamp>);

impl Repeats {
    fn is_repeat(&mut self, msg: &Witness, now: Timestamp) -> bool {
        if !msg.is_cheap() {
            return false;
        }
        let is_recent = |at: &Timestamp| now.since(*at) < AUDIT_REPEAT_PERIOD;
        let who = (msg.actor.clone(), msg.address.clone());
        if self.0.get(&who).is_some_and(is_recent) {
            return true;
        }
        self.0.retain(|_, at| is_recent(at));
        if self.0.len() >= AUDIT_REPEATS_KEPT {
            return true;
        }
        self.0.insert(who, now);
        false
    }
}

async fn read_head(store: Arc<dyn Store>) -> Result<AuditHead, StoreError> {
    let version = store.version(Stream::Audit).await?;
    if version == Version::default() {
        return Ok(AuditHead::default());
    }
    let last = store.read(Stream::Audit, Version(version.0 - 1)).await;
    let head = match last {
        Ok(records) => records
            .last()
            .and_then(|record| decode::<ChainedRecord>(&record.body).ok()),
        Err(StoreError::Damaged(_)) => None,
        Err(error) => return Err(error),
    };
    Ok(head.map_or_else(
        || {
            tracing::error!(
                seq = version.0,
                "the newest audit record is damaged: the chain begins anew behind it"
            );
            AuditHead {
                seq: version.0,
                hash: [0; 32],
            }
        },
        |chained| AuditHead {
            seq: version.0,
            hash: chained.hash,
        },
    ))
}
