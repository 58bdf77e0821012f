//! One machine's record as others may see it: immutable, shared by pointer.

use std::sync::Arc;

use bytes::Bytes;

use crate::clock::Timestamp;
use crate::limits::{ALARM_PERCENT, CLOCK_SKEW_MAX};
use crate::model::{Facts, Gap, MachineId, Metric, Presence, PresenceCause, Samples, Tag, Whereabouts};

/// How a machine looks at one moment.
#[derive(Clone, Debug)]
pub struct MachineSnapshot {
    /// Its id.
    pub id: MachineId,
    /// When its first report came.
    pub first_seen: Timestamp,
    /// When its newest report came.
    pub last_seen: Timestamp,
    /// Whether it is there.
    pub presence: Presence,
    /// Since when.
    pub presence_since: Timestamp,
    /// Why it is away; nothing while it is there.
    pub cause: Option<PresenceCause>,
    /// The spans in which it was away, oldest first.
    pub gaps: Arc<[Gap]>,
    /// Behind what it is.
    pub whereabouts: Arc<Whereabouts>,
    /// How often it reports.
    pub interval_s: u32,
    /// Reports that its agent dropped.
    pub dropped: u64,
    /// Reports that came after newer ones.
    pub late: u64,
    /// Its tags.
    pub tags: Arc<[Tag]>,
    /// What it is.
    pub facts: Arc<Facts>,
    /// Its newest values.
    pub samples: Samples,
    /// When these were measured.
    pub taken_at: Option<Timestamp>,
    /// The newest values as the agent sent them.
    pub document: Bytes,
    /// Recent processor percentages, newest last.
    pub recent_cpu: Box<[u8]>,
}

/// A value that stands out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Alarm {
    /// `cpu`, `memory` or `disk`, as the contract calls them.
    pub kind: &'static str,
    /// Which metric.
    pub metric: Metric,
}

const WATCHED: [Alarm; 3] = [
    Alarm {
        kind: "cpu",
        metric: Metric::CpuPercent,
    },
    Alarm {
        kind: "memory",
        metric: Metric::MemoryPercent,
    },
    Alarm {
        kind: "disk",
        metric: Metric::DiskPercent,
    },
];

impl MachineSnapshot {
    /// The values that stand out. A machine that is away, or whose newest values are old (a backlog
    /// after an outage), raises none: they say nothing of now.
    pub fn alarms(&self) -> impl Iterator<Item = Alarm> {
        let fresh = self
            .taken_at
            .is_some_and(|taken| self.last_seen.since(taken) <= CLOCK_SKEW_MAX);
        let present = fresh && matches!(self.presence, Presence::Online | Presence::Warning);
        WATCHED.into_iter().filter(move |alarm| {
            present
                && self
                    .samples
                    .get(alarm.metric)
                    .is_some_and(|percent| percent > ALARM_PERCENT)
        })
    }
}
