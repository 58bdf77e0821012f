//! Owns one monitor: has it look at its interval, cuts a look off at its time limit, and lets one that
//! takes too long look more seldom. Receives its own timer; emits `Note` to the board.

use std::panic::AssertUnwindSafe;
use std::time::{Duration, Instant};

use actix::{Actor, ActorFutureExt, Addr, AsyncContext, Context, Supervised, WrapFuture};
use atlas_actors::supervision::ActorName;
use atlas_actors::supervision::keeper::keep;
use futures_util::FutureExt;

use super::board::{Board, Note};
use super::{Finding, Missing, Monitor, MonitorRule, Plan};
use crate::wire::report_v1::{SlowedMonitorV1, Unavailable};

/// A monitor looks at most so many times more seldom than it was told to.
const SLOWEST: u32 = 8;
/// The first looks come so soon after the start, each a little later than the one before, so that not
/// all tools of the machine are started at once.
const FIRST_AFTER: Duration = Duration::from_millis(100);

/// How often a monitor looks, by how long its looks take. Pure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Pace {
    rule: MonitorRule,
    factor: u32,
    took: Duration,
}

impl Pace {
    const fn new(rule: MonitorRule) -> Self {
        Self {
            rule,
            factor: 1,
            took: Duration::ZERO,
        }
    }

    /// A look that takes more than half of its time limit, or a tenth of its interval, costs its
    /// machine too much, unless it only waits: a ping takes longest when the network is down, and must
    /// not be slowed then.
    fn note(&mut self, took: Duration) {
        self.took = took;
        let is_slow = if self.rule.waits {
            took >= self.rule.timeout
        } else {
            took * 2 > self.rule.timeout || took * 10 > self.rule.interval.max(Duration::from_secs(10))
        };
        self.factor = if is_slow {
            (self.factor * 2).min(SLOWEST)
        } else {
            (self.factor / 2).max(1)
        };
    }

    fn interval(&self) -> Duration {
        self.rule.interval * self.factor
    }

    /// Two missed looks, and what it was found by is no longer true.
    fn fresh_for(&self) -> Duration {
        self.interval() * 2 + self.rule.timeout
    }

    fn slowed(&self, name: &str) -> Option<SlowedMonitorV1> {
        (self.factor > 1).then(|| SlowedMonitorV1 {
            name: name.to_owned(),
            took_ms: u64::try_from(self.took.as_millis()).unwrap_or(u64::MAX),
            interval_s: self.interval().as_secs(),
        })
    }
}

/// One monitor's life.
pub struct Watcher {
    plan: Plan,
    /// None while it looks, and after a look that was cut off.
    monitor: Option<Box<dyn Monitor>>,
    pace: Pace,
    board: Addr<Board>,
    first_after: Duration,
}

/// Starts all of them.
pub fn start_all(plans: Vec<Plan>, board: &Addr<Board>) {
    for (plan, place) in plans.into_iter().zip(1..) {
        let name = ActorName::Monitor(plan.name);
        let watcher = Watcher {
            monitor: None,
            pace: Pace::new(plan.rule),
            board: board.clone(),
            first_after: FIRST_AFTER * place,
            plan,
        };
        // It lives as long as the agent's arbiter: its timer holds it.
        drop(keep(name, None, watcher));
    }
}

impl Watcher {
    fn look(&mut self, ctx: &mut Context<Self>) {
        let mut monitor = self.monitor.take().unwrap_or_else(|| (self.plan.make)());
        let timeout = self.plan.rule.timeout;
        let started = Instant::now();
        let looked = async move {
            let look = AssertUnwindSafe(monitor.look()).catch_unwind();
            let found = tokio::time::timeout(timeout, look).await;
            match found {
                Ok(Ok(found)) => (Some(monitor), found),
                // A panic is in the log by now.
                Ok(Err(_)) => (None, Err(Missing::from(Unavailable::Unsupported))),
                Err(_) => (None, Err(Missing::from(Unavailable::TimedOut))),
            }
        };
        ctx.spawn(
            looked
                .into_actor(self)
                .map(move |(monitor, found), watcher, ctx| {
                    watcher.monitor = monitor;
                    watcher.pace.note(started.elapsed());
                    watcher.tell(found);
                    ctx.run_later(watcher.pace.interval(), Self::look);
                }),
        );
    }

    fn tell(&self, found: Result<Finding, Missing>) {
        if let Err(missing) = &found {
            tracing::debug!(monitor = self.plan.name, why = ?missing.why, detail = missing.detail, "nothing found");
        }
        let note = Note {
            monitor: self.plan.name,
            found,
            fresh_for: self.pace.fresh_for(),
            slowed: self.pace.slowed(self.plan.name),
        };
        // A full mailbox takes the next look.
        let _ = self.board.try_send(note);
    }
}

impl Actor for Watcher {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        ctx.run_later(self.first_after, Self::look);
    }
}

impl Supervised for Watcher {}

#[cfg(test)]
mod tests {
    use super::*;

    const RULE: MonitorRule = MonitorRule {
        interval: Duration::from_secs(60),
        timeout: Duration::from_secs(10),
        waits: false,
    };

    #[test]
    fn one_that_only_waits_is_slowed_when_it_is_cut_off_alone() {
        let mut pace = Pace::new(MonitorRule { waits: true, ..RULE });
        pace.note(Duration::from_secs(9));
        assert_eq!(pace.interval(), RULE.interval);
        pace.note(RULE.timeout);
        assert_eq!(pace.interval(), RULE.interval * 2);
    }

    #[test]
    fn one_that_takes_too_long_looks_more_seldom_and_is_named() {
        let mut pace = Pace::new(RULE);
        pace.note(Duration::from_secs(1));
        assert_eq!((pace.interval(), pace.slowed("m")), (RULE.interval, None));
        for factor in [2, 4, 8, 8] {
            pace.note(RULE.timeout);
            assert_eq!(pace.interval(), RULE.interval * factor);
        }
        let slowed = pace.slowed("m").unwrap();
        assert_eq!((slowed.took_ms, slowed.interval_s), (10_000, 480));
        for _ in 0..3 {
            pace.note(Duration::from_secs(1));
        }
        assert_eq!(pace.slowed("m"), None);
    }
}
