//! Reads blocks back. Blocks that share no moment with another are read one by one, and only the columns
//! that were asked for; where several overlap, their rows are laid over each other, so that each moment
//! counts once and what arrived last wins.

use super::block::{self, BlockError, Columns};
use super::buckets::Buckets;
use super::compaction::{merged, name_unreadable};
use super::messages::{GatherRows, GatherSeries, Series};
use super::steps::Steps;
use crate::machine::open_block::Row;
use crate::model::{MachineId, Metric};
use crate::store::{Tier, TieredBlock, TimeRange};

/// Rows that may overlap others: a block, or those that no block has.
enum Piece {
    Block(TieredBlock),
    Open(TimeRange, Vec<Row>),
}

impl Piece {
    fn range(&self) -> TimeRange {
        match self {
            Self::Block(found) => found.block.range,
            Self::Open(range, _) => *range,
        }
    }

    /// Later ones arrived later.
    fn age(&self) -> u8 {
        match self {
            Self::Block(found) if found.tier == Tier::RawDay => 0,
            Self::Block(_) => 1,
            Self::Open(..) => 2,
        }
    }

    fn rows(self) -> Result<Vec<Row>, (TieredBlock, BlockError)> {
        match self {
            Self::Block(found) => block::decode(&found.block.body).map_err(|error| (found, error)),
            // The one that arrived last comes first.
            Self::Open(_, rows) => Ok(rows.into_iter().rev().collect()),
        }
    }

    fn columns(self, wanted: &[Metric]) -> Result<Columns, (TieredBlock, BlockError)> {
        match self {
            Self::Block(found) => {
                block::decode_columns(&found.block.body, wanted).map_err(|error| (found, error))
            }
            Self::Open(_, rows) => Ok(Columns::of(&merged([rows.into_iter().rev().collect()]), wanted)),
        }
    }
}

/// The pieces in groups that share no moment with each other, by time.
fn groups(blocks: Vec<TieredBlock>, open: Vec<Row>) -> Vec<Vec<Piece>> {
    let times = || open.iter().map(|row| row.taken_at);
    let open_range = times().min().zip(times().max());
    let open = open_range.map(|(from, to)| Piece::Open(TimeRange { from, to }, open));
    let mut pieces: Vec<Piece> = blocks.into_iter().map(Piece::Block).chain(open).collect();
    pieces.sort_by_key(|piece| piece.range().from);
    let mut groups: Vec<Vec<Piece>> = Vec::new();
    let mut end = None;
    for piece in pieces {
        let range = piece.range();
        let joins = end.is_some_and(|end| range.from <= end);
        end = end.max(Some(range.to));
        match groups.last_mut().filter(|_| joins) {
            Some(group) => group.push(piece),
            None => groups.push(vec![piece]),
        }
    }
    groups
}

fn rows_of(machine: &MachineId, mut group: Vec<Piece>) -> Vec<Row> {
    group.sort_by_key(|piece| std::cmp::Reverse(piece.age()));
    merged(group.into_iter().filter_map(|piece| named(machine, piece.rows())))
}

/// What was read; what could not be is named, and left out.
fn named<T>(machine: &MachineId, read: Result<T, (TieredBlock, BlockError)>) -> Option<T> {
    read.inspect_err(|(found, error)| name_unreadable(machine, found, error))
        .ok()
}

/// The rows of a span.
#[must_use]
pub fn rows(asked: GatherRows) -> Vec<Row> {
    let GatherRows {
        machine,
        blocks,
        open,
        range,
        limit,
    } = asked;
    let groups = groups(blocks, open).into_iter();
    let mut rows: Vec<Row> = groups.flat_map(|group| rows_of(&machine, group)).collect();
    rows.retain(|row| range.contains(row.taken_at));
    rows.split_off(rows.len().saturating_sub(limit))
}

/// The steps of a span.
#[must_use]
pub fn series(asked: GatherSeries) -> Series {
    let GatherSeries {
        machine,
        blocks,
        open,
        wanted,
    } = asked;
    let mut steps = Steps::new(wanted.range, wanted.step_ms, &wanted.metrics, wanted.with_p95);
    let (rolled_up, raw) = blocks
        .into_iter()
        .partition(|found| matches!(found.tier, Tier::FiveMinutes | Tier::Hour));
    for mut group in groups(raw, open) {
        let columns = match group.len() {
            1 => group
                .pop()
                .and_then(|piece| named(&machine, piece.columns(&wanted.metrics))),
            _ => Some(Columns::of(&rows_of(&machine, group), &wanted.metrics)),
        };
        steps.add(&columns.unwrap_or_default());
    }
    for found in rolled_up {
        let buckets = Buckets::decode(&found.block.body, &wanted.metrics);
        if let Some(buckets) = named(&machine, buckets.map_err(|error| (found, error))) {
            steps.add_buckets(&buckets);
        }
    }
    steps.series(wanted.tier)
}
