//! Owns the agent's end of the channel: one answer of the server's that stays open, over which it is
//! told at once what cannot wait for the next report. Receives lines of that answer; rings the agent's
//! bells; answers pings. Without a channel all goes on, only later.

mod line_split;
mod opening;

use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::{Duration, Instant};

use actix::{
    Actor, ActorFutureExt, Addr, AsyncContext, Context, SpawnHandle, StreamHandler, Supervised, WrapFuture,
};
use atlas_actors::breaker::Breaker;
use atlas_actors::clock::{Clock, SystemClock, Timestamp};
use atlas_actors::supervision::ActorName;
use atlas_actors::supervision::keeper::keep;
use tokio::sync::watch;

use self::line_split::{LineTooLong, lines};
use self::opening::{Asking, Opened};
use super::nudge::Bells;
use super::sealed_post::Speaking;
use super::spool::Spool;
use super::uplink::answer::Step;
use super::uplink::backoff::{Backoff, RetryRule};
use super::uplink::credential::Credential;
use crate::wire::channel::{LineReader, MessageV2};

/// After so long without a line the connection is dead: the server pings each 30 s.
const SILENCE_MAX: Duration = Duration::from_secs(75);
/// How often that is looked at. Reason: a laptop that wakes up has its channel back soon, and a look
/// costs nothing that could be measured.
const LOOK_PERIOD: Duration = Duration::from_secs(15);
/// A channel that held for so long was a good one: the next one is tried for soon.
const GOOD_AFTER: Duration = Duration::from_secs(60);
/// How long an agent waits whose server has no channels, or does not let it in now.
const REFUSED_WAIT: Duration = Duration::from_secs(300);
/// The first pause is so many times as long as that of a report. Reason: a server that stops ends all
/// channels in the same moment, and nobody waits for one.
const PAUSE_TIMES: u32 = 10;

/// What a channel is made of.
pub struct ChannelParts {
    /// What the agent speaks with, as of now.
    pub credential: watch::Receiver<Arc<Credential>>,
    /// Where the server is.
    pub server_url: String,
    /// Writes down how often the key seals.
    pub spool: Addr<Spool>,
    /// The server's breaker.
    pub breaker: Addr<Breaker>,
    /// When another one is tried for.
    pub retry: RetryRule,
    /// How long an answer may take.
    pub timeout: Duration,
    /// What the server wants at once is told here.
    pub bells: Bells,
    /// Hears the server's sentence when this agent was turned out.
    pub revoked: watch::Sender<Option<String>>,
}

/// The agent's end of the channel.
pub struct Channel {
    parts: ChannelParts,
    backoff: Backoff,
    started: Instant,
    clock_offset_ms: i64,
    open: Option<Open>,
}

struct Open {
    lines: LineReader,
    credential: Arc<Credential>,
    id: crate::wire::hex_id::ChannelId,
    since: Instant,
    heard: Instant,
    reading: SpawnHandle,
}

impl Channel {
    /// Starts it; it opens a channel at once.
    #[must_use]
    pub fn start_supervised(parts: ChannelParts) -> Addr<Self> {
        let rule = RetryRule {
            attempts: u32::MAX,
            first: parts
                .retry
                .first
                .saturating_mul(PAUSE_TIMES)
                .min(parts.retry.longest),
            ..parts.retry
        };
        let channel = Self {
            parts,
            backoff: Backoff::new(rule),
            started: Instant::now(),
            clock_offset_ms: 0,
            open: None,
        };
        keep(ActorName::Channel, None, channel)
    }

    fn asking(&self) -> Asking {
        let speaking = Speaking {
            credential: Arc::clone(&self.parts.credential.borrow()),
            server_url: self.parts.server_url.clone(),
            spool: self.parts.spool.clone(),
            now: Timestamp::from_millis(SystemClock.now().as_millis() + self.clock_offset_ms),
        };
        Asking {
            speaking,
            timeout: self.parts.timeout,
        }
    }

    fn open(&mut self, ctx: &mut Context<Self>) {
        if self.open.is_some() || self.parts.revoked.borrow().is_some() {
            return;
        }
        // From here on another credential is news.
        self.parts.credential.mark_unchanged();
        let opening = opening::open(self.asking(), self.parts.breaker.clone());
        ctx.spawn(opening.into_actor(self).map(|opened, channel, ctx| match opened {
            Ok(opened) => channel.listen(opened, ctx),
            Err(step) => channel.back_off(step, ctx),
        }));
    }

    fn listen(&mut self, opened: Opened, ctx: &mut Context<Self>) {
        tracing::debug!("the channel to the server is open");
        let now = Instant::now();
        self.open = Some(Open {
            lines: LineReader::new(opened.credential.identity.open_key(), opened.id),
            credential: opened.credential,
            id: opened.id,
            since: now,
            heard: now,
            reading: ctx.add_stream(lines(opened.response)),
        });
    }

