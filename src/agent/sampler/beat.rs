//! Owns when reports are taken: one soon after the start, so that the machine is seen at once, and then
//! at a steady interval whose phase is random, so that a fleet that was switched on together does not
//! report together. Randomness comes in as a value from 0 to 1.

use std::time::Duration;

use crate::agent::collect::MEASURING_SPAN_MIN;

/// How far the first reports of a fleet are spread at the most.
const FIRST_SPREAD_MAX: Duration = Duration::from_secs(3);

/// The beat of one agent.
#[derive(Clone, Copy, Debug)]
pub struct Beat {
    /// After how long the first report is taken.
    pub first: Duration,
    /// How long after the first one the steady ones begin.
    pub phase: Duration,
    /// The time between two steady ones.
    pub interval: Duration,
}

impl Beat {
    /// A beat of that interval.
    #[must_use]
    pub fn new(interval: Duration, random: [f64; 2]) -> Self {
        let interval = interval.max(MEASURING_SPAN_MIN);
        let spread = (interval / 10).min(FIRST_SPREAD_MAX);
        Self {
            first: MEASURING_SPAN_MIN + spread.mul_f64(random[0]),
            phase: interval.mul_f64(random[1]).max(MEASURING_SPAN_MIN),
            interval,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn measures_over_a_proper_span_and_is_seen_within_seconds() {
        for random in [0.0, 0.3, 0.999] {
            let beat = Beat::new(Duration::from_secs(30), [random; 2]);
            assert!(beat.first >= MEASURING_SPAN_MIN && beat.first < Duration::from_secs(5));
            assert!(beat.phase >= MEASURING_SPAN_MIN && beat.phase <= beat.interval);
        }
    }

    #[test]
    fn never_beats_faster_than_it_can_measure() {
        let beat = Beat::new(Duration::ZERO, [0.0; 2]);
        assert_eq!((beat.interval, beat.phase), (MEASURING_SPAN_MIN, MEASURING_SPAN_MIN));
    }
}
