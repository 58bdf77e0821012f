//! Owns the way to the server: sends what waits in the spool, oldest first, one at a time, each
//! sealed anew. Receives `ReportsWait`; asks the spool and the breaker; emits nothing.

#![expect(
    clippy::disallowed_types,
    reason = "talks to the agent's server, whose key it pins"
)]

pub mod answer;
pub mod backoff;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use actix::{Actor, ActorFutureExt, Addr, AsyncContext, Context, Handler, Message, Supervised, WrapFuture};
use atlas_actors::audit_log::AuditHead;
use atlas_actors::breaker::{Admission, Admit, Breaker, CallOutcome, RecordOutcome};
use atlas_actors::clock::{Clock, SystemClock};
use atlas_actors::supervision::ActorName;
use atlas_actors::supervision::keeper::keep;

use self::answer::{Step, step};
use self::backoff::{Backoff, RetryRule};
use super::enrol::pinned_client;
use super::spool::disk::StoredReport;
use super::spool::{NextReport, RefuseReport, SettleReport, Spool};
use super::{StartAgentError, repin};
use crate::tls::pinned::PinMismatch;
use crate::wire::audit_json;
use crate::wire::enrolment::identity::AgentIdentity;
use crate::wire::envelope_v2::{Compression, Context as SealContext, Outgoing, SealKey};

/// The route as the seal knows it.
pub const REPORT_ROUTE: &str = "/api/fleet/report";
/// How long an agent waits whose credential is refused.
const REFUSED_WAIT: Duration = Duration::from_secs(60);

/// Reports wait in the spool.
#[derive(Clone, Copy, Debug, Message)]
#[rtype(result = "()")]
pub struct ReportsWait;

/// What an uplink is made of.
pub struct UplinkParts {
    /// Who this agent is, and which keys of the server it knows.
    pub identity: AgentIdentity,
    /// Where that is kept.
    pub identity_dir: PathBuf,
    /// Where the server is.
    pub server_url: String,
    /// Where reports go.
    pub report_url: String,
    /// What seals them.
    pub key: SealKey,
    /// Where they wait.
    pub spool: Addr<Spool>,
    /// The server's breaker.
    pub breaker: Addr<Breaker>,
    /// When a report that did not arrive is sent again.
    pub retry: RetryRule,
    /// How long an answer may take.
    pub timeout: Duration,
}

/// The way to the server.
pub struct Uplink {
    parts: Arc<UplinkParts>,
    /// Takes the server's keys only.
    client: reqwest::Client,
    backoff: Backoff,
    is_busy: bool,
    /// How far the server's clock is ahead of this machine's, in milliseconds.
    clock_offset_ms: i64,
    /// What was said last, so that it is said once.
    said: Option<String>,
    /// An audit head that the server once told, and contradicts now: it is reminded of it.
    contradicted: Option<AuditHead>,
}

/// With what the next report is sent.
struct Asking {
    client: reqwest::Client,
    clock_offset_ms: i64,
    contradicted: Option<AuditHead>,
}

impl Uplink {
    /// Starts an uplink; what an earlier run left in the spool is sent at once.
    ///
    /// # Errors
    /// When TLS can't be set up.
    pub fn start_supervised(parts: UplinkParts) -> Result<Addr<Self>, StartAgentError> {
        let client = pinned_client(&parts.identity)?;
        let parts = Arc::new(parts);
        let uplink = Self {
            backoff: Backoff::new(parts.retry),
            parts,
            client,
            is_busy: false,
            clock_offset_ms: 0,
            said: None,
            contradicted: None,
        };
        Ok(keep(ActorName::Uplink, None, uplink))
    }

    fn send_next(&mut self, ctx: &mut Context<Self>) {
        if self.is_busy {
            return;
        }
        self.is_busy = true;
        let sending = send_oldest(self.parts.clone(), self.asking());
        ctx.spawn(sending.into_actor(self).map(|sent, uplink, ctx| {
            uplink.is_busy = false;
            match sent {
                None => {}
                Some((seq, step)) => uplink.follow(seq, step, ctx),
            }
        }));
    }

    fn asking(&self) -> Asking {
        Asking {
            client: self.client.clone(),
            clock_offset_ms: self.clock_offset_ms,
            contradicted: self.contradicted,
        }
    }

    fn follow(&mut self, seq: u64, step: Step, ctx: &mut Context<Self>) {
        let spool = self.parts.spool.clone();
        match step {
            Step::Settle { audit_head } => {
                self.say(None);
                self.backoff.reset();
                self.settle(SettleReport { seq, audit_head }, ctx);
            }
            Step::Refuse(sentence) => {
                tracing::error!(seq, %sentence, "the server will never take this report: it is set aside");
                self.after(
                    async move { spool.send(RefuseReport { seq, sentence }).await.is_ok() },
                    ctx,
                );
            }
            Step::SetClock(server_time) => {
                self.clock_offset_ms = server_time.as_millis() - SystemClock.now().as_millis();
                self.say(Some(format!(
                    "this machine's clock is off by {} s",
                    self.clock_offset_ms / 1000
                )));
                let pause = self.backoff.next_pause();
                self.wait(pause, ctx);
            }
            Step::Rejected(sentence) => {
                self.say(Some(format!("the server refuses this agent: {sentence}")));
                self.wait(REFUSED_WAIT, ctx);
            }
            Step::Retry { after, sentence } => {
                self.say(Some(sentence));
                let wait = after.unwrap_or_default().max(self.backoff.next_pause());
                self.wait(wait, ctx);
            }
            Step::UnknownKey(sentence) => {
                self.say(Some(sentence));
                self.learn_keys(ctx);
            }
            Step::BreakerOpen(retry_in) => self.wait(retry_in, ctx),
        }
    }

