//! Carries out what the server asks of this machine, as far as the machine's own policy allows. Hears
//! the bell for commands; fetches them one at a time, judges each, writes down that it begins, does it,
//! and tells how it went until the server has that on disk. Nothing but this module and what is below
//! it starts anything for a server; a build without the feature `commands` has none of it.
//!
//! ```text
//! bell ─▶ CommandRunner ─▶ fetch ─▶ judge ─▶ Ledger (on disk) ─▶ perform ─▶ Ledger ─▶ results
//! ```

pub mod judge;
pub mod ledger;
pub mod perform;
pub mod policy;
pub mod process;

mod exchange;
mod round;

use std::path::PathBuf;
use std::time::Duration;

use actix::{Actor, ActorFutureExt, Addr, AsyncContext, Context, Handler, Message, Supervised, WrapFuture};
use atlas_actors::supervision::ActorName;
use atlas_actors::supervision::keeper::keep;
use tokio::sync::watch;

use self::exchange::Exchange;
use self::ledger::Ledger;
use self::policy::Policy;
use self::round::{Next, Round};
use super::nudge::Bells;
use super::uplink::Uplink;
use super::uplink::backoff::{Backoff, RetryRule};
use crate::wire::enrolment::identity::AgentIdentity;
use crate::wire::policy_summary::PolicySummaryV1;

pub use self::exchange::ExchangeParts;

/// Where commands are kept, within the agent's folder.
const FOLDER: &str = "commands";
/// How long it waits before it looks at a ledger again that could not be used.
const LEDGER_PAUSE: Duration = Duration::from_secs(60);

/// Fetch what waits.
#[derive(Clone, Copy, Debug, Message)]
#[rtype(result = "()")]
pub struct FetchCommands;

/// What a runner is made of.
pub struct RunnerParts {
    /// Who this agent is.
    pub identity: AgentIdentity,
    /// The agent's folder.
    pub folder: PathBuf,
    /// How it speaks to the server.
    pub exchange: ExchangeParts,
    /// When something that did not arrive is sent again.
    pub retry: RetryRule,
    /// What the server wants at once.
    pub bells: Bells,
    /// Agrees on another key when asked to.
    pub uplink: Addr<Uplink>,
    /// Turns true when the agent is to start anew; none where it can't.
    pub restart: Option<watch::Sender<bool>>,
}

/// Carries out commands.
pub struct CommandRunner {
    parts: RunnerParts,
    backoff: Backoff,
    is_busy: bool,
    /// The bell rang during a round.
    is_asked_again: bool,
    /// Lent to the round; after a panic it is opened again, and what had begun is unknown.
    lent: Option<(Ledger, Exchange)>,
}

impl CommandRunner {
    /// Starts it; what an earlier run left is told at once.
    #[must_use]
    pub fn start_supervised(parts: RunnerParts) -> Addr<Self> {
        let mut rung = parts.bells.on_commands();
        let runner = Self {
            backoff: Backoff::new(parts.retry),
            parts,
            is_busy: false,
            is_asked_again: false,
            lent: None,
        };
        let runner = keep(ActorName::CommandRunner, None, runner);
        let told = runner.downgrade();
        actix_rt::spawn(async move {
            while rung.changed().await.is_ok() {
                let Some(runner) = told.upgrade() else { return };
                if runner.send(FetchCommands).await.is_err() {
                    return;
                }
            }
        });
        runner
    }

    fn begin_round(&mut self, ctx: &mut Context<Self>) {
        if self.is_busy {
            self.is_asked_again = true;
            return;
        }
        let (ledger, exchange) = match self.lent.take() {
            Some(lent) => lent,
            None => match Ledger::open(&self.parts.folder.join(FOLDER), self.parts.identity.agent_id) {
                Ok(ledger) => (ledger, Exchange::new(&self.parts.exchange)),
                Err(error) => {
                    tracing::error!(%error, "commands can't be taken: nobody knows what was begun before");
                    ctx.run_later(LEDGER_PAUSE, Self::begin_round);
                    return;
                }
            },
        };
        self.is_busy = true;
        self.is_asked_again = false;
        let round = Round {
            ledger,
            exchange,
            identity: self.parts.identity.clone(),
            policy: Policy::load(&self.parts.folder),
            bells: self.parts.bells.clone(),
            uplink: self.parts.uplink.clone(),
            restart: self.parts.restart.clone(),
        };
        ctx.spawn(round.run().into_actor(self).map(|(round, next), runner, ctx| {
            runner.is_busy = false;
            runner.lent = Some((round.ledger, round.exchange));
            runner.follow(next, ctx);
        }));
    }

    fn follow(&mut self, next: Next, ctx: &mut Context<Self>) {
        match next {
            Next::Rest => {
                self.backoff.reset();
                if self.is_asked_again {
                    self.begin_round(ctx);
                }
            }
            Next::Again { after, sentence } => {
                let pause = after.unwrap_or_default().max(self.backoff.next_pause());
                tracing::info!(%sentence, pause_s = pause.as_secs(), "commands wait");
                ctx.run_later(pause, Self::begin_round);
            }
            Next::End => {}
        }
    }
}

impl Actor for CommandRunner {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        self.begin_round(ctx);
    }
}

impl Supervised for CommandRunner {
    fn restarting(&mut self, _: &mut Self::Context) {
        self.is_busy = false;
    }
}

impl Handler<FetchCommands> for CommandRunner {
    type Result = ();

    fn handle(&mut self, _: FetchCommands, ctx: &mut Context<Self>) {
        self.begin_round(ctx);
    }
}

/// The policy of this machine in short, read anew each time it is asked for.
#[must_use]
pub fn policy_teller(folder: PathBuf, pinned_operators: usize) -> Box<dyn Fn() -> PolicySummaryV1> {
    Box::new(move || Policy::load(&folder).summary(pinned_operators))
}
