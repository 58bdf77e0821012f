//! Owns the way to the server: sends what waits in the spool, oldest first, one at a time, each
//! sealed anew, and agrees on another key when one is due. Receives `ReportsWait`; asks the spool and
//! the breaker; emits nothing.

pub mod answer;
pub mod backoff;
pub mod budget;
pub mod credential;
mod cut_off;
pub mod pace;
pub mod renewal;
mod sending;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use actix::{Actor, ActorFutureExt, Addr, AsyncContext, Context, Handler, Message, Supervised, WrapFuture};
use atlas_actors::audit_log::AuditHead;
use atlas_actors::breaker::Breaker;
use atlas_actors::clock::{Clock, SystemClock, Timestamp};
use atlas_actors::model::PresenceCause;
use atlas_actors::supervision::ActorName;
use atlas_actors::supervision::keeper::keep;
use tokio::sync::watch;

use self::answer::{Step, Wanted};
use self::backoff::RetryRule;
use self::credential::Credential;
use self::cut_off::CutOff;
use self::pace::Pace;
use self::sending::{Asking, send_oldest};
use super::nudge::Bells;
use super::spool::{RefuseReport, SettleReport, Spool};
use crate::wire::absence::GapV1;

/// The route as the seal knows it.
pub const REPORT_ROUTE: &str = "/api/fleet/report";
/// How long an agent waits whose credential is refused.
const REFUSED_WAIT: Duration = Duration::from_secs(60);
/// How long an agent waits between two tries while nobody has approved it.
const PENDING_WAIT: Duration = Duration::from_secs(15);

/// Reports wait in the spool.
#[derive(Clone, Copy, Debug, Message)]
#[rtype(result = "()")]
pub struct ReportsWait;

/// What an uplink is made of.
pub struct UplinkParts {
    /// What it speaks with, published for whoever else speaks to the server.
    pub credential: watch::Sender<Arc<Credential>>,
    /// Where the server is.
    pub server_url: String,
    /// Where a new identity is written down.
    pub folder: PathBuf,
    /// Where reports wait.
    pub spool: Addr<Spool>,
    /// The server's breaker.
    pub breaker: Addr<Breaker>,
    /// When a report that did not arrive is sent again.
    pub retry: RetryRule,
    /// How long an answer may take.
    pub timeout: Duration,
    /// Hears the server's sentence when this agent was turned out.
    pub revoked: watch::Sender<Option<String>>,
    /// What the server wants at once is told here.
    pub bells: Bells,
    /// When nothing got through for long is told here.
    pub cut_off: watch::Sender<Option<GapV1>>,
    /// For how long that must be.
    pub cut_off_min: Duration,
}

/// The way to the server.
pub struct Uplink {
    credential: watch::Sender<Arc<Credential>>,
    server_url: String,
    folder: PathBuf,
    spool: Addr<Spool>,
    breaker: Addr<Breaker>,
    timeout: Duration,
    revoked: watch::Sender<Option<String>>,
    bells: Bells,
    cut_off: CutOff,
    pace: Pace,
    is_busy: bool,
    /// How far the server's clock is ahead of this machine's, in milliseconds.
    clock_offset_ms: i64,
    /// No other key is asked for before.
    renew_not_before: Option<Instant>,
    /// What was said last, so that it is said once.
    said: Option<String>,
    /// An audit head that the server once told, and contradicts now: it is reminded of it.
    contradicted: Option<AuditHead>,
}

impl Uplink {
    /// Starts an uplink; what an earlier run left in the spool is sent at once.
    #[must_use]
    pub fn start_supervised(parts: UplinkParts) -> Addr<Self> {
        let uplink = Self {
            credential: parts.credential,
            server_url: parts.server_url,
            folder: parts.folder,
            spool: parts.spool,
            breaker: parts.breaker,
            revoked: parts.revoked,
            bells: parts.bells,
            cut_off: CutOff::new(parts.cut_off, parts.cut_off_min),
            timeout: parts.timeout,
            pace: Pace::new(parts.retry, Instant::now()),
            is_busy: false,
            clock_offset_ms: 0,
            renew_not_before: None,
            said: None,
            contradicted: None,
        };
        keep(ActorName::Uplink, None, uplink)
    }

    fn credential(&self) -> Arc<Credential> {
        Arc::clone(&self.credential.borrow())
    }

    fn now(&self) -> Timestamp {
        Timestamp::from_millis(SystemClock.now().as_millis() + self.clock_offset_ms)
    }

    fn send_next(&mut self, ctx: &mut Context<Self>) {
        if self.is_busy || self.revoked.borrow().is_some() {
            return;
        }
        self.is_busy = true;
        let sending = send_oldest(self.spool.clone(), self.breaker.clone(), self.asking());
        ctx.spawn(sending.into_actor(self).map(|sent, uplink, ctx| {
            uplink.is_busy = false;
            let Some((seq, step)) = sent else { return };
            if !matches!(step, Step::BreakerOpen(_)) {
                uplink.pace.sent(Instant::now());
            }
            uplink.follow(seq, step, ctx);
        }));
    }

