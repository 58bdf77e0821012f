//! How much history is kept, tier by tier.

use atlas_actors::historian::retention::{Keep, Retention};
use serde::{Deserialize, Serialize};

/// How much history is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct HistoryConfig {
    /// Every sample.
    pub raw: KeepConfig,
    /// The least, greatest and mean of each five minutes.
    pub five_minutes: KeepConfig,
    /// The same of each hour.
    pub hour: KeepConfig,
}

/// How much of a tier is kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct KeepConfig {
    /// For how many days.
    pub days: u32,
    /// How many bytes at most.
    pub max_bytes: Option<u64>,
}

impl Default for HistoryConfig {
    fn default() -> Self {
        let Retention {
            raw,
            five_minutes,
            hour,
        } = Retention::default();
        Self {
            raw: raw.into(),
            five_minutes: five_minutes.into(),
            hour: hour.into(),
        }
    }
}

impl From<Keep> for KeepConfig {
    fn from(keep: Keep) -> Self {
        Self {
            days: keep.days,
            max_bytes: keep.bytes_max,
        }
    }
}

impl From<KeepConfig> for Keep {
    fn from(config: KeepConfig) -> Self {
        Self {
            days: config.days,
            bytes_max: config.max_bytes,
        }
    }
}

impl From<HistoryConfig> for Retention {
    fn from(config: HistoryConfig) -> Self {
        Self {
            raw: config.raw.into(),
            five_minutes: config.five_minutes.into(),
            hour: config.hour.into(),
        }
    }
}
