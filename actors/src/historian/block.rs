//! The bytes of a closed block: a format byte, the number of rows, then one column for the times and
//! one for each metric that has any value, each compressed with `pco`.
//!
//! `[format u8][rows u32][times len u32][times][columns u8]([column u8][len u32][bytes])*`, numbers
//! little-endian. Times are milliseconds; unknown values are NaN.

use bytes::Bytes;
use pco::ChunkConfig;
use pco::standalone::{simple_compress, simple_decompress};

use crate::clock::Timestamp;
use crate::limits::BLOCK_ROWS_MAX;
use crate::machine::open_block::Row;
use crate::model::{METRIC_COUNT, Metric, Samples};
use crate::store::{StoredBlock, TimeRange};

const FORMAT: u8 = 1;

/// A block could not be made or read.
#[derive(Debug, thiserror::Error)]
pub enum BlockError {
    /// There are no rows.
    #[error("a block needs at least one row")]
    Empty,
    /// Cut short, or of another format.
    #[error("the block's bytes are not what they should be")]
    Broken,
    /// The compressor's own words.
    #[error("a column can't be compressed or read: {0}")]
    Column(#[from] pco::errors::PcoError),
}

/// The stored form of rows, which are sorted by time.
///
/// # Errors
/// When there are none.
pub fn encode(rows: &[Row]) -> Result<StoredBlock, BlockError> {
    let (Some(first), Some(last)) = (rows.first(), rows.last()) else {
        return Err(BlockError::Empty);
    };
    let config = ChunkConfig::default();
    let mut body = vec![FORMAT];
    body.extend(length(rows.len()));
    let times: Vec<i64> = rows.iter().map(|row| row.taken_at.as_millis()).collect();
    push_column(&mut body, &simple_compress(&times, &config)?);
    let columns: Vec<Metric> = Metric::ALL
        .into_iter()
        .filter(|metric| has_values(rows, *metric))
        .collect();
    body.push(u8::try_from(columns.len()).unwrap_or(u8::MAX));
    for metric in columns {
        let values: Vec<f32> = rows
            .iter()
            .map(|row| row.samples.columns()[metric.column()])
            .collect();
        body.push(metric as u8);
        push_column(&mut body, &simple_compress(&values, &config)?);
    }
    Ok(StoredBlock {
        range: TimeRange {
            from: first.taken_at,
            to: last.taken_at,
        },
        body: Bytes::from(body),
    })
}

fn has_values(rows: &[Row], metric: Metric) -> bool {
    rows.iter().any(|row| row.samples.get(metric).is_some())
}

fn length(bytes: usize) -> [u8; 4] {
    u32::try_from(bytes).unwrap_or(u32::MAX).to_le_bytes()
}

fn push_column(body: &mut Vec<u8>, column: &[u8]) {
    body.extend(length(column.len()));
    body.extend_from_slice(column);
}

/// The rows of a stored block.
///
/// # Errors
/// When the bytes are not those of a block.
pub fn decode(body: &[u8]) -> Result<Vec<Row>, BlockError> {
    let mut rest = Unread(body);
    if rest.byte()? != FORMAT {
        return Err(BlockError::Broken);
    }
    let count = rest.length()?;
    if count > BLOCK_ROWS_MAX + 1 {
        return Err(BlockError::Broken);
    }
    let times: Vec<i64> = simple_decompress(rest.column()?)?;
    let mut rows: Vec<Row> = times
        .into_iter()
        .map(|millis| Row {
            taken_at: Timestamp::from_millis(millis),
            samples: Samples::default(),
        })
        .collect();
    for _ in 0..rest.byte()? {
        let metric = Metric::ALL.get(usize::from(rest.byte()?)).copied();
        let values: Vec<f32> = simple_decompress(rest.column()?)?;
        if rows.len() != count || values.len() != count {
            return Err(BlockError::Broken);
        }
        // A column of a newer version is passed over.
        let Some(metric) = metric else { continue };
        for (row, value) in rows.iter_mut().zip(values) {
            row.samples.set(metric, Some(f64::from(value)));
        }
    }
    Ok(rows)
}

/// What is left to read.
struct Unread<'a>(&'a [u8]);

impl<'a> Unread<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8], BlockError> {
        let (taken, rest) = self.0.split_at_checked(count).ok_or(BlockError::Broken)?;
        self.0 = rest;
        Ok(taken)
    }

    fn byte(&mut self) -> Result<u8, BlockError> {
        self.take(1).map(|bytes| bytes[0])
    }

    fn length(&mut self) -> Result<usize, BlockError> {
        let bytes: [u8; 4] = self.take(4)?.try_into().map_err(|_| BlockError::Broken)?;
        usize::try_from(u32::from_le_bytes(bytes)).map_err(|_| BlockError::Broken)
    }

    fn column(&mut self) -> Result<&'a [u8], BlockError> {
        let length = self.length()?;
        self.take(length)
    }
}

// A column's number must fit its byte.
const _: () = assert!(METRIC_COUNT < 256);

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn rows(values: &[(i64, Option<f64>)]) -> Vec<Row> {
        let row = |&(millis, cpu): &(i64, Option<f64>)| {
            let mut samples = Samples::default();
            samples.set(Metric::CpuPercent, cpu);
            samples.set(
                Metric::Uptime,
                Some(f64::from(u32::try_from(millis % 1_000_000).unwrap())),
            );
            Row {
                taken_at: Timestamp::from_millis(millis),
                samples,
            }
        };
        values.iter().map(row).collect()
    }

    #[test]
    fn refuses_an_empty_block() {
        assert!(matches!(encode(&[]), Err(BlockError::Empty)));
    }

    proptest! {
        #[test]
        fn gives_back_what_it_was_given(
            values in proptest::collection::vec((0_i64..4_000_000_000_000, proptest::option::of(0.0..100.0_f64)), 1..BLOCK_ROWS_MAX)
        ) {
            let rows = rows(&values);
            let stored = encode(&rows).unwrap();
            prop_assert_eq!(format!("{:?}", decode(&stored.body).unwrap()), format!("{rows:?}"));
        }

        #[test]
        fn survives_any_damage(
            cut in 0_usize..400, flip in 0_usize..400, with in 1_u8..255
        ) {
            let values: Vec<_> = (0..60).map(|n| (n * 30_000, Some(50.0))).collect();
            let mut body = encode(&rows(&values)).unwrap().body.to_vec();
            let at = flip % body.len();
            body[at] ^= with;
            body.truncate(body.len() - cut % body.len());
            // An error or other rows; what counts is that nothing panics.
            let _ = decode(&body);
        }
    }
}
