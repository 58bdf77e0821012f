//! The newest piece of a machine's history: rows in memory until their hour is over.

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::limits::{BLOCK_ROWS_MAX, BLOCK_SPAN};
use crate::model::{MachineId, Metric, Samples};

/// The values of one moment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// When they were measured.
    pub taken_at: Timestamp,
    /// The values.
    pub samples: Samples,
}

/// Rows that wait for their block to be closed, in the order of their arrival. In memory they lie by
/// column, and a metric that the machine does not have takes no room: there may be 10,000 machines.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(from = "Vec<Row>", into = "Vec<Row>")]
pub struct OpenBlock {
    times: Vec<Timestamp>,
    columns: Vec<Column>,
}

/// One metric's values, one for each row so far at most; unknown ones are NaN.
#[derive(Clone, Debug)]
struct Column {
    metric: Metric,
    values: Vec<f32>,
}

impl PartialEq for Column {
    fn eq(&self, other: &Self) -> bool {
        let bits = |column: &Self| {
            column
                .values
                .iter()
                .map(|value| value.to_bits())
                .collect::<Vec<_>>()
        };
        self.metric == other.metric && bits(self) == bits(other)
    }
}

impl OpenBlock {
    /// The rows so far.
    pub fn rows(&self) -> impl Iterator<Item = Row> {
        self.times.iter().enumerate().map(|(index, taken_at)| {
            let mut samples = Samples::default();
            for column in &self.columns {
                samples.set(
                    column.metric,
                    column.values.get(index).map(|value| f64::from(*value)),
                );
            }
            Row {
                taken_at: *taken_at,
                samples,
            }
        })
    }

    /// How many rows there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.times.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.times.is_empty()
    }

    /// Adds a row. Gives the rows of the block that this closes, oldest first: when the row belongs
    /// to a later hour, or when there is no room for another.
    pub fn push(&mut self, machine: &MachineId, row: &Row) -> Option<Vec<Row>> {
        let over = self.times.first().is_some_and(|first| {
            self.len() >= BLOCK_ROWS_MAX || slot(machine, row.taken_at) > slot(machine, *first)
        });
        let closed = over.then(|| {
            let mut rows: Vec<Row> = self.rows().collect();
            self.times.clear();
            // A metric that the machine has no more shall take no room for ever.
            self.columns.clear();
            rows.sort_by_key(|row| row.taken_at);
            rows
        });
        self.append(row);
        closed
    }

    fn append(&mut self, row: &Row) {
        let index = self.times.len();
        push_in_steps(&mut self.times, row.taken_at);
        for metric in Metric::ALL {
            let Some(value) = row.samples.get(metric) else {
                continue;
            };
            let place = self.columns.iter().position(|column| column.metric == metric);
            let place = place.unwrap_or_else(|| {
                let values = Vec::new();
                self.columns.push(Column { metric, values });
                self.columns.len() - 1
            });
            let values = &mut self.columns[place].values;
            while values.len() < index {
                push_in_steps(values, f32::NAN);
            }
            push_in_steps(values, value);
        }
    }
}

/// Doubling would leave half of it empty, for each of 10,000 machines.
fn push_in_steps<T>(to: &mut Vec<T>, value: T) {
    if to.len() == to.capacity() {
        to.reserve_exact(16);
    }
    to.push(value);
}

impl From<Vec<Row>> for OpenBlock {
    fn from(rows: Vec<Row>) -> Self {
        let mut block = Self::default();
        for row in &rows {
            block.append(row);
        }
        block
    }
}

impl From<OpenBlock> for Vec<Row> {
    fn from(block: OpenBlock) -> Self {
        block.rows().collect()
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
            .filter_map(|n| block.push(&id(), &row(1_000_000 + n * 30)))
            .collect();
        assert_eq!(closed.len(), 2);
        assert!(closed.iter().all(|rows| rows.len() <= 120));
        let kept = block.len() + closed.iter().map(Vec::len).sum::<usize>();
        assert_eq!(kept, 241);
    }

    #[test]
    fn closes_when_it_is_full() {
        let mut block = OpenBlock::default();
        let start = 1_000_000;
        let closed = (0..1_000)
            .filter_map(|n| block.push(&id(), &row(start + n / 100)))
            .count();
        assert_eq!(closed, 1_000 / BLOCK_ROWS_MAX);
    }

    #[test]
    fn a_value_that_comes_and_goes_stays_in_its_row() {
        let mut block = OpenBlock::default();
        let pings = [None, Some(4.0), None, Some(7.0), None];
        for (n, ping) in (0..).zip(pings) {
            let mut row = row(1_000_000 + n);
            row.samples.set(Metric::PingLatency, ping);
            block.push(&id(), &row);
        }
        let stored = crate::stored::encode(&block);
        let read: OpenBlock = crate::stored::decode(&stored).unwrap();
        for block in [block, read] {
            let found: Vec<_> = block
                .rows()
                .map(|row| row.samples.get(Metric::PingLatency))
                .collect();
            assert_eq!(found, [None, Some(4.0), None, Some(7.0), None]);
        }
    }

    #[test]
    fn sorts_what_came_late() {
        let mut block = OpenBlock::default();
        for secs in [1_000_060, 1_000_000, 1_000_030] {
            block.push(&id(), &row(secs));
        }
        let closed = block.push(&id(), &row(1_010_000)).unwrap();
        let times: Vec<_> = closed.iter().map(|row| row.taken_at.as_secs()).collect();
        assert_eq!(times, [1_000_000, 1_000_030, 1_000_060]);
    }
}