    fn asking(&self) -> Asking {
        Asking {
            credential: self.credential(),
            report_url: format!("{}{REPORT_ROUTE}", self.server_url),
            now: self.now(),
            timeout: self.timeout,
            contradicted: self.contradicted,
        }
    }

    fn follow(&mut self, seq: u64, step: Step, ctx: &mut Context<Self>) {
        let spool = self.spool.clone();
        match step {
            Step::Settle {
                rekey,
                audit_head,
                wanted,
            } => {
                self.say(None);
                if self.cut_off.ended(self.now()) {
                    self.bells.ring_for_report();
                }
                self.pass_on(wanted);
                self.pace.arrived();
                let is_due = self.is_renewal_due(rekey);
                self.settle(SettleReport { seq, audit_head }, is_due, ctx);
            }
            Step::Refuse(sentence) => {
                tracing::error!(seq, %sentence, "the server will never take this report: it is set aside");
                let refused = async move { spool.send(RefuseReport { seq, sentence }).await.is_ok() };
                self.after(refused, ctx);
            }
            Step::KeyRefused(sentence) => {
                tracing::warn!(%sentence, "the server does not take this key: another one is asked for");
                self.renew(true, ctx);
            }
            step => self.pause(step, ctx),
        }
    }

    fn pass_on(&self, wanted: Wanted) {
        if wanted.report {
            self.bells.ring_for_report();
        }
        if wanted.commands {
            self.bells.ring_for_commands();
        }
    }

    /// Nothing goes on at once: says why, and waits.
    fn pause(&mut self, step: Step, ctx: &mut Context<Self>) {
        match step {
            Step::SetClock(server_time) => {
                self.clock_offset_ms = server_time.as_millis() - SystemClock.now().as_millis();
                self.say(Some(format!(
                    "this machine's clock is off by {} s",
                    self.clock_offset_ms / 1000
                )));
                let pause = self.pace.after_failure(None, Instant::now());
                self.wait(pause, ctx);
            }
            Step::Pending(sentence) => {
                self.say(Some(sentence));
                self.wait(PENDING_WAIT, ctx);
            }
            Step::Revoked(sentence) => {
                tracing::error!(%sentence, "the server refuses this agent for good");
                self.revoked.send_replace(Some(sentence));
            }
            Step::NoNetwork(sentence) => {
                self.cut_off.goes_on(PresenceCause::NetworkDown, self.now());
                self.say(Some(sentence));
                let pause = self.pace.after_failure(None, Instant::now());
                self.wait(pause, ctx);
            }
            Step::Retry { after, sentence } => {
                self.cut_off.goes_on(PresenceCause::ServerDown, self.now());
                self.say(Some(sentence));
                let pause = self.pace.after_failure(after, Instant::now());
                self.wait(pause, ctx);
            }
            Step::Paced { after, sentence } => {
                self.say(Some(sentence));
                let pause = self.pace.after_pacing(after);
                self.wait(pause, ctx);
            }
            Step::UnknownKey(sentence) => {
                self.say(Some(sentence));
                self.learn_keys(ctx);
            }
            Step::BreakerOpen(retry_in) => {
                let pause = self.pace.after_refusal(retry_in);
                self.wait(pause, ctx);
            }
            Step::Rejected(sentence) | Step::KeyRefused(sentence) | Step::Refuse(sentence) => {
                self.say(Some(format!("the server refuses this agent: {sentence}")));
                self.wait(REFUSED_WAIT, ctx);
            }
            Step::Settle { .. } => self.send_next(ctx),
        }
    }

    /// Asks for the server's TLS keys, and goes on with those that it vouches for.
    fn learn_keys(&self, ctx: &mut Context<Self>) {
        let credential = self.credential();
        let (server_url, folder) = (self.server_url.clone(), self.folder.clone());
        let learning = async move { credential.learn_pins(&server_url, &folder).await };
        ctx.spawn(learning.into_actor(self).map(|learnt, uplink, ctx| {
            match learnt {
                Ok(credential) => {
                    tracing::warn!(
                        "the server shows another TLS key, and vouches for it: it is taken from now on"
                    );
                    uplink.credential.send_replace(Arc::new(credential));
                }
                Err(error) => uplink.say(Some(format!("the server's TLS key is unknown, and {error}"))),
            }
            let pause = uplink.pace.after_failure(None, Instant::now());
            uplink.wait(pause, ctx);
        }));
    }

    fn settle(&self, settled: SettleReport, renewal_is_due: bool, ctx: &mut Context<Self>) {
        let noted = self.spool.send(settled);
        ctx.spawn(noted.into_actor(self).map(move |noted, uplink, ctx| {
            let Ok(contradicted) = noted else {
                return;
            };
            uplink.contradicted = contradicted;
            if renewal_is_due && !uplink.is_busy {
                uplink.renew(false, ctx);
            } else {
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
