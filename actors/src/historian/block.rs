//! The bytes of a closed block of rows: a format byte, the number of rows, then one column for the
//! times and one for each metric that has any value.
//!
//! `[format u8][rows u32][times len u32][times][columns u8]([column u8][form u8][len u32][bytes])*`,
//! numbers little-endian. Times are milliseconds; unknown values are NaN. Format 1 has no form byte.

use bytes::Bytes;

use super::column::{self, Form, Unread};
use crate::clock::Timestamp;
use crate::limits::{BLOCK_ROWS_MAX, DAY_BLOCK_ROWS_MAX};
use crate::machine::open_block::Row;
use crate::model::{METRIC_COUNT, Metric, Samples};
use crate::store::{StoredBlock, TimeRange};

/// All columns are `f32`.
const FIRST: u8 = 1;
/// Each column says its form.
const FORMAT: u8 = 2;

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

/// The columns of a block: some metrics' values, each list as long as the times.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Columns {
    /// When each row was measured.
    pub times: Vec<Timestamp>,
    /// The values; unknown ones are NaN.
    pub values: Vec<(Metric, Vec<f32>)>,
}

/// The stored form of rows, which are sorted by time. The same rows give the same bytes.
///
/// # Errors
/// When there are none.
pub fn encode(rows: &[Row]) -> Result<StoredBlock, BlockError> {
    let (Some(first), Some(last)) = (rows.first(), rows.last()) else {
        return Err(BlockError::Empty);
    };
    let mut body = vec![FORMAT];
    body.extend(column::length(rows.len()));
    let times: Vec<i64> = rows.iter().map(|row| row.taken_at.as_millis()).collect();
    column::push(&mut body, &column::of_integers(&times)?);
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
        let (form, bytes) = column::of_values(&values)?;
        body.push(metric as u8);
        body.push(form.byte());
        column::push(&mut body, &bytes);
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

/// The columns of those metrics that a block has; others are not even decompressed.
///
/// # Errors
/// When the bytes are not those of a block.
pub fn decode_columns(body: &[u8], wanted: &[Metric]) -> Result<Columns, BlockError> {
    let mut rest = Unread(body);
    let format = rest.byte()?;
    if !matches!(format, FIRST | FORMAT) {
        return Err(BlockError::Broken);
    }
    let count = rest.length()?;
    if count > DAY_BLOCK_ROWS_MAX {
        return Err(BlockError::Broken);
    }
    let times = column::integers(rest.column()?, count)?;
    let mut columns = Columns {
        times: times.into_iter().map(Timestamp::from_millis).collect(),
        values: Vec::new(),
    };
    for _ in 0..rest.byte()? {
        let metric = Metric::ALL.get(usize::from(rest.byte()?)).copied();
        let form = match format {
            FIRST => Form::AsIs,
            _ => Form::of(rest.byte()?).ok_or(BlockError::Broken)?,
        };
        let bytes = rest.column()?;
        // A column of a newer version is passed over.
        if let Some(metric) = metric.filter(|metric| wanted.contains(metric)) {
            columns.values.push((metric, column::values(bytes, form, count)?));
        }
    }
    Ok(columns)
}

/// The rows of a stored block.
///
/// # Errors
/// When the bytes are not those of a block.
pub fn decode(body: &[u8]) -> Result<Vec<Row>, BlockError> {
    let columns = decode_columns(body, &Metric::ALL)?;
    let row = |taken_at: &Timestamp| Row {
        taken_at: *taken_at,
        samples: Samples::default(),
    };
    let mut rows: Vec<Row> = columns.times.iter().map(row).collect();
    for (metric, values) in columns.values {
        for (row, value) in rows.iter_mut().zip(values) {
            row.samples.set(metric, Some(f64::from(value)));
        }
    }
    Ok(rows)
}

impl Columns {
    /// Those metrics of rows.
    #[must_use]
    pub fn of(rows: &[Row], wanted: &[Metric]) -> Self {
        let values = |metric: &Metric| {
            let of_row = |row: &Row| row.samples.columns()[metric.column()];
            (*metric, rows.iter().map(of_row).collect())
        };
        Self {
            times: rows.iter().map(|row| row.taken_at).collect(),
            values: wanted.iter().map(values).collect(),
        }
    }
}

// A column's number must fit its byte, and an open block into a closed one.
const _: () = assert!(METRIC_COUNT < 256 && BLOCK_ROWS_MAX < DAY_BLOCK_ROWS_MAX);

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

    /// A block of the first format, as its code wrote it.
    fn first_format(rows: &[Row]) -> Vec<u8> {
        let mut body = vec![FIRST];
        body.extend(column::length(rows.len()));
        let times: Vec<i64> = rows.iter().map(|row| row.taken_at.as_millis()).collect();
        column::push(&mut body, &column::of_integers(&times).unwrap());
        body.push(1);
        body.push(Metric::CpuPercent as u8);
        let values = Columns::of(rows, &[Metric::CpuPercent]).values.remove(0).1;
        let as_is = pco::standalone::simple_compress(&values, &pco::ChunkConfig::default());
        column::push(&mut body, &as_is.unwrap());
        body
    }

    #[test]
    fn reads_the_first_format() {
        let rows = rows(&[(1_000, Some(12.5)), (2_000, None), (3_000, Some(0.1))]);
        let read = decode(&first_format(&rows)).unwrap();
        let cpu: Vec<_> = read
            .iter()
            .map(|row| row.samples.get(Metric::CpuPercent))
            .collect();
        assert_eq!(cpu, [Some(12.5), None, Some(0.1)]);
        assert_eq!(read[2].taken_at, Timestamp::from_millis(3_000));
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
        fn reads_the_columns_that_are_asked_for(cpu in proptest::collection::vec(0.0..100.0_f64, 1..300)) {
            let values: Vec<_> = (0..).zip(cpu).map(|(n, cpu)| (n * 30_000, Some(cpu))).collect();
            let rows = rows(&values);
            let stored = encode(&rows).unwrap();
            let found = decode_columns(&stored.body, &[Metric::CpuPercent, Metric::Load1]).unwrap();
            prop_assert_eq!(found, Columns::of(&rows, &[Metric::CpuPercent]));
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
