//! When the next try may be made: the backoff, the budget of retries, what the server says, and the
//! breaker, in one place. Pure but for chance; time comes in as a value. The simulated fleet has it too.

use std::time::{Duration, Instant};

use super::backoff::{Backoff, RetryRule, chance};
use super::budget::RetryBudget;

/// Decides when to try again.
#[derive(Clone, Debug)]
pub struct Pace {
    backoff: Backoff,
    budget: RetryBudget,
    /// Whether the next try follows one of the same round.
    is_retry: bool,
}

impl Pace {
    /// Nothing was tried so far.
    #[must_use]
    pub fn new(rule: RetryRule, now: Instant) -> Self {
        Self {
            backoff: Backoff::new(rule),
            budget: RetryBudget::new(rule.budget, now),
            is_retry: false,
        }
    }

    /// A request goes out.
    pub fn sent(&mut self, now: Instant) {
        self.budget.note(self.is_retry, now);
    }

    /// It went well: what comes next is no retry.
    pub const fn arrived(&mut self) {
        self.backoff.reset();
        self.is_retry = false;
    }

    /// The server is in trouble: how long to wait. Without budget the round ends here.
    pub fn after_failure(&mut self, server_says: Option<Duration>, now: Instant) -> Duration {
        let pause = if self.budget.allows_retry(now) {
            self.backoff.next_pause()
        } else {
            self.backoff.rest()
        };
        self.is_retry = self.backoff.is_within_a_round();
        pause.max(spread(server_says.unwrap_or_default()))
    }

    /// The server is well and takes no more of these now: how long to wait.
    pub fn after_pacing(&mut self, server_says: Option<Duration>) -> Duration {
        self.is_retry = true;
        spread(server_says.unwrap_or(Duration::from_secs(1)))
    }

    /// The breaker lets nothing through: how long to wait. All breakers of a fleet opened when the server
    /// went away; their trials must not come together.
    pub fn after_refusal(&mut self, breaker_says: Duration) -> Duration {
        self.arrived();
        breaker_says + breaker_says.mul_f64(chance() / 4.0)
    }
}

/// What the server says to many at once, spread out: half as long again at most.
fn spread(pause: Duration) -> Duration {
    pause + pause.mul_f64(chance() / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULE: RetryRule = RetryRule {
        attempts: 3,
        first: Duration::from_secs(1),
        multiplier: 2.0,
        longest: Duration::from_secs(60),
        rest: Duration::from_secs(30),
        budget: 0.3,
    };

    #[test]
    fn of_the_requests_of_an_outage_at_most_the_budget_are_retries() {
        let began = Instant::now();
        let mut pace = Pace::new(RULE, began);
        let (mut at, mut requests, mut retries) = (Duration::ZERO, 0, 0);
        // A day without a server and without a breaker.
        while at < Duration::from_secs(86_400) {
            requests += 1;
            retries += u32::from(pace.is_retry);
            pace.sent(began + at);
            at += pace.after_failure(None, began + at);
        }
        // One a minute, beside the first tries of each round.
        assert!(retries <= 1_441, "{retries} of {requests}");
        assert!(
            f64::from(retries) / f64::from(requests) < 0.35,
            "{retries} of {requests}"
        );
    }

    #[test]
    fn waits_as_long_as_the_server_says_and_a_little_more_by_chance() {
        let now = Instant::now();
        let mut pace = Pace::new(RULE, now);
        let said = Duration::from_secs(40);
        let waits: Vec<_> = (0..100).map(|_| pace.after_failure(Some(said), now)).collect();
        assert!(waits.iter().all(|wait| (said..=said * 3 / 2).contains(wait)));
        assert!(waits.iter().max() > waits.iter().min());
        let waits: Vec<_> = (0..100).map(|_| pace.after_refusal(said)).collect();
        assert!(waits.iter().all(|wait| (said..=said * 5 / 4).contains(wait)));
        assert!(pace.after_pacing(Some(said)) >= said);
    }
}
