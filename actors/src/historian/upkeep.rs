//! What the historian does by itself: compacting the blocks of days that are over, dropping what is past
//! its retention, measuring what is left. Each is a bounded piece of work on the store.

use std::sync::Arc;
use std::time::Duration;

use actix::Addr;

use super::codec::BlockCodec;
use super::compaction::{StoredDay, day_of_block};
use super::days::{day_start, week_of};
use super::messages::{CompactDay, Compacted};
use super::retention::{RECENT_DAYS, Retention, SHOWN, StorageUse};
use crate::clock::Timestamp;
use crate::limits::{COMPACT_DAYS_TOGETHER, COMPACT_GRACE};
use crate::model::MachineId;
use crate::store::{BlockName, Store, StoreError, Tier, TimeRange};

/// How often blocks that are too old are dropped.
pub(super) const RETENTION_PERIOD: Duration = Duration::from_secs(3_600);

/// What compaction works with.
pub(super) struct Upkeep {
    pub(super) store: Arc<dyn Store>,
    pub(super) codec: Addr<BlockCodec>,
    pub(super) now: Timestamp,
}

impl Upkeep {
    /// Compacts some of the days that are over, of those whose blocks end after `look_from`. Answers with
    /// where the next look should begin as well: a block that can't be read must not be all that is seen.
    pub(super) async fn compact(&self, look_from: Timestamp) -> Result<(Compacted, Timestamp), StoreError> {
        let over = day_start(self.now.minus(COMPACT_GRACE));
        let due = self
            .store
            .blocks_ended(Tier::Raw, look_from, over, COMPACT_DAYS_TOGETHER)
            .await?;
        let is_last = due.len() < COMPACT_DAYS_TOGETHER;
        let next = due.last().filter(|_| !is_last).map(|last| last.range.to);
        let mut days = 0;
        for (machine, day) in machine_days(due) {
            days += usize::from(self.compact_day(machine, day).await?);
        }
        let compacted = Compacted {
            days,
            is_more_due: days > 0 || !is_last,
        };
        Ok((compacted, next.unwrap_or_default()))
    }

    /// Compacts one day; false when there was nothing to do, or when somebody wrote meanwhile.
    async fn compact_day(&self, machine: MachineId, day: TimeRange) -> Result<bool, StoreError> {
        let tiers = vec![Tier::RawDay, Tier::Raw, Tier::FiveMinutes];
        let blocks = self.store.blocks_of_tiers(machine.clone(), tiers, day).await?;
        let hours = self
            .store
            .blocks_of_tiers(machine.clone(), vec![Tier::Hour], week_of(day.from))
            .await?;
        let stored = StoredDay {
            machine: machine.clone(),
            day,
            blocks,
            hours,
        };
        let compacting = self.codec.send(CompactDay(stored));
        let Some(swap) = compacting.await.map_err(|_| StoreError::Busy)?? else {
            return Ok(false);
        };
        self.store.swap_blocks(machine, swap.was, swap.now).await
    }
}

/// The days of machines that blocks belong to, each once, in the order of the blocks.
fn machine_days(blocks: Vec<BlockName>) -> Vec<(MachineId, TimeRange)> {
    let mut days = Vec::new();
    for block in blocks {
        let day = (block.machine, day_of_block(block.range));
        if !days.contains(&day) {
            days.push(day);
        }
    }
    days
}

/// Drops what is past its retention, by time and then by bytes; answers with the number of blocks.
pub(super) async fn drop_old(
    store: &dyn Store,
    retention: &Retention,
    now: Timestamp,
) -> Result<u64, StoreError> {
    let mut dropped = 0;
    for tier in Tier::ALL {
        let before = retention.dropped_before(tier, now);
        dropped += store.drop_blocks_before(tier, before).await?;
    }
    let is_bounded = Tier::ALL
        .iter()
        .any(|tier| retention.of(*tier).bytes_max.is_some());
    if !is_bounded {
        return Ok(dropped);
    }
    let used = store.tier_use(now).await?;
    for (_, parts) in SHOWN {
        let bytes = |tier: Tier| {
            used.iter()
                .find(|used| used.tier == tier)
                .map_or(0, |used| used.bytes)
        };
        let most = parts.iter().find_map(|tier| retention.of(*tier).bytes_max);
        let all: u64 = parts.iter().map(|tier| bytes(*tier)).sum();
        let mut excess = all.saturating_sub(most.unwrap_or(u64::MAX));
        for tier in parts {
            if excess == 0 {
                break;
            }
            let end = store.end_of_oldest(*tier, excess).await?;
            let before = end.map_or(now, |end| end.plus(Duration::from_millis(1)));
            dropped += store.drop_blocks_before(*tier, before).await?;
            excess = excess.saturating_sub(bytes(*tier));
        }
    }
    Ok(dropped)
}

/// What history takes and will take.
pub(super) async fn measure(
    store: &dyn Store,
    retention: &Retention,
    now: Timestamp,
) -> Result<StorageUse, StoreError> {
    let recent_since = now.minus(Duration::from_secs(86_400) * RECENT_DAYS);
    let used = store.tier_use(recent_since).await?;
    Ok(StorageUse {
        damaged_blocks_met: store.damaged_blocks_met(),
        ..retention.storage(&used, now)
    })
}
