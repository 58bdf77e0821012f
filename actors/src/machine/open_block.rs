//! The newest piece of a machine's history: rows in memory until their hour is over.

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::limits::{BLOCK_ROWS_MAX, BLOCK_SPAN};
use crate::model::{MachineId, Samples};

/// The values of one moment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// When they were measured.
    pub taken_at: Timestamp,
    /// The values.
    pub samples: Samples,
}

/// Rows that wait for their block to be closed, in the order of their arrival.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct OpenBlock {
    rows: Vec<Row>,
}

impl OpenBlock {
    /// The rows so far.
    #[must_use]
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// Adds a row. Gives the rows of the block that this closes, oldest first: when the row belongs
    /// to a later hour, or when there is no room for another.
    pub fn push(&mut self, machine: &MachineId, row: Row) -> Option<Vec<Row>> {
        let over = self.rows.first().is_some_and(|first| {
            self.rows.len() >= BLOCK_ROWS_MAX || slot(machine, row.taken_at) > slot(machine, first.taken_at)
        });
        let closed = over.then(|| {
            let mut rows = std::mem::take(&mut self.rows);
            rows.sort_by_key(|row| row.taken_at);
            rows
        });
        if self.rows.len() == self.rows.capacity() {
            // Doubling would leave half of it empty, for each of 10,000 machines.
            self.rows.reserve_exact(16);
        }
        self.rows.push(row);
        closed
    }
}

/// Which hour a moment falls into. Each machine's hours begin at a moment of its own, so that the
/// fleet's blocks are not all closed in the same second.
fn slot(machine: &MachineId, moment: Timestamp) -> i64 {
    let span = i64::try_from(BLOCK_SPAN.as_millis()).unwrap_or(i64::MAX);
    (moment.as_millis() + phase(machine) % span) / span
}

/// FNV-1a: any stable spread will do, and it must be the same on every start.
fn phase(machine: &MachineId) -> i64 {
    let hash = machine
        .as_str()
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
    i64::try_from(hash >> 1).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id() -> MachineId {
        MachineId::parse("mac-1").unwrap()
    }

    fn row(secs: i64) -> Row {
        Row {
            taken_at: Timestamp::from_secs(secs),
            samples: Samples::default(),
        }
    }

    #[test]
    fn closes_when_the_hour_is_over() {
        let mut block = OpenBlock::default();
        let closed: Vec<_> = (0..=240)
            .filter_map(|n| block.push(&id(), row(1_000_000 + n * 30)))
            .collect();
        assert_eq!(closed.len(), 2);
        assert!(closed.iter().all(|rows| rows.len() <= 120));
        let kept = block.rows().len() + closed.iter().map(Vec::len).sum::<usize>();
        assert_eq!(kept, 241);
    }

    #[test]
    fn closes_when_it_is_full() {
        let mut block = OpenBlock::default();
        let start = 1_000_000;
        let closed = (0..1_000)
            .filter_map(|n| block.push(&id(), row(start + n / 100)))
            .count();
        assert_eq!(closed, 1_000 / BLOCK_ROWS_MAX);
    }

    #[test]
    fn sorts_what_came_late() {
        let mut block = OpenBlock::default();
        for secs in [1_000_060, 1_000_000, 1_000_030] {
            block.push(&id(), row(secs));
        }
        let closed = block.push(&id(), row(1_010_000)).unwrap();
        let times: Vec<_> = closed.iter().map(|row| row.taken_at.as_secs()).collect();
        assert_eq!(times, [1_000_000, 1_000_030, 1_000_060]);
    }
}
