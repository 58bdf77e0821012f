//! How long to wait before the next try: 1 s, doubled up to 60 s (contract, section 6), and any part
//! of that by chance, so that a fleet does not come back in one wave. A report is never given up: after
//! a round of tries the agent rests until about the next report, and a new round begins.

use std::time::Duration;

/// Less would be no pause at all.
const SHORTEST: Duration = Duration::from_millis(200);

/// When a report that did not arrive is sent again.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RetryRule {
    /// Tries of one round.
    pub attempts: u32,
    /// The first pause, at most.
    pub first: Duration,
    /// Each pause is so many times as long as the one before.
    pub multiplier: f64,
    /// The longest pause.
    pub longest: Duration,
    /// How long the agent rests after a round, at most.
    pub rest: Duration,
    /// The part of all requests of a minute that may be retries, 0 to 1.
    pub budget: f64,
}

/// The pauses between tries.
#[derive(Clone, Debug)]
pub struct Backoff {
    rule: RetryRule,
    tries: u32,
}

impl Backoff {
    /// No try so far.
    #[must_use]
    pub const fn new(rule: RetryRule) -> Self {
        Self { rule, tries: 0 }
    }

    /// The next pause.
    pub fn next_pause(&mut self) -> Duration {
        self.tries += 1;
        if self.tries >= self.rule.attempts {
            return self.rest();
        }
        self.ceiling(self.tries).mul_f64(chance()).max(SHORTEST)
    }

    /// The pause that ends a round: half of the rest at least.
    pub fn rest(&mut self) -> Duration {
        self.tries = 0;
        self.rule.rest.mul_f64(0.5 + chance() / 2.0).max(SHORTEST)
    }

    /// Whether the next try is another one of the same round.
    #[must_use]
    pub const fn is_within_a_round(&self) -> bool {
        self.tries > 0
    }

    /// The longest that the pause after so many tries may be.
    fn ceiling(&self, tries: u32) -> Duration {
        let doublings = i32::try_from(tries.saturating_sub(1)).unwrap_or(i32::MAX);
        let factor = self.rule.multiplier.powi(doublings);
        let seconds = (self.rule.first.as_secs_f64() * factor).min(self.rule.longest.as_secs_f64());
        Duration::try_from_secs_f64(seconds).unwrap_or(self.rule.longest)
    }

    /// It went well: the next pause is a short one.
    pub const fn reset(&mut self) {
        self.tries = 0;
    }
}

/// Anything from 0 to 1.
pub(super) fn chance() -> f64 {
    f64::from(getrandom::u32().unwrap_or(u32::MAX)) / f64::from(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULE: RetryRule = RetryRule {
        attempts: 4,
        first: Duration::from_secs(1),
        multiplier: 2.0,
        longest: Duration::from_secs(3),
        rest: Duration::from_secs(30),
        budget: 0.3,
    };

    #[test]
    fn pauses_grow_to_the_longest_and_each_round_ends_with_a_rest() {
        let mut backoff = Backoff::new(RULE);
        for _ in 0..100 {
            for longest in [1, 2, 3] {
                let pause = backoff.next_pause();
                assert!(
                    (SHORTEST..=Duration::from_secs(longest)).contains(&pause),
                    "{pause:?}"
                );
            }
            let rest = backoff.next_pause();
            assert!((Duration::from_secs(15)..=RULE.rest).contains(&rest), "{rest:?}");
        }
        backoff.next_pause();
        backoff.reset();
        assert!(backoff.next_pause() <= RULE.first);
    }

    #[test]
    fn no_number_is_too_large() {
        let rule = RetryRule {
            attempts: u32::MAX,
            multiplier: 10.0,
            ..RULE
        };
        let mut backoff = Backoff::new(rule);
        assert!((0..1_000).all(|_| backoff.next_pause() <= RULE.longest));
        let mut without = Backoff::new(RetryRule { attempts: 1, ..RULE });
        assert!((0..10).all(|_| without.next_pause() >= Duration::from_secs(15)));
    }
}
