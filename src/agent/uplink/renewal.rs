//! Agreeing on another key: when one is due, when the server refuses the one there is, and when somebody
//! asks for it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use actix::{ActorFutureExt, AsyncContext, Context, Handler, Message, WrapFuture};

use super::Uplink;
use super::answer::Step;
use super::credential::RENEW_AGAIN_AFTER;

/// When something is under way, another key is agreed on so much later.
const RENEW_WHEN_FREE: Duration = Duration::from_millis(500);

/// Agree on another key with the server, soon.
#[derive(Clone, Copy, Debug, Message)]
#[rtype(result = "()")]
pub struct RenewKey;

impl Uplink {
    /// Agrees on another key, then goes on; `is_stuck` = nothing can be sent without.
    pub(super) fn renew(&mut self, is_stuck: bool, ctx: &mut Context<Self>) {
        self.is_busy = true;
        self.renew_not_before = Some(Instant::now() + RENEW_AGAIN_AFTER);
        let (credential, now) = (self.credential(), self.now());
        let (server_url, folder) = (self.server_url.clone(), self.folder.clone());
        let timeout = self.timeout;
        let renewing = async move { credential.renew(&server_url, &folder, now, timeout).await };
        ctx.spawn(renewing.into_actor(self).map(move |renewed, uplink, ctx| {
            uplink.is_busy = false;
            match renewed {
                Ok(credential) => {
                    tracing::info!(epoch = credential.identity.epoch, "a new key was agreed on");
                    uplink.credential.send_replace(Arc::new(credential));
                    uplink.send_next(ctx);
                }
                // Without the server's word the key is refused still: who is unknown, is so for long.
                Err(Step::KeyRefused(sentence)) => uplink.pause(Step::Rejected(sentence), ctx),
                Err(step) if is_stuck => uplink.pause(step, ctx),
                Err(Step::Revoked(sentence)) => uplink.pause(Step::Revoked(sentence), ctx),
                Err(step) => {
                    tracing::warn!(?step, "no new key was agreed on: the old one goes on for now");
                    uplink.send_next(ctx);
                }
            }
        }));
    }

    pub(super) fn is_renewal_due(&self, asked: bool) -> bool {
        let may_ask = self
            .renew_not_before
            .is_none_or(|moment| moment <= Instant::now());
        may_ask && (asked || self.credential().is_worn(self.now()))
    }
}

impl Handler<RenewKey> for Uplink {
    type Result = ();

    fn handle(&mut self, msg: RenewKey, ctx: &mut Context<Self>) {
        if self.is_busy {
            ctx.notify_later(msg, RENEW_WHEN_FREE);
        } else {
            self.renew(false, ctx);
        }
    }
}
