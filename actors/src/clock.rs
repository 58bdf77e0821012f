//! Time as a value. Cores take `now` as an argument; only actors' shells ask the [`Clock`] port.

use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

/// A moment, in milliseconds since 1970-01-01T00:00:00Z. Shown as RFC 3339 with a `Z`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Timestamp(i64);

/// The text is not an RFC 3339 moment.
#[derive(Debug, thiserror::Error)]
#[error("not a time: expected something like 2026-11-24T04:00:00Z")]
pub struct ParseTimestampError;

impl Timestamp {
    /// From milliseconds since the epoch, brought into the years that RFC 3339 can show.
    #[must_use]
    pub const fn from_millis(millis: i64) -> Self {
        const YEAR_9999_MS: i64 = 253_370_764_800_000;
        if millis < 0 {
            Self(0)
        } else if millis > YEAR_9999_MS {
            Self(YEAR_9999_MS)
        } else {
            Self(millis)
        }
    }

    /// From whole seconds since the epoch.
    #[must_use]
    pub const fn from_secs(secs: i64) -> Self {
        Self::from_millis(secs.saturating_mul(1000))
    }

    /// Milliseconds since the epoch.
    #[must_use]
    pub const fn as_millis(self) -> i64 {
        self.0
    }

    /// Whole seconds since the epoch, rounded down.
    #[must_use]
    pub const fn as_secs(self) -> i64 {
        self.0.div_euclid(1000)
    }

    /// How long ago `earlier` was; zero when it lies ahead.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(u64::try_from(self.0 - earlier.0).unwrap_or(0))
    }

    /// The distance between two moments, whichever is first.
    #[must_use]
    pub const fn distance(self, other: Self) -> Duration {
        Duration::from_millis(self.0.abs_diff(other.0))
    }

    /// This moment moved ahead.
    #[must_use]
    pub fn plus(self, by: Duration) -> Self {
        Self::from_millis(
            self.0
                .saturating_add(i64::try_from(by.as_millis()).unwrap_or(i64::MAX)),
        )
    }

    /// This moment moved back, not before the epoch.
    #[must_use]
    pub fn minus(self, by: Duration) -> Self {
        Self::from_millis(
            self.0
                .saturating_sub(i64::try_from(by.as_millis()).unwrap_or(i64::MAX)),
        )
    }

    /// Reads an RFC 3339 moment with a zone.
    ///
    /// # Errors
    /// When the text is anything else.
    pub fn parse(text: &str) -> Result<Self, ParseTimestampError> {
        let moment: jiff::Timestamp = text.parse().map_err(|_| ParseTimestampError)?;
        Ok(Self::from_millis(moment.as_millisecond()))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_millisecond(self.0) {
            Ok(moment) => write!(f, "{moment:.3}"),
            Err(_) => f.write_str("1970-01-01T00:00:00.000Z"),
        }
    }
}

/// Where actors' shells learn the time; tests bring their own.
pub trait Clock: Send + Sync + 'static {
    /// Now, by the wall clock.
    fn now(&self) -> Timestamp;
}

/// The machine's own wall clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the one place where the wall clock is read"
    )]
    fn now(&self) -> Timestamp {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_and_reads_the_same_moment() {
        let moment = Timestamp::from_millis(1_760_000_000_123);
        assert_eq!(moment.to_string(), "2025-10-09T08:53:20.123Z");
        assert_eq!(Timestamp::parse(&moment.to_string()).ok(), Some(moment));
    }

    #[test]
    fn refuses_a_time_without_a_zone() {
        assert!(Timestamp::parse("2026-11-24T04:00:00").is_err());
    }

    #[test]
    fn never_leaves_the_years_it_can_show() {
        assert!(Timestamp::from_millis(i64::MAX).to_string().starts_with("9999"));
        assert_eq!(Timestamp::from_millis(i64::MIN).as_millis(), 0);
    }
}
