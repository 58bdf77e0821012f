//! What happens when an actor's code panics. actix's own supervisor restarts an actor that stopped,
//! but one that panicked is gone for good; so every handler runs its core inside [`shielded`]. A
//! panic there sends the message into quarantine; the actor stops itself, its [`keeper`] starts it
//! again, and it rebuilds its state from the store. Nobody else notices.

pub mod keeper;

use std::any::Any;
use std::collections::VecDeque;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use actix::{Actor, ActorContext, ActorFutureExt, Addr, AsyncContext, Context, fut};

use crate::clock::Timestamp;
use crate::limits::{QUARANTINE_TEXT_MAX, RESTART_WINDOW, RESTARTS_MAX};
use crate::messages::MessageQuarantined;
use crate::model::MachineId;
use crate::quarantine::Quarantine;

// A build that ends at the first panic would make every promise of this file empty.
const _: () = assert!(
    cfg!(panic = "unwind"),
    "build with panic = \"unwind\": a panic must end one actor's message and not the process"
);

/// Which actor, for logs and the quarantine.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ActorName {
    /// The registry.
    Registry,
    /// One machine's actor.
    Machine(MachineId),
    /// The roster.
    Roster,
    /// The historian.
    Historian,
    /// The command queue.
    CommandQueue,
    /// The library of scripts.
    ScriptLibrary,
    /// The auth service.
    AuthService,
    /// The audit log.
    AuditLog,
    /// The sections of all machines.
    Sections,
    /// The quarantine.
    Quarantine,
    /// A thread that codes history.
    BlockCodec,
    /// The thread that hashes passwords.
    PasswordHasher,
    /// The breaker of an endpoint.
    Breaker(Arc<str>),
    /// An agent's beat.
    Sampler,
    /// An agent's way to its server.
    Uplink,
    /// One of an agent's monitors.
    Monitor(&'static str),
    /// What an agent's monitors found.
    Board,
    /// Who runs commands on an agent's machine.
    CommandRunner,
    /// Who looks after the server's certificate.
    CertificateKeeper,
    /// The owner of the agents' channels.
    Channels,
    /// An agent's channel.
    Channel,
    /// The owner of the server's own absences.
    Downtimes,
}

impl fmt::Display for ActorName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Registry => f.write_str("registry"),
            Self::Machine(id) => write!(f, "machine {id}"),
            Self::Roster => f.write_str("roster"),
            Self::Historian => f.write_str("historian"),
            Self::CommandQueue => f.write_str("command queue"),
            Self::ScriptLibrary => f.write_str("script library"),
            Self::CommandRunner => f.write_str("command runner"),
            Self::AuthService => f.write_str("auth service"),
            Self::AuditLog => f.write_str("audit log"),
            Self::Sections => f.write_str("sections"),
            Self::Quarantine => f.write_str("quarantine"),
            Self::BlockCodec => f.write_str("block codec"),
            Self::PasswordHasher => f.write_str("password hasher"),
            Self::Sampler => f.write_str("sampler"),
            Self::Uplink => f.write_str("uplink"),
            Self::Monitor(name) => write!(f, "monitor {name}"),
            Self::Board => f.write_str("board"),
            Self::CertificateKeeper => f.write_str("certificate keeper"),
            Self::Channels => f.write_str("owner of the channels"),
            Self::Channel => f.write_str("channel"),
            Self::Downtimes => f.write_str("owner of the server's absences"),
            Self::Breaker(endpoint) => write!(f, "breaker of {endpoint}"),
        }
    }
}

/// A core panicked; its message is in quarantine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Panicked;

/// Called before each core; tests make it panic.
pub type Fault = Arc<dyn Fn(&ActorName) + Send + Sync>;

/// Ends the process, since an actor without which nothing works can't be kept alive.
pub type GiveUp = Arc<dyn Fn(&ActorName) + Send + Sync>;

/// What all shields of a fleet share.
#[derive(Clone)]
pub struct Safety {
    /// Nothing for the quarantine itself: what makes it panic is only logged.
    quarantine: Option<Addr<Quarantine>>,
    fault: Option<Fault>,
    give_up: GiveUp,
}

