//! When slow tests are an alarm: so many in a row, and then none for a while. Pure.

use std::time::{Duration, Instant};

/// The rule.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SlowRule {
    /// Megabits a second towards the machine, below which a test is slow.
    pub below_mbps: f64,
    /// Slow ones in a row that are an alarm.
    pub in_a_row: u32,
    /// After an alarm there is none for so long.
    pub rest: Duration,
}

/// What was seen.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Slowness {
    in_a_row: u32,
    last_alarm: Option<Instant>,
}

impl SlowRule {
    /// Whether a test is slow. One that measured nothing is not known to be.
    #[must_use]
    pub fn is_slow(&self, download_mbps: Option<f64>) -> bool {
        download_mbps.is_some_and(|mbps| mbps < self.below_mbps)
    }
}

impl Slowness {
    /// Slow ones in a row.
    #[must_use]
    pub const fn in_a_row(&self) -> u32 {
        self.in_a_row
    }

    /// Notes a test; whether it is an alarm.
    pub fn note(&mut self, is_slow: bool, rule: &SlowRule, now: Instant) -> bool {
        if !is_slow {
            self.in_a_row = 0;
            return false;
        }
        self.in_a_row += 1;
        let rests = self
            .last_alarm
            .is_some_and(|at| now.saturating_duration_since(at) < rule.rest);
        let is_alarm = self.in_a_row >= rule.in_a_row && !rests;
        if is_alarm {
            self.last_alarm = Some(now);
        }
        is_alarm
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_slow_tests_in_a_row_are_an_alarm_and_then_none_for_five_minutes() {
        let rule = SlowRule {
            below_mbps: 20.0,
            in_a_row: 5,
            rest: Duration::from_secs(300),
        };
        assert!(rule.is_slow(Some(19.9)) && !rule.is_slow(Some(20.0)) && !rule.is_slow(None));
        let (mut slowness, began) = (Slowness::default(), Instant::now());
        let mut alarms = Vec::new();
        for minute in 0..15 {
            // The third is fast: the count begins anew.
            let now = began + Duration::from_secs(60 * minute);
            if slowness.note(minute != 2, &rule, now) {
                alarms.push(minute);
            }
        }
        assert_eq!((alarms, slowness.in_a_row()), (vec![7, 12], 12));
    }
}