    /// Asks for the server's keys, and goes on with those that it vouches for.
    fn learn_keys(&self, ctx: &mut Context<Self>) {
        let parts = self.parts.clone();
        let learning =
            async move { repin::learn(&parts.server_url, &parts.identity, &parts.identity_dir).await };
        ctx.spawn(learning.into_actor(self).map(|learnt, uplink, ctx| {
            match learnt
                .map_err(|error| error.to_string())
                .and_then(|identity| pinned_client(&identity).map_err(|error| error.to_string()))
            {
                Ok(client) => {
                    tracing::warn!(
                        "the server shows another TLS key, and vouches for it: it is taken from now on"
                    );
                    uplink.client = client;
                }
                Err(error) => uplink.say(Some(format!("the server's TLS key is unknown, and {error}"))),
            }
            let pause = uplink.backoff.next_pause();
            uplink.wait(pause, ctx);
        }));
    }

    fn settle(&self, settled: SettleReport, ctx: &mut Context<Self>) {
        let noted = self.parts.spool.send(settled);
        ctx.spawn(noted.into_actor(self).map(|noted, uplink, ctx| {
            if let Ok(contradicted) = noted {
                uplink.contradicted = contradicted;
                uplink.send_next(ctx);
            }
        }));
    }

    /// The next report comes when the spool has noted what became of this one.
    fn after(&self, noted: impl Future<Output = bool> + 'static, ctx: &mut Context<Self>) {
        ctx.spawn(noted.into_actor(self).map(|noted, uplink, ctx| {
            if noted {
                uplink.send_next(ctx);
            }
        }));
    }

    fn wait(&self, pause: Duration, ctx: &mut Context<Self>) {
        ctx.run_later(pause, Self::send_next);
    }

    /// One line when the state changes, not one for each try.
    fn say(&mut self, sentence: Option<String>) {
        if self.said != sentence {
            match &sentence {
                Some(sentence) => tracing::warn!("reports wait: {sentence}"),
                None => tracing::info!("reports arrive again"),
            }
            self.said = sentence;
        }
    }
}

/// Sends the oldest report; nothing when none waits.
async fn send_oldest(parts: Arc<UplinkParts>, asking: Asking) -> Option<(u64, Step)> {
    let next = NextReport {
        key: parts.key.name(),
        sealed: parts.key.sealed(),
    };
    let report = parts.spool.send(next).await.ok()?.ok()??;
    let seq = report.delivery.seq;
    let permit = match parts.breaker.send(Admit).await.ok()? {
        Admission::Allowed(permit) => permit,
        Admission::Refused { retry_in } => return Some((seq, Step::BreakerOpen(retry_in))),
    };
    let step = send(&parts, asking, &report).await;
    let outcome = if step.is_outage() {
        CallOutcome::Failure
    } else {
        CallOutcome::Success
    };
    // A breaker that is gone is being restarted: it begins closed.
    let _ = parts.breaker.send(RecordOutcome { permit, outcome }).await;
    Some((seq, step))
}

async fn send(parts: &UplinkParts, asking: Asking, report: &StoredReport) -> Step {
    let now = SystemClock.now().as_millis() + asking.clock_offset_ms;
    let sealed = parts.key.seal(&Outgoing {
        seq: report.delivery.seq,
        sent_at: atlas_actors::clock::Timestamp::from_millis(now),
        context: SealContext {
            method: "POST",
            route: REPORT_ROUTE,
        },
        compression: Compression::Allowed,
        plaintext: &report.json,
    });
    let body = match sealed.map(|envelope| serde_json::to_vec(&envelope)) {
        Ok(Ok(body)) => body,
        Ok(Err(error)) => return Step::Refuse(error.to_string()),
        Err(error) => {
            return Step::Retry {
                after: None,
                sentence: error.to_string(),
            };
        }
    };
    let mut request = asking
        .client
        .post(&parts.report_url)
        .header("content-type", "application/json");
    if let Some(seen) = asking.contradicted {
        request = request.header(audit_json::SEEN_HEADER, audit_json::head_text(&seen));
    }
    match request.timeout(parts.timeout).body(body).send().await {
        Ok(response) => step(response).await,
        Err(error) if PinMismatch::find(&error).is_some() => Step::UnknownKey(answer::unreachable(&error)),
        Err(error) => Step::Retry {
            after: None,
            sentence: answer::unreachable(&error),
        },
    }
}

impl Actor for Uplink {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        self.send_next(ctx);
    }
}

impl Supervised for Uplink {
    fn restarting(&mut self, _: &mut Self::Context) {
        self.is_busy = false;
    }
}

impl Handler<ReportsWait> for Uplink {
    type Result = ();

    fn handle(&mut self, _: ReportsWait, ctx: &mut Context<Self>) {
        // While it backs off, the timer wakes it.
        if self.said.is_none() {
            self.send_next(ctx);
        }
    }
}
