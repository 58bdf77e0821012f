//! Owns which agents have a channel open, over which they can be told something at once. Receives
//! `OpenChannel`, `CloseChannel`, `RecordPong`, `SendNudge`, `AskReport` and its own tick; publishes how
//! the agents answer. Knows no connection: the edge gives it a queue and reads that.

mod book;
pub mod messages;
pub mod table;

use std::sync::Arc;
use std::time::Instant;

use actix::{Actor, AsyncContext, Context, Handler, MessageResult, Supervised};
use arc_swap::ArcSwap;

use crate::auth::Credentials;
use crate::auth::agents::AgentState;
use crate::clock::Clock;
use crate::limits::{CHANNEL_FORGET_PERIOD, CHANNEL_TICK, CHANNELS_MAILBOX};
use crate::supervision::{ActorName, Restarts, Safety, shielded};

use book::{Book, Moment};
use messages::{AskReport, CloseChannel, OpenChannel, OpenChannelError, RecordPong, ReportAsked, SendNudge};
pub use table::ChannelTable;

/// Every channel's owner.
pub struct Channels {
    clock: Arc<dyn Clock>,
    safety: Safety,
    restarts: Restarts,
    credentials: Arc<ArcSwap<Credentials>>,
    /// With which of them the open channels were compared last.
    compared: Arc<Credentials>,
    published: Arc<ArcSwap<ChannelTable>>,
    book: Book,
}

impl Channels {
    /// No channel is open yet.
    #[must_use]
    pub fn new(
        clock: Arc<dyn Clock>,
        safety: Safety,
        credentials: Arc<ArcSwap<Credentials>>,
        published: Arc<ArcSwap<ChannelTable>>,
    ) -> Self {
        Self {
            clock,
            safety,
            restarts: Restarts::default(),
            compared: credentials.load_full(),
            credentials,
            published,
            book: Book::default(),
        }
    }

    /// Runs a core; nothing when it panicked: then all channels end, and their agents open new ones.
    fn shield<T>(
        &mut self,
        ctx: &mut Context<Self>,
        message: &dyn std::fmt::Debug,
        core: impl FnOnce(&mut Book, Moment) -> T,
    ) -> Option<T> {
        let now = Moment {
            instant: Instant::now(),
            wall: self.clock.now(),
        };
        let (safety, book) = (self.safety.clone(), &mut self.book);
        let done = shielded(&safety, ctx, || ActorName::Channels, message, || core(book, now)).ok()?;
        if let Some(table) = self.book.take_table() {
            self.published.store(Arc::new(table));
        }
        Some(done)
    }

    fn tick(&mut self, ctx: &mut Context<Self>) {
        let credentials = self.credentials.load_full();
        // Every sign-in publishes new ones too; comparing them all costs microseconds a hundred.
        let is_new = !Arc::ptr_eq(&credentials, &self.compared);
        self.compared = Arc::clone(&credentials);
        self.shield(ctx, &"tick", |book, now| {
            if is_new {
                let agents = credentials.agents();
                let may_speak = |agent_id: &str, kid: &str| {
                    let found = agents.of_key(kid);
                    found.is_some_and(|(agent, key)| {
                        agent.agent_id == agent_id
                            && agent.state == AgentState::Active
                            && agents.rotation().is_alive(key.generation, now.wall)
                    })
                };
                book.end_those_without(may_speak, |machine| agents.speaker(machine).is_some(), now);
            }
            book.tick(now);
        });
    }
}

impl Actor for Channels {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        ctx.set_mailbox_capacity(CHANNELS_MAILBOX);
        ctx.run_interval(CHANNEL_TICK, Self::tick);
        ctx.run_interval(CHANNEL_FORGET_PERIOD, |channels, ctx| {
            channels.shield(ctx, &"forget", Book::forget);
        });
    }
}

impl Supervised for Channels {
    fn restarting(&mut self, _: &mut Self::Context) {
        self.book = Book::default();
        self.published.store(Arc::default());
        if self.restarts.note(self.clock.now()) {
            self.safety.give_up(&ActorName::Channels);
        }
    }
}

impl Handler<OpenChannel> for Channels {
    type Result = Result<(), OpenChannelError>;

    fn handle(&mut self, msg: OpenChannel, ctx: &mut Context<Self>) -> Self::Result {
        let machine = msg.machine.clone();
        let opened = self.shield(ctx, &machine, |book, now| book.open(msg, now));
        opened.unwrap_or(Err(OpenChannelError::Busy))
    }
}

impl Handler<CloseChannel> for Channels {
    type Result = ();

    fn handle(&mut self, msg: CloseChannel, ctx: &mut Context<Self>) {
        self.shield(ctx, &msg, |book, now| book.close(&msg.machine, msg.channel, now));
    }
}

impl Handler<RecordPong> for Channels {
    type Result = bool;

    fn handle(&mut self, msg: RecordPong, ctx: &mut Context<Self>) -> bool {
        let noted = self.shield(ctx, &msg, |book, now| {
            book.record_pong(&msg.machine, msg.channel, msg.ping, msg.uptime, now)
        });
        noted.unwrap_or(false)
    }
}

impl Handler<SendNudge> for Channels {
    type Result = bool;

    fn handle(&mut self, msg: SendNudge, ctx: &mut Context<Self>) -> bool {
        let told = self.shield(ctx, &msg, |book, now| book.nudge(&msg.machine, msg.nudge, now));
        told.unwrap_or(false)
    }
}

impl Handler<AskReport> for Channels {
    type Result = MessageResult<AskReport>;

    fn handle(&mut self, msg: AskReport, ctx: &mut Context<Self>) -> Self::Result {
        let asked = self.shield(ctx, &msg, |book, now| book.ask_report(&msg.0, now));
        MessageResult(asked.unwrap_or(ReportAsked::WithNextReport))
    }
}
