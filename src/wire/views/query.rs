//! Answers to questions about history, and what it takes on the disk.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The beginning of an answer; its series follow in the same object.
#[derive(Serialize)]
pub struct QueryHeadView<'a> {
    /// The beginning of the first step.
    pub from: String,
    /// The end of the range.
    pub to: String,
    /// The length of a step in seconds.
    pub step_s: i64,
    /// `raw`, `5m` or `1h`: how fine the stored values are.
    pub tier: &'a str,
    /// What is made of a step's values.
    pub aggregate: &'a str,
    /// What is made of the machines' values.
    pub across: Option<&'a str>,
    /// How many machines were asked.
    pub machines: usize,
    /// The beginning of each step, unix seconds.
    pub times: Vec<i64>,
}

/// One line of a chart.
#[derive(Serialize)]
pub struct QuerySeriesView<'a> {
    /// Whose; left out when it is made of many.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub machine_id: Option<&'a str>,
    /// Which metric.
    pub metric: &'a str,
    /// What its number counts.
    pub unit: &'a str,
    /// One for each of `times`; null where none is known.
    pub values: &'a [Option<f32>],
}

/// One value on a line of its own.
#[derive(Serialize)]
pub struct QueryValueView<'a> {
    /// The beginning of its step.
    pub time: String,
    /// Whose; left out when it is made of many.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub machine_id: Option<&'a str>,
    /// Which metric.
    pub metric: &'a str,
    /// The value.
    pub value: f32,
}

/// An answer as its reader has it.
#[derive(Debug, Deserialize, ToSchema)]
pub struct QueryView {
    /// The beginning of the first step.
    pub from: String,
    /// The end of the range.
    pub to: String,
    /// The length of a step in seconds.
    pub step_s: i64,
    /// `raw`, `5m` or `1h`: how fine the stored values are.
    pub tier: String,
    /// What is made of a step's values: `avg`, `min`, `max`, `sum`, `count` or `p95`.
    pub aggregate: String,
    /// What is made of the machines' values; null: each machine has series of its own.
    pub across: Option<String>,
    /// How many machines were asked.
    pub machines: usize,
    /// The beginning of each step, unix seconds.
    pub times: Vec<i64>,
    /// The lines; machines that have no value at all are left out.
    pub series: Vec<QueryLineView>,
}

/// One line of a chart, as its reader has it.
#[derive(Debug, Deserialize, ToSchema)]
pub struct QueryLineView {
    /// Whose; left out when it is made of many.
    pub machine_id: Option<String>,
    /// Which metric.
    pub metric: String,
    /// What its number counts.
    pub unit: String,
    /// One for each of `times`; null where none is known.
    pub values: Vec<Option<f32>>,
}

/// What history takes on the disk, and what it will.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct StorageView {
    /// Which engine keeps it.
    pub backend: String,
    /// Bytes of the database's files.
    pub database_bytes: u64,
    /// Bytes of history in it.
    pub history_bytes: u64,
    /// What history will take once each tier has all that is kept, at the rate of the last week.
    pub history_bytes_at_most: u64,
    /// Free bytes on the disk.
    pub free_bytes: u64,
    /// Bytes of the disk.
    pub disk_bytes: u64,
    /// In how many days history has filled the disk; null: never, at the rate of the last week.
    pub days_until_full: Option<u32>,
    /// How often a read has met a damaged block of history since the start: 0 when all is well.
    pub damaged_blocks_met: u64,
    /// When history was measured.
    pub measured_at: String,
    /// The tiers, the finest first.
    pub tiers: Vec<TierView>,
}

/// What a tier takes.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct TierView {
    /// `raw`, `5m` or `1h`.
    pub tier: String,
    /// For how many days it is kept.
    pub days_kept: u32,
    /// How many bytes it may have; null: any number.
    pub max_bytes: Option<u64>,
    /// How many blocks there are.
    pub blocks: u64,
    /// Their bytes.
    pub bytes: u64,
    /// What a day adds.
    pub bytes_per_day: u64,
    /// The first moment of any block.
    pub oldest: Option<String>,
    /// The last moment of any block.
    pub newest: Option<String>,
}
