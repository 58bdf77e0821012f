//! Counts what came back and how fast, over a while. Pure.

use crate::agent::collect::hundredth;
use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::PingTarget;
use crate::wire::report_v1::PingTargetV1;

/// From when on a target's status is a warning.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Thresholds {
    /// Percent of loss.
    pub loss_percent: f64,
    /// Milliseconds.
    pub latency_ms: f64,
}

/// How a target answered in the last while.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    rounds: VecDeque<(Instant, Vec<Option<Duration>>)>,
}

/// Numbers of a while.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Numbers {
    pub(super) sent: u32,
    pub(super) received: u32,
    pub(super) loss_percent: f64,
    pub(super) latency_ms: Option<f64>,
    pub(super) min_ms: Option<f64>,
    pub(super) max_ms: Option<f64>,
    pub(super) jitter_ms: Option<f64>,
}

impl Tally {
    /// Adds a round, and lets go of those that are older than `window` or more than `rounds_max`.
    pub fn add(&mut self, took: Vec<Option<Duration>>, now: Instant, window: Duration, rounds_max: usize) {
        self.rounds.push_back((now, took));
        let is_old = |(at, _): &(Instant, _)| now.saturating_duration_since(*at) >= window;
        while self.rounds.len() > rounds_max.max(1)
            || (self.rounds.len() > 1 && self.rounds.front().is_some_and(is_old))
        {
            self.rounds.pop_front();
        }
    }

    /// The numbers of it.
    #[must_use]
    pub fn numbers(&self) -> Numbers {
        let all = || self.rounds.iter().flat_map(|(_, took)| took);
        let came: Vec<f64> = all().flatten().map(|took| took.as_secs_f64() * 1_000.0).collect();
        let (sent, received) = (count(all().count()), count(came.len()));
        let lost = f64::from(sent - received);
        Numbers {
            sent,
            received,
            loss_percent: if sent == 0 {
                0.0
            } else {
                hundredth(lost / f64::from(sent) * 100.0)
            },
            latency_ms: mean(&came),
            min_ms: came.iter().copied().reduce(f64::min).map(hundredth),
            max_ms: came.iter().copied().reduce(f64::max).map(hundredth),
            jitter_ms: mean(&differences(&came)),
        }
    }
}

/// By how much each value differs from the one before it.
fn differences(values: &[f64]) -> Vec<f64> {
    values.windows(2).map(|pair| (pair[1] - pair[0]).abs()).collect()
}

fn mean(values: &[f64]) -> Option<f64> {
    let sum: f64 = values.iter().sum();
    (!values.is_empty()).then(|| hundredth(sum / f64::from(count(values.len()))))
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// The numbers as a report has them.
#[must_use]
pub fn reported(
    target: &PingTarget,
    method: &str,
    numbers: Numbers,
    thresholds: Thresholds,
    error: Option<String>,
) -> PingTargetV1 {
    let is_slow = numbers.latency_ms.is_some_and(|ms| ms >= thresholds.latency_ms);
    let status = match numbers {
        Numbers { received: 0, .. } => "lost",
        _ if is_slow || numbers.loss_percent >= thresholds.loss_percent => "warning",
        _ => "ok",
    };
    PingTargetV1 {
        name: target.name.clone(),
        address: target.address.clone(),
        method: method.to_owned(),
        status: status.to_owned(),
        sent: numbers.sent,
        received: numbers.received,
        loss_percent: numbers.loss_percent,
        latency_ms: numbers.latency_ms,
        latency_min_ms: numbers.min_ms,
        latency_max_ms: numbers.max_ms,
        jitter_ms: numbers.jitter_ms,
        error,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WINDOW: Duration = Duration::from_secs(30);

    fn ms(values: &[Option<u64>]) -> Vec<Option<Duration>> {
        values.iter().map(|ms| ms.map(Duration::from_millis)).collect()
    }

    #[test]
    fn counts_loss_latency_and_jitter() {
        let (mut tally, now) = (Tally::default(), Instant::now());
        tally.add(ms(&[Some(10), None, Some(14)]), now, WINDOW, 100);
        tally.add(ms(&[Some(12)]), now, WINDOW, 100);
        let numbers = tally.numbers();
        assert_eq!(
            (numbers.sent, numbers.received, numbers.loss_percent),
            (4, 3, 25.0)
        );
        assert_eq!((numbers.latency_ms, numbers.jitter_ms), (Some(12.0), Some(3.0)));
        assert_eq!((numbers.min_ms, numbers.max_ms), (Some(10.0), Some(14.0)));
    }

    #[test]
    fn nothing_that_came_back_has_no_latency() {
        let mut tally = Tally::default();
        assert_eq!(tally.numbers(), Numbers::default());
        tally.add(ms(&[None, None]), Instant::now(), WINDOW, 100);
        let numbers = tally.numbers();
        assert_eq!(
            (numbers.loss_percent, numbers.latency_ms, numbers.jitter_ms),
            (100.0, None, None)
        );
    }

    #[test]
    fn what_is_old_or_too_much_no_longer_counts() {
        let (mut tally, now) = (Tally::default(), Instant::now());
        tally.add(ms(&[None]), now, WINDOW, 100);
        tally.add(ms(&[Some(5)]), now + WINDOW, WINDOW, 100);
        assert_eq!(tally.numbers().loss_percent, 0.0);
        for _ in 0..5 {
            tally.add(ms(&[Some(5)]), now + WINDOW, WINDOW, 2);
        }
        assert_eq!(tally.numbers().sent, 2);
    }
}
