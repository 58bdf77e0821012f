//! How long to wait before the next try: 1 s, doubled up to 60 s (contract, section 6), and any part
//! of that by chance, so that a fleet does not come back in one wave.

use std::time::Duration;

const FIRST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_secs(60);
/// Less would be no pause at all.
const SHORTEST: Duration = Duration::from_millis(200);

/// The pauses between tries.
#[derive(Clone, Debug, Default)]
pub struct Backoff {
    tries: u32,
}

impl Backoff {
    /// The next pause.
    pub fn next_pause(&mut self) -> Duration {
        let ceiling = FIRST
            .saturating_mul(2_u32.saturating_pow(self.tries))
            .min(LONGEST);
        self.tries = self.tries.saturating_add(1).min(16);
        let share = f64::from(getrandom::u32().unwrap_or(u32::MAX)) / f64::from(u32::MAX);
        ceiling.mul_f64(share).max(SHORTEST)
    }

    /// It went well: the next pause is a short one.
    pub fn reset(&mut self) {
        self.tries = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn never_waits_longer_than_a_minute_nor_less_than_a_moment() {
        let mut backoff = Backoff::default();
        assert!(backoff.next_pause() <= FIRST);
        assert!((0..100).all(|_| (SHORTEST..=LONGEST).contains(&backoff.next_pause())));
        backoff.reset();
        assert!(backoff.next_pause() <= FIRST);
    }
}