    /// No channel could be opened: when to try again.
    fn back_off(&mut self, step: Step, ctx: &mut Context<Self>) {
        let pause = match step {
            Step::Revoked(sentence) => {
                tracing::error!(%sentence, "the server refuses this agent for good");
                self.parts.revoked.send_replace(Some(sentence));
                return;
            }
            Step::SetClock(server_time) => {
                self.clock_offset_ms = server_time.as_millis() - SystemClock.now().as_millis();
                self.backoff.next_pause()
            }
            Step::NoNetwork(sentence) => {
                tracing::debug!(%sentence, "no channel to the server");
                self.backoff.next_pause()
            }
            Step::Retry { after, sentence } | Step::Paced { after, sentence } => {
                tracing::debug!(%sentence, "no channel to the server");
                after.unwrap_or_default() + self.backoff.next_pause()
            }
            Step::BreakerOpen(retry_in) => retry_in + self.backoff.next_pause(),
            // Reports find out what is wrong, and say so.
            Step::KeyRefused(_) | Step::UnknownKey(_) => self.backoff.next_pause(),
            Step::Refuse(sentence) | Step::Rejected(sentence) | Step::Pending(sentence) => {
                tracing::debug!(%sentence, "the server opens no channel");
                REFUSED_WAIT
            }
            Step::Settle { .. } => self.backoff.next_pause(),
        };
        ctx.run_later(pause, Self::open);
    }

    /// The channel has ended, or is worth nothing: another one after a pause.
    fn give_up(&mut self, ctx: &mut Context<Self>) {
        let Some(open) = self.open.take() else { return };
        ctx.cancel_future(open.reading);
        if open.since.elapsed() >= GOOD_AFTER {
            self.backoff.reset();
        }
        let pause = self.backoff.next_pause();
        ctx.run_later(pause, Self::open);
    }

    fn look(&mut self, ctx: &mut Context<Self>) {
        let Some(open) = &self.open else { return };
        // Another key is used from now on: the channel of the old one will end with it.
        let is_renewed = self.parts.credential.has_changed().unwrap_or(false);
        if is_renewed || open.heard.elapsed() > SILENCE_MAX {
            tracing::debug!(is_renewed, "the channel to the server is given up");
            self.give_up(ctx);
        }
    }

    fn take(&mut self, line: &[u8], ctx: &mut Context<Self>) -> ControlFlow<()> {
        let Some(open) = &mut self.open else {
            return ControlFlow::Break(());
        };
        match open.lines.take(line) {
            Ok(message) => {
                open.heard = Instant::now();
                self.follow(message, ctx);
                ControlFlow::Continue(())
            }
            Err(error) => {
                tracing::warn!(%error, "the channel to the server is given up");
                ControlFlow::Break(())
            }
        }
    }

    fn follow(&mut self, message: MessageV2, ctx: &mut Context<Self>) {
        match message {
            MessageV2::Ping { id } => self.answer(id, ctx),
            MessageV2::ReportNow => self.parts.bells.ring_for_report(),
            MessageV2::CommandsDue => self.parts.bells.ring_for_commands(),
            MessageV2::Unknown => tracing::debug!("the server says something that this agent does not know"),
        }
    }

    fn answer(&mut self, ping: u64, ctx: &mut Context<Self>) {
        let uptime = self.started.elapsed();
        let mut asking = self.asking();
        let Some(open) = &self.open else { return };
        // The key under which it was asked.
        asking.speaking.credential = Arc::clone(&open.credential);
        let id = open.id;
        let answering = async move { opening::answer(asking, id, ping, uptime).await };
        ctx.spawn(answering.into_actor(self));
    }
}

impl Actor for Channel {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        self.open(ctx);
        ctx.run_interval(LOOK_PERIOD, Self::look);
    }
}

impl Supervised for Channel {
    fn restarting(&mut self, _: &mut Self::Context) {
        self.open = None;
    }
}

impl StreamHandler<Result<Vec<u8>, LineTooLong>> for Channel {
    fn handle(&mut self, line: Result<Vec<u8>, LineTooLong>, ctx: &mut Context<Self>) {
        let followed = match line {
            Ok(line) => self.take(&line, ctx),
            Err(LineTooLong) => ControlFlow::Break(()),
        };
        if followed.is_break() {
            self.give_up(ctx);
        }
    }

    fn finished(&mut self, ctx: &mut Context<Self>) {
        tracing::debug!("the channel to the server has ended");
        self.give_up(ctx);
    }
}
