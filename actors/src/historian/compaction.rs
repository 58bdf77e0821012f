//! What becomes of closed blocks, as plain functions: rows are filed into blocks of their own day, and
//! the blocks of a day that is over become one, out of which its five minutes and hours are made. Each
//! answer says which blocks take the place of which others; the store does that all at once or not at
//! all, so a reader never sees a sample twice, and a crash leaves nothing half done.

use super::block::{self, BlockError};
use super::buckets::Buckets;
use super::days::{by_day, day_of, day_start};
use super::steps::Steps;
use crate::limits::DAY_BLOCK_ROWS_MAX;
use crate::machine::open_block::Row;
use crate::model::{MachineId, Metric};
use crate::store::{Tier, TieredBlock, TimeRange};

/// Milliseconds of a bucket of the five-minute tier.
pub const FIVE_MINUTES_MS: i64 = 300_000;
/// Milliseconds of a bucket of the hour tier.
pub const HOUR_MS: i64 = 3_600_000;

/// Blocks that take the place of others.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Swap {
    /// The blocks as they were read.
    pub was: Vec<TieredBlock>,
    /// The blocks that are to be there instead.
    pub now: Vec<TieredBlock>,
}

/// Rows of which each moment is there once, by time; the first of `newest_first` wins.
#[must_use]
pub fn merged(newest_first: impl IntoIterator<Item = Vec<Row>>) -> Vec<Row> {
    let mut rows: Vec<Row> = newest_first.into_iter().flatten().collect();
    rows.sort_by_key(|row| row.taken_at);
    rows.dedup_by_key(|row| row.taken_at);
    rows
}

/// Files rows that a machine has closed. `found` are the raw blocks that overlap their span: those that
/// overlap in fact are taken in, and the rows, which came later, win.
///
/// # Errors
/// When there are no rows.
pub fn file(machine: &MachineId, found: &[TieredBlock], rows: Vec<Row>) -> Result<Swap, BlockError> {
    // Of two rows of one moment the one that arrived last counts.
    let rows = merged([rows.into_iter().rev().collect()]);
    let spans: Vec<TimeRange> = by_day(&rows).filter_map(span).collect();
    let is_touched = |block: &&TieredBlock| spans.iter().any(|span| span.overlaps(&block.block.range));
    let (was, older) = read(machine, found.iter().filter(is_touched));
    let rows = merged(std::iter::once(rows).chain(older));
    let mut now = Vec::new();
    for day in by_day(&rows) {
        push_blocks(&mut now, Tier::Raw, day)?;
    }
    Ok(Swap { was, now })
}

fn span(rows: &[Row]) -> Option<TimeRange> {
    Some(TimeRange {
        from: rows.first()?.taken_at,
        to: rows.last()?.taken_at,
    })
}

/// The blocks that could be read, and their rows, the newest block first.
fn read<'b>(
    machine: &MachineId,
    blocks: impl DoubleEndedIterator<Item = &'b TieredBlock>,
) -> (Vec<TieredBlock>, Vec<Vec<Row>>) {
    let (mut sound, mut rows) = (Vec::new(), Vec::new());
    for found in blocks.rev() {
        match block::decode(&found.block.body) {
            Ok(decoded) => {
                sound.push(found.clone());
                rows.push(decoded);
            }
            Err(error) => name_unreadable(machine, found, &error),
        }
    }
    (sound, rows)
}

/// Names a block that can't be read; it stays where it is.
pub fn name_unreadable(machine: &MachineId, found: &TieredBlock, error: &BlockError) {
    tracing::error!(
        %machine, tier = found.tier.name(), from = %found.block.range.from, %error,
        "a block of history can't be read and is passed over"
    );
}

fn push_blocks(to: &mut Vec<TieredBlock>, tier: Tier, rows: &[Row]) -> Result<(), BlockError> {
    for part in rows.chunks(DAY_BLOCK_ROWS_MAX) {
        let block = block::encode(part)?;
        to.push(TieredBlock { tier, block });
    }
    Ok(())
}

