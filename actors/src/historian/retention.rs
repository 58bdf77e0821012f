//! How long history is kept and how much it may take: what is to be dropped, out of which tier a question
//! is answered, and when the disk will be full. Plain values and functions.

use std::time::Duration;

use super::compaction::{FIVE_MINUTES_MS, HOUR_MS};
use super::days::day_start;
use crate::clock::Timestamp;
use crate::store::{Tier, TierUse, TimeRange};

/// A day.
const DAY: Duration = Duration::from_secs(86_400);
/// The days by which growth is measured.
pub const RECENT_DAYS: u32 = 7;
/// Farther ahead nothing is foretold.
const FORECAST_DAYS: u32 = 10 * 365;

/// How much of a tier is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Keep {
    /// For how many days.
    pub days: u32,
    /// How many bytes at most; nothing = any number.
    pub bytes_max: Option<u64>,
}

impl Keep {
    /// So many days.
    #[must_use]
    pub const fn days(days: u32) -> Self {
        Self {
            days,
            bytes_max: None,
        }
    }
}

/// How much of each tier is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retention {
    /// Every sample.
    pub raw: Keep,
    /// The five minutes.
    pub five_minutes: Keep,
    /// The hours.
    pub hour: Keep,
}

impl Default for Retention {
    fn default() -> Self {
        Self {
            raw: Keep::days(30),
            five_minutes: Keep::days(365),
            hour: Keep::days(5 * 365),
        }
    }
}

/// The tiers as people see them: where their blocks lie, the finest first. Of the raw one those that are
/// settled come first, since they are older.
pub const SHOWN: [(&str, &[Tier]); 3] = [
    ("raw", &[Tier::RawDay, Tier::Raw]),
    ("5m", &[Tier::FiveMinutes]),
    ("1h", &[Tier::Hour]),
];

impl Tier {
    /// The name that people see.
    #[must_use]
    pub const fn shown(self) -> &'static str {
        match self {
            Self::Raw | Self::RawDay => SHOWN[0].0,
            Self::FiveMinutes => SHOWN[1].0,
            Self::Hour => SHOWN[2].0,
        }
    }

    /// Milliseconds of one of its buckets; a raw sample has none.
    #[must_use]
    pub const fn bucket_ms(self) -> i64 {
        match self {
            Self::Raw | Self::RawDay => 1,
            Self::FiveMinutes => FIVE_MINUTES_MS,
            Self::Hour => HOUR_MS,
        }
    }
}

impl Retention {
    /// How much of that tier is kept.
    #[must_use]
    pub const fn of(&self, tier: Tier) -> Keep {
        match tier {
            Tier::Raw | Tier::RawDay => self.raw,
            Tier::FiveMinutes => self.five_minutes,
            Tier::Hour => self.hour,
        }
    }

    /// What ends before this moment is dropped from the tier: whole days go.
    #[must_use]
    pub fn dropped_before(&self, tier: Tier, now: Timestamp) -> Timestamp {
        day_start(now.minus(DAY * self.of(tier).days))
    }

    /// Out of which tier a question is answered, and its step: the coarsest tier that is fine enough and
    /// reaches back far enough; when none does, the one that reaches farthest.
    #[must_use]
    pub fn tier_for(&self, range: TimeRange, step_ms: i64, now: Timestamp) -> (Tier, i64) {
        let reaches = |tier: &Tier| self.dropped_before(*tier, now) <= range.from;
        let coarsest_first = [Tier::Hour, Tier::FiveMinutes, Tier::Raw];
        let fine_enough = |tier: &Tier| tier.bucket_ms() <= step_ms;
        let best = coarsest_first
            .into_iter()
            .find(|tier| fine_enough(tier) && reaches(tier))
            .or_else(|| coarsest_first.into_iter().rev().find(reaches))
            .or_else(|| coarsest_first.into_iter().max_by_key(|tier| self.of(*tier).days));
        let tier = best.unwrap_or(Tier::Raw);
        let bucket_ms = tier.bucket_ms();
        (tier, (step_ms.max(1) + bucket_ms - 1) / bucket_ms * bucket_ms)
    }

    /// What history takes, tier by tier, and what it will take.
    #[must_use]
    pub fn storage(&self, used: &[TierUse], now: Timestamp) -> StorageUse {
        let tiers = SHOWN.map(|(name, parts)| {
            let keep = self.of(parts.first().copied().unwrap_or(Tier::Raw));
            let parts: Vec<_> = used.iter().filter(|used| parts.contains(&used.tier)).collect();
            let oldest = parts.iter().map(|used| used.oldest).min();
            let recent: u64 = parts.iter().map(|used| used.recent_bytes).sum();
            let age = oldest.map_or(DAY, |oldest| now.since(oldest).clamp(DAY, DAY * RECENT_DAYS));
            ShownTier {
                name,
                keep,
                blocks: parts.iter().map(|used| used.blocks).sum(),
                bytes: parts.iter().map(|used| used.bytes).sum(),
                oldest,
                newest: parts.iter().map(|used| used.newest).max(),
                bytes_per_day: recent.saturating_mul(DAY.as_secs()) / age.as_secs(),
            }
        });
        StorageUse {
            tiers: tiers.to_vec(),
            measured_at: now,
            damaged_blocks_met: 0,
        }
    }
}

/// What history takes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StorageUse {
    /// The finest tier first.
    pub tiers: Vec<ShownTier>,
    /// When that was measured.
    pub measured_at: Timestamp,
    /// How often a read has met a damaged block since the start.
    pub damaged_blocks_met: u64,
}

