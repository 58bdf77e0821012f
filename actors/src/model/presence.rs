//! Whether a machine is there, judged by how long it has been silent.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Whether a machine is there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Presence {
    /// Reports in time.
    Online,
    /// Missed a report or two.
    Warning,
    /// Silent for long.
    #[default]
    Offline,
    /// Said that it goes to sleep.
    Asleep,
}

impl Presence {
    /// The name in the API.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Online => "online",
            Self::Warning => "warning",
            Self::Offline => "offline",
            Self::Asleep => "asleep",
        }
    }
}

/// After how much silence a machine is no longer online, and no longer expected soon.
///
/// Source: the 2.0 contract says 30 s and 60 s; with a report each 30 s these flap, so they grow
/// with the machine's own interval (2 and 4 intervals) and never fall below the contract's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PresenceRule {
    /// Online up to this much silence, at the least.
    pub online_min: Duration,
    /// Warning up to this much silence, at the least.
    pub warning_min: Duration,
    /// Online up to so many of the machine's intervals.
    pub online_intervals: u32,
    /// Warning up to so many of the machine's intervals.
    pub warning_intervals: u32,
}

impl Default for PresenceRule {
    fn default() -> Self {
        Self {
            online_min: Duration::from_secs(30),
            warning_min: Duration::from_secs(60),
            online_intervals: 2,
            warning_intervals: 4,
        }
    }
}

impl PresenceRule {
    /// The presence after that much silence, and how much more silence changes it.
    #[must_use]
    pub fn judge(&self, silence: Duration, interval: Duration) -> (Presence, Option<Duration>) {
        let online = self.online_min.max(interval * self.online_intervals);
        let warning = self
            .warning_min
            .max(interval * self.warning_intervals)
            .max(online);
        if silence <= online {
            (Presence::Online, Some(online - silence))
        } else if silence <= warning {
            (Presence::Warning, Some(warning - silence))
        } else {
            (Presence::Offline, None)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(silence_s: u64, interval_s: u64) -> Presence {
        PresenceRule::default()
            .judge(Duration::from_secs(silence_s), Duration::from_secs(interval_s))
            .0
    }

    #[test]
    fn keeps_the_contracts_thresholds_for_short_intervals() {
        assert_eq!(judged(30, 10), Presence::Online);
        assert_eq!(judged(31, 10), Presence::Warning);
        assert_eq!(judged(60, 10), Presence::Warning);
        assert_eq!(judged(61, 10), Presence::Offline);
    }

    #[test]
    fn grows_with_the_interval() {
        assert_eq!(judged(60, 30), Presence::Online);
        assert_eq!(judged(120, 30), Presence::Warning);
        assert_eq!(judged(121, 30), Presence::Offline);
    }

    #[test]
    fn says_when_it_will_change() {
        let (_, next) = PresenceRule::default().judge(Duration::from_secs(20), Duration::from_secs(30));
        assert_eq!(next, Some(Duration::from_secs(40)));
    }
}
