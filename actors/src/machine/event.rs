//! What is written into a machine's journal: the facts from which its record is rebuilt.

use std::sync::Arc;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::model::{Announcement, Counters, Delivery, Facts, Gap, Samples, Tag, Whereabouts};

/// Something that happened to a machine's record and is on disk.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum MachineEvent {
    /// A report was accepted.
    Reported(Box<Reported>),
    /// It was silent for too long.
    WentOffline {
        /// When that was noticed.
        at: Timestamp,
    },
    /// Its tags are these now.
    Tagged {
        /// All of them.
        tags: Vec<Tag>,
    },
    /// Its agent said that it falls silent.
    Announced {
        /// Why.
        what: Announcement,
        /// When that arrived.
        at: Timestamp,
    },
    /// Its agent said why it was away.
    Explained {
        /// When, and why.
        gap: Gap,
    },
    /// It is behind another gateway, or in another wireless network.
    Moved {
        /// Behind what it is now.
        whereabouts: Whereabouts,
    },
}

/// An accepted report.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reported {
    /// When it arrived.
    pub received_at: Timestamp,
    /// When it was measured.
    pub taken_at: Timestamp,
    /// Its number in the agent's spool.
    pub delivery: Option<Delivery>,
    /// The agent's interval.
    pub interval_s: u32,
    /// Reports that the agent dropped so far.
    pub dropped: u64,
    /// The values.
    pub samples: Samples,
    /// Sums since boot.
    pub counters: Counters,
    /// The machine's facts, when they are not those of the report before.
    pub facts: Option<Arc<Facts>>,
    /// The values as the agent sent them.
    pub document: Bytes,
}
