//! What history rests in: tiers, blocks, and what a store can say of them.

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::model::MachineId;

/// How fine stored history is, and how far its making has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Tier {
    /// Every sample as it was reported, in blocks of an hour or less, until its day is settled.
    Raw,
    /// Every sample of a day that is over; its five minutes and hours are made of these.
    RawDay,
    /// Least, greatest, mean and number of each five minutes, in blocks of a day.
    FiveMinutes,
    /// The same of each hour, in blocks of a week.
    Hour,
}

impl Tier {
    /// All tiers.
    pub const ALL: [Self; 4] = [Self::Raw, Self::RawDay, Self::FiveMinutes, Self::Hour];

    /// The name in engines. Part of the stored format: never changed.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Raw => "raw",
            Self::RawDay => "raw_day",
            Self::FiveMinutes => "5m",
            Self::Hour => "1h",
        }
    }

    /// The tier of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|tier| tier.name() == name)
    }
}

/// A span of time, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TimeRange {
    /// The first moment in it.
    pub from: Timestamp,
    /// The last moment in it.
    pub to: Timestamp,
}

impl TimeRange {
    /// Whether the moment lies in it.
    #[must_use]
    pub fn contains(&self, moment: Timestamp) -> bool {
        self.from <= moment && moment <= self.to
    }

    /// Whether the two share a moment.
    #[must_use]
    pub fn overlaps(&self, other: &Self) -> bool {
        self.from <= other.to && other.from <= self.to
    }
}

/// A closed piece of one machine's history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredBlock {
    /// The first and the last sample's time.
    pub range: TimeRange,
    /// The encoded columns.
    pub body: Bytes,
}

/// A block and the tier that it lies in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TieredBlock {
    /// Where it lies.
    pub tier: Tier,
    /// The block.
    pub block: StoredBlock,
}

/// Whose block it is, and of when; without its body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlockName {
    /// Whose.
    pub machine: MachineId,
    /// The first and the last sample's time.
    pub range: TimeRange,
}

/// What a tier takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TierUse {
    /// Which tier.
    pub tier: Tier,
    /// How many blocks there are.
    pub blocks: u64,
    /// The bytes of their bodies.
    pub bytes: u64,
    /// Of these, the bytes of blocks that end after the moment that was asked for.
    pub recent_bytes: u64,
    /// The first moment of any block.
    pub oldest: Timestamp,
    /// The last moment of any block.
    pub newest: Timestamp,
}