impl Safety {
    /// Shields that report to this quarantine.
    #[must_use]
    pub fn new(quarantine: Addr<Quarantine>, fault: Option<Fault>, give_up: GiveUp) -> Self {
        Self {
            quarantine: Some(quarantine),
            fault,
            give_up,
        }
    }

    /// The shield of the quarantine itself.
    #[must_use]
    pub fn of_the_quarantine(fault: Option<Fault>, give_up: GiveUp) -> Self {
        Self {
            quarantine: None,
            fault,
            give_up,
        }
    }

    /// The process can't go on without that actor.
    pub fn give_up(&self, actor: &ActorName) {
        tracing::error!(%actor, "restarted more than {RESTARTS_MAX} times within a minute, giving up");
        (self.give_up)(actor);
    }

    /// Runs a core. `message` is what it works on, for the quarantine.
    ///
    /// # Errors
    /// When the core panicked: its actor's state is not to be trusted any more.
    pub fn run<T>(
        &self,
        actor: impl Fn() -> ActorName,
        message: &dyn fmt::Debug,
        core: impl FnOnce() -> T,
    ) -> Result<T, Panicked> {
        let guarded = || {
            if let Some(fault) = &self.fault {
                fault(&actor());
            }
            core()
        };
        catch_unwind(AssertUnwindSafe(guarded)).map_err(|panic| self.quarantine(actor(), message, &*panic))
    }

    fn quarantine(&self, actor: ActorName, message: &dyn fmt::Debug, panic: &(dyn Any + Send)) -> Panicked {
        let reason = panic_text(panic);
        let Some(quarantine) = &self.quarantine else {
            tracing::error!(%actor, %reason, "an actor panicked; its message is lost");
            return Panicked;
        };
        tracing::error!(%actor, %reason, "an actor panicked; its message is in quarantine");
        let message: String = format!("{message:?}").chars().take(QUARANTINE_TEXT_MAX).collect();
        if quarantine
            .try_send(MessageQuarantined {
                actor,
                message,
                reason,
            })
            .is_err()
        {
            tracing::error!("the quarantine is full: the message could not be kept");
        }
        Panicked
    }
}

/// Runs an actor's core; when it panics, the actor stops before its next message, to be started
/// again by its keeper. Whoever sent this one still hears the handler's answer.
///
/// # Errors
/// When the core panicked.
pub fn shielded<A, T>(
    safety: &Safety,
    ctx: &mut Context<A>,
    actor: impl Fn() -> ActorName,
    message: &dyn fmt::Debug,
    core: impl FnOnce() -> T,
) -> Result<T, Panicked>
where
    A: Actor<Context = Context<A>>,
{
    safety.run(actor, message, core).inspect_err(|_| {
        // An actor that stops at once would drop an answer that comes as a future. What it waits for
        // last is done first, so the answer goes out before this.
        ctx.wait(fut::ready(()).map(|(), _, ctx: &mut Context<A>| ctx.stop()));
    })
}

fn panic_text(panic: &(dyn Any + Send)) -> String {
    panic
        .downcast_ref::<&str>()
        .map(ToString::to_string)
        .or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "a panic without words".to_owned())
}

/// Counts an actor's restarts.
#[derive(Debug, Default)]
pub struct Restarts(VecDeque<Timestamp>);

impl Restarts {
    /// Notes a restart; true when there were too many of late.
    pub fn note(&mut self, now: Timestamp) -> bool {
        self.0.retain(|earlier| now.since(*earlier) < RESTART_WINDOW);
        self.0.push_back(now);
        self.0.len() > RESTARTS_MAX
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gives_up_at_the_sixth_restart_within_a_minute() {
        let mut restarts = Restarts::default();
        let noted: Vec<_> = (0..6).map(|n| restarts.note(Timestamp::from_secs(n))).collect();
        assert_eq!(noted, [false, false, false, false, false, true]);
    }

    #[test]
    fn forgets_restarts_of_long_ago() {
        let mut restarts = Restarts::default();
        assert!((0..20).all(|n| !restarts.note(Timestamp::from_secs(n * 15))));
    }
}
