//! What the edge may ask of a machine's history, and of what it takes.

use super::{Busy, Fleet};
use crate::historian::retention::{Retention, StorageUse};
use crate::limits::POINTS_MAX;
use crate::machine::open_block::Row;
use crate::messages::{
    CompactTick, Compacted, MachineError, MeasureStorage, ReadOpenRows, ReadRows, ReadSeries, Series,
    SeriesWanted,
};
use crate::model::{MachineId, Metric};
use crate::store::{StoreError, TimeRange};

impl Fleet {
    /// How much history is kept.
    #[must_use]
    pub fn retention(&self) -> &Retention {
        &self.retention
    }

    /// A machine's values over time, thinned out to at most `points_max` steps.
    ///
    /// # Errors
    /// When there is no such machine or its history can't be read.
    pub async fn series(
        &self,
        machine: MachineId,
        metrics: Vec<Metric>,
        range: TimeRange,
        points_max: usize,
    ) -> Result<Series, MachineError> {
        let (tier, step_ms) = self
            .retention
            .tier_for(range, step_ms(range, points_max), self.now());
        let wanted = SeriesWanted {
            metrics,
            range,
            step_ms,
            tier,
            with_p95: false,
        };
        self.gather(machine, wanted).await
    }

    /// A machine's values over time, in steps as they are wanted.
    ///
    /// # Errors
    /// As for [`Fleet::series`].
    pub async fn gather(&self, machine: MachineId, mut wanted: SeriesWanted) -> Result<Series, MachineError> {
        // A bucket that holds the first moment is a part of the answer.
        let bucket_ms = wanted.tier.bucket_ms();
        let from_ms = wanted.range.from.as_millis() / bucket_ms * bucket_ms;
        wanted.range.from = crate::clock::Timestamp::from_millis(from_ms);
        let open = self.open_rows(&machine).await?;
        let question = ReadSeries {
            machine,
            wanted,
            open,
        };
        Ok(self
            .ask(&self.historian, question)
            .await
            .map_err(|Busy| MachineError::Busy)??)
    }

    /// A machine's newest rows, as they were reported, oldest first.
    ///
    /// # Errors
    /// As for [`Fleet::series`].
    pub async fn rows(
        &self,
        machine: MachineId,
        range: TimeRange,
        limit: usize,
    ) -> Result<Vec<Row>, MachineError> {
        let open = self.open_rows(&machine).await?;
        let question = ReadRows {
            machine,
            range,
            limit,
            open,
        };
        Ok(self
            .ask(&self.historian, question)
            .await
            .map_err(|Busy| MachineError::Busy)??)
    }

    /// The rows in memory are read before the stored ones: a block that is closed in between is then
    /// seen twice rather than not at all.
    async fn open_rows(&self, machine: &MachineId) -> Result<Vec<Row>, MachineError> {
        self.ask(&self.registry, ReadOpenRows(machine.clone()))
            .await
            .map_err(|Busy| MachineError::Busy)?
    }

    /// Makes day blocks of a part of what is due; the historian does the same by itself.
    ///
    /// # Errors
    /// When the store can't do it now.
    pub async fn compact_history(&self) -> Result<Compacted, StoreError> {
        self.ask(&self.historian, CompactTick)
            .await
            .map_err(|Busy| StoreError::Busy)?
    }

    /// What history takes, and what it will. Up to a minute old.
    ///
    /// # Errors
    /// When the store can't be read.
    pub async fn storage(&self) -> Result<StorageUse, StoreError> {
        self.ask(&self.historian, MeasureStorage)
            .await
            .map_err(|Busy| StoreError::Busy)?
    }
}

/// Whole seconds, so that the same question gives the same steps.
fn step_ms(range: TimeRange, points_max: usize) -> i64 {
    let points = points_max.clamp(1, POINTS_MAX) as u128;
    let span_s = range.to.since(range.from).as_millis().div_ceil(1000);
    let step_s = span_s.div_ceil(points).max(1);
    i64::try_from(step_s).map_or(i64::MAX, |step_s| step_s.saturating_mul(1000))
}
