//! What is said to the historian, and by it to its codecs.

use actix::Message;

use super::compaction::{StoredDay, Swap};
use super::retention::StorageUse;
use crate::clock::Timestamp;
use crate::machine::open_block::Row;
use crate::model::{MachineId, Metric};
use crate::store::{StoreError, Tier, TieredBlock, TimeRange};

/// To the historian: rows whose hour is over. Answers when they are on disk.
#[derive(Clone, Debug, Message)]
#[rtype(result = "Result<(), StoreError>")]
pub struct SamplesRecorded {
    /// Whose rows.
    pub machine: MachineId,
    /// The rows, oldest first, never empty.
    pub rows: Vec<Row>,
}

/// To the historian: values of a machine over time.
#[derive(Clone, Debug, Message)]
#[rtype(result = "Result<Series, StoreError>")]
pub struct ReadSeries {
    /// Whose values.
    pub machine: MachineId,
    /// How they are wanted.
    pub wanted: SeriesWanted,
    /// Rows that the machine has not yet handed over.
    pub open: Vec<Row>,
}

/// Which values, and how fine.
#[derive(Clone, Debug, PartialEq)]
pub struct SeriesWanted {
    /// Which metrics.
    pub metrics: Vec<Metric>,
    /// From when to when.
    pub range: TimeRange,
    /// The length of a step, in milliseconds.
    pub step_ms: i64,
    /// Out of which tier; its buckets are not longer than a step.
    pub tier: Tier,
    /// Whether the 95th percentile of each step is wanted; the tier must be the raw one.
    pub with_p95: bool,
}

/// To the historian: a machine's newest rows, as they were reported.
#[derive(Clone, Debug, Message)]
#[rtype(result = "Result<Vec<Row>, StoreError>")]
pub struct ReadRows {
    /// Whose rows.
    pub machine: MachineId,
    /// From when to when.
    pub range: TimeRange,
    /// At most so many, the newest ones.
    pub limit: usize,
    /// Rows that the machine has not yet handed over.
    pub open: Vec<Row>,
}

/// To the historian: make day blocks of what is due, a bounded part of it.
#[derive(Clone, Copy, Debug, Message)]
#[rtype(result = "Result<Compacted, StoreError>")]
pub struct CompactTick;

/// What a [`CompactTick`] has done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Compacted {
    /// Days of machines that became one block each.
    pub days: usize,
    /// Whether more may be due.
    pub is_more_due: bool,
}

/// To the historian: what history takes, and what it will.
#[derive(Clone, Copy, Debug, Message)]
#[rtype(result = "Result<StorageUse, StoreError>")]
pub struct MeasureStorage;

/// Values over time. All columns are as long as `times`.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    /// Each point's moment: the beginning of its step.
    pub times: Vec<Timestamp>,
    /// The length of one step in seconds.
    pub step_s: u32,
    /// The tier that it was made of.
    pub tier: Tier,
    /// One for each metric that was asked for, in that order.
    pub columns: Vec<SeriesColumn>,
}

/// One metric's values; `None` where there is none.
#[derive(Clone, Debug, PartialEq)]
pub struct SeriesColumn {
    /// Which metric.
    pub metric: Metric,
    /// The mean of each step.
    pub avg: Vec<Option<f32>>,
    /// The least of each step.
    pub min: Vec<Option<f32>>,
    /// The greatest of each step.
    pub max: Vec<Option<f32>>,
    /// How many values each step has.
    pub count: Vec<u32>,
    /// The 95th percentile of each step; empty unless it was asked for.
    pub p95: Vec<Option<f32>>,
}

/// To a block codec: file rows into blocks.
#[derive(Debug, Message)]
#[rtype(result = "Result<Swap, StoreError>")]
pub struct FileRows {
    /// Whose.
    pub machine: MachineId,
    /// The raw blocks that may overlap them.
    pub found: Vec<TieredBlock>,
    /// The rows.
    pub rows: Vec<Row>,
}

/// To a block codec: make one block of a day, if there is anything to do.
#[derive(Debug, Message)]
#[rtype(result = "Result<Option<Swap>, StoreError>")]
pub struct CompactDay(pub StoredDay);

/// To a block codec: gather values out of blocks and open rows.
#[derive(Debug, Message)]
#[rtype(result = "Result<Series, StoreError>")]
pub struct GatherSeries {
    /// Whose, for the log.
    pub machine: MachineId,
    /// The stored blocks.
    pub blocks: Vec<TieredBlock>,
    /// Rows that no block has.
    pub open: Vec<Row>,
    /// What is wanted.
    pub wanted: SeriesWanted,
}

/// To a block codec: rows out of blocks, with the open ones, by time, each moment once.
#[derive(Debug, Message)]
#[rtype(result = "Result<Vec<Row>, StoreError>")]
pub struct GatherRows {
    /// Whose, for the log.
    pub machine: MachineId,
    /// The stored blocks.
    pub blocks: Vec<TieredBlock>,
    /// Rows that no block has.
    pub open: Vec<Row>,
    /// Only these.
    pub range: TimeRange,
    /// At most so many, the newest ones.
    pub limit: usize,
}