/// What is stored of a machine's day.
#[derive(Clone, Debug)]
pub struct StoredDay {
    /// Whose.
    pub machine: MachineId,
    /// Which day.
    pub day: TimeRange,
    /// Its blocks of the tiers `RawDay`, `Raw` and `FiveMinutes`, in this order.
    pub blocks: Vec<TieredBlock>,
    /// The hour tier's blocks of its week.
    pub hours: Vec<TieredBlock>,
}

/// Makes one block of a day that is over, and mends its five minutes and hours. Nothing when no block
/// waits for that.
///
/// # Errors
/// When a column can't be compressed.
pub fn compact(stored: &StoredDay) -> Result<Option<Swap>, BlockError> {
    let StoredDay { machine, day, .. } = stored;
    let of_tier = |tier: Tier| stored.blocks.iter().filter(move |found| found.tier == tier);
    let (fresh, fresh_rows) = read(machine, of_tier(Tier::Raw));
    if fresh.is_empty() {
        return Ok(None);
    }
    let (settled, settled_rows) = read(machine, of_tier(Tier::RawDay));
    // What came late is newer than what was made of the day before.
    let rows = merged(fresh_rows.into_iter().chain(settled_rows));
    let mut swap = Swap::default();
    for rows in by_day(&rows) {
        // Blocks of old may reach into other days: what is of those goes back.
        let is_of_day = rows.first().is_some_and(|row| day.contains(row.taken_at));
        push_blocks(
            &mut swap.now,
            if is_of_day { Tier::RawDay } else { Tier::Raw },
            rows,
        )?;
        if is_of_day {
            // Without the day's block these rows are not all that its roll-ups were made of.
            let mut five: Vec<_> = of_tier(Tier::FiveMinutes).cloned().collect();
            let is_whole = !settled.is_empty() || five.is_empty();
            roll_up(&mut swap, rows, *day, Tier::FiveMinutes, &mut five, is_whole)?;
            roll_up(
                &mut swap,
                rows,
                *day,
                Tier::Hour,
                &mut stored.hours.clone(),
                is_whole,
            )?;
        }
    }
    swap.was.extend(fresh);
    swap.was.extend(settled);
    Ok(Some(swap))
}

/// Puts a day's buckets among those of its tier. `is_whole`: the rows are all of the day's, so that what
/// the tier has of it does not count any more.
fn roll_up(
    swap: &mut Swap,
    rows: &[Row],
    day: TimeRange,
    tier: Tier,
    stored: &mut Vec<TieredBlock>,
    is_whole: bool,
) -> Result<(), BlockError> {
    let step_ms = if tier == Tier::Hour {
        HOUR_MS
    } else {
        FIVE_MINUTES_MS
    };
    let span = stored
        .iter()
        .map(|found| found.block.range)
        .fold(day, |a, b| TimeRange {
            from: a.from.min(b.from),
            to: a.to.max(b.to),
        });
    let mut steps = Steps::new(span, step_ms, &Metric::ALL, false);
    for found in stored.iter() {
        // What can't be read is made anew as far as the rows go.
        if let Ok(mut buckets) = Buckets::decode(&found.block.body, &Metric::ALL) {
            if is_whole {
                buckets.forget(day);
            }
            steps.add_buckets(&buckets);
        }
    }
    for part in rows.chunks(DAY_BLOCK_ROWS_MAX) {
        steps.add(&block::Columns::of(part, &Metric::ALL));
    }
    let block = steps.buckets().encode()?;
    swap.now.push(TieredBlock { tier, block });
    swap.was.append(stored);
    Ok(())
}

/// The day that a block belongs to.
#[must_use]
pub fn day_of_block(range: TimeRange) -> TimeRange {
    day_of(day_start(range.from))
}