/// What a tier takes, as people see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShownTier {
    /// `raw`, `5m` or `1h`.
    pub name: &'static str,
    /// How much is kept.
    pub keep: Keep,
    /// How many blocks there are.
    pub blocks: u64,
    /// What they take.
    pub bytes: u64,
    /// The first moment of any.
    pub oldest: Option<Timestamp>,
    /// The last moment of any.
    pub newest: Option<Timestamp>,
    /// What a day adds, by the last week.
    pub bytes_per_day: u64,
}

impl ShownTier {
    /// What it takes after so many more days: until then it grows, unless it has all that is kept.
    fn bytes_after(&self, days: u64, now: Timestamp) -> u64 {
        let has_days = self
            .oldest
            .map_or(0, |oldest| now.since(oldest).as_secs() / DAY.as_secs());
        let still_grows_for = u64::from(self.keep.days).saturating_sub(has_days);
        let grown = self.bytes_per_day.saturating_mul(days.min(still_grows_for));
        let bytes = self.bytes.saturating_add(grown);
        self.keep
            .bytes_max
            .map_or(bytes, |most| bytes.min(most.max(self.bytes)))
    }
}

impl StorageUse {
    /// What it will take once nothing is added that does not drop something.
    #[must_use]
    pub fn bytes_at_most(&self) -> u64 {
        self.bytes_after(FORECAST_DAYS.into())
    }

    fn bytes_after(&self, days: u64) -> u64 {
        let tiers = self.tiers.iter();
        tiers.map(|tier| tier.bytes_after(days, self.measured_at)).sum()
    }

    /// In how many days so many free bytes are used up by history; nothing when they never are.
    #[must_use]
    pub fn days_until_full(&self, free_bytes: u64) -> Option<u32> {
        let now: u64 = self.tiers.iter().map(|tier| tier.bytes).sum();
        let is_full = |days: u32| self.bytes_after(days.into()) - now >= free_bytes;
        if !is_full(FORECAST_DAYS) {
            return None;
        }
        // It never shrinks, so the first day can be halved down to.
        let (mut before, mut after) = (0, FORECAST_DAYS);
        while before < after {
            let middle = before.midpoint(after);
            if is_full(middle) {
                after = middle;
            } else {
                before = middle + 1;
            }
        }
        Some(after)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_secs(1_764_072_000);

    fn last(days: u32) -> TimeRange {
        TimeRange {
            from: NOW.minus(DAY * days),
            to: NOW,
        }
    }

    fn used(tier: Tier, days: u32, bytes_per_day: u64) -> TierUse {
        TierUse {
            tier,
            blocks: u64::from(days),
            bytes: bytes_per_day * u64::from(days),
            recent_bytes: bytes_per_day * u64::from(days.min(RECENT_DAYS)),
            oldest: NOW.minus(DAY * days),
            newest: NOW,
        }
    }

    #[test]
    fn a_question_is_answered_by_the_coarsest_tier_that_is_fine_enough_and_reaches_back() {
        let kept = Retention::default();
        let cases = [
            (last(1), 30_000, (Tier::Raw, 30_000)),
            (last(7), 300_000, (Tier::FiveMinutes, 300_000)),
            (last(7), 1_008_000, (Tier::FiveMinutes, 1_200_000)),
            (last(7), 3_600_000, (Tier::Hour, 3_600_000)),
            (last(60), 60_000, (Tier::FiveMinutes, 300_000)),
            (last(700), 60_000, (Tier::Hour, 3_600_000)),
            (last(9_999), 7_200_000, (Tier::Hour, 7_200_000)),
        ];
        for (range, step_ms, expected) in cases {
            assert_eq!(
                kept.tier_for(range, step_ms, NOW),
                expected,
                "{range:?} {step_ms}"
            );
        }
        let only_raw = Retention {
            five_minutes: Keep::days(1),
            hour: Keep::days(1),
            ..kept
        };
        assert_eq!(only_raw.tier_for(last(7), 3_600_000, NOW), (Tier::Raw, 3_600_000));
    }

    #[test]
    fn whole_days_are_dropped() {
        let kept = Retention::default();
        let before = kept.dropped_before(Tier::Raw, NOW);
        assert_eq!(before.to_string(), "2025-10-26T00:00:00.000Z");
    }

    #[test]
    fn a_tier_grows_until_it_has_all_that_is_kept() {
        let kept = Retention::default();
        let storage = kept.storage(&[used(Tier::RawDay, 10, 1_000), used(Tier::Raw, 1, 500)], NOW);
        let raw = storage.tiers[0];
        assert_eq!((raw.bytes, raw.blocks, raw.bytes_per_day), (10_500, 11, 1_071));
        assert_eq!(storage.bytes_at_most(), 10_500 + 20 * 1_071);
        assert_eq!(storage.days_until_full(1_072), Some(2));
        assert_eq!(storage.days_until_full(20 * 1_071), Some(20));
        assert_eq!(storage.days_until_full(20 * 1_071 + 1), None);
        assert_eq!(storage.days_until_full(0), Some(0));
    }

    #[test]
    fn a_tier_grows_no_further_than_it_may() {
        let mut kept = Retention::default();
        kept.raw.bytes_max = Some(12_000);
        let storage = kept.storage(&[used(Tier::RawDay, 10, 1_000)], NOW);
        assert_eq!(storage.bytes_at_most(), 12_000);
        assert_eq!(kept.storage(&[], NOW).days_until_full(1), None);
    }
}
