//! Rolled-up history: of each five minutes or each hour the least, the greatest and the mean value and
//! how many there were. Its bytes:
//!
//! `[format u8][step ms u32][buckets u32][times len u32][times][columns u8]
//! ([column u8][len u32]([count][mean][min form u8][min][max form u8][max]))*`, each part with its length
//! before it, numbers little-endian. Means are rounded to one part in 16,384, far below what they are
//! measured to; extremes are exact.

use bytes::Bytes;

use super::block::BlockError;
use super::column::{self, Form, Unread};
use crate::clock::Timestamp;
use crate::limits::DAY_BLOCK_ROWS_MAX;
use crate::model::Metric;
use crate::store::{StoredBlock, TimeRange};

/// No format of a block of rows.
const FORMAT: u8 = 0x81;
/// Bits of a mean's fraction that are kept.
const MEAN_BITS: u32 = 13;

/// Buckets of one machine, by their beginnings.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Buckets {
    /// How long each is, in milliseconds.
    pub step_ms: u32,
    /// Their beginnings.
    pub times: Vec<Timestamp>,
    /// One for each metric that has any value.
    pub columns: Vec<BucketColumn>,
}

/// One metric's buckets; all lists are as long as the times.
#[derive(Clone, Debug, PartialEq)]
pub struct BucketColumn {
    /// Which metric.
    pub metric: Metric,
    /// How many values there were; with none the others say nothing.
    pub count: Vec<u32>,
    /// Their mean.
    pub mean: Vec<f32>,
    /// The least.
    pub min: Vec<f32>,
    /// The greatest.
    pub max: Vec<f32>,
}

impl Buckets {
    /// The stored form. The same buckets give the same bytes.
    ///
    /// # Errors
    /// When there are none.
    pub fn encode(&self) -> Result<StoredBlock, BlockError> {
        let (Some(first), Some(last)) = (self.times.first(), self.times.last()) else {
            return Err(BlockError::Empty);
        };
        let mut body = vec![FORMAT];
        body.extend(self.step_ms.to_le_bytes());
        body.extend(column::length(self.times.len()));
        let times: Vec<i64> = self.times.iter().map(|time| time.as_millis()).collect();
        column::push(&mut body, &column::of_integers(&times)?);
        body.push(u8::try_from(self.columns.len()).unwrap_or(u8::MAX));
        for column in &self.columns {
            body.push(column.metric as u8);
            column::push(&mut body, &column.encode()?);
        }
        let last_ms = last.as_millis() + i64::from(self.step_ms) - 1;
        Ok(StoredBlock {
            range: TimeRange {
                from: *first,
                to: Timestamp::from_millis(last_ms),
            },
            body: Bytes::from(body),
        })
    }

    /// The buckets of those metrics.
    ///
    /// # Errors
    /// When the bytes are not those of buckets.
    pub fn decode(body: &[u8], wanted: &[Metric]) -> Result<Self, BlockError> {
        let mut rest = Unread(body);
        if rest.byte()? != FORMAT {
            return Err(BlockError::Broken);
        }
        let step_ms = u32::try_from(rest.length()?).map_err(|_| BlockError::Broken)?;
        let count = rest.length()?;
        if count > DAY_BLOCK_ROWS_MAX || step_ms == 0 {
            return Err(BlockError::Broken);
        }
        let times = column::integers(rest.column()?, count)?;
        let mut columns = Vec::new();
        for _ in 0..rest.byte()? {
            let metric = Metric::ALL.get(usize::from(rest.byte()?)).copied();
            let bytes = rest.column()?;
            // A column of a newer version is passed over.
            if let Some(metric) = metric.filter(|metric| wanted.contains(metric)) {
                columns.push(BucketColumn::decode(metric, bytes, count)?);
            }
        }
        Ok(Self {
            step_ms,
            times: times.into_iter().map(Timestamp::from_millis).collect(),
            columns,
        })
    }
}

impl Buckets {
    /// Forgets what begins within that span.
    pub fn forget(&mut self, span: TimeRange) {
        let kept: Vec<bool> = self.times.iter().map(|time| !span.contains(*time)).collect();
        keep(&mut self.times, &kept);
        for column in &mut self.columns {
            keep(&mut column.count, &kept);
            keep(&mut column.mean, &kept);
            keep(&mut column.min, &kept);
            keep(&mut column.max, &kept);
        }
    }
}

fn keep<T>(list: &mut Vec<T>, kept: &[bool]) {
    let mut kept = kept.iter();
    list.retain(|_| kept.next().copied().unwrap_or(true));
}

impl BucketColumn {
    fn encode(&self) -> Result<Vec<u8>, BlockError> {
        let mut body = Vec::new();
        let counts: Vec<i64> = self.count.iter().map(|count| i64::from(*count)).collect();
        column::push(&mut body, &column::of_integers(&counts)?);
        let means: Vec<f32> = self.mean.iter().copied().map(rounded).collect();
        for values in [&means, &self.min, &self.max] {
            let (form, bytes) = column::of_values(values)?;
            body.push(form.byte());
            column::push(&mut body, &bytes);
        }
        Ok(body)
    }

    fn decode(metric: Metric, bytes: &[u8], count: usize) -> Result<Self, BlockError> {
        let mut rest = Unread(bytes);
        let counts = column::integers(rest.column()?, count)?;
        let mut values = || {
            let form = Form::of(rest.byte()?).ok_or(BlockError::Broken)?;
            column::values(rest.column()?, form, count)
        };
        Ok(Self {
            metric,
            count: counts
                .into_iter()
                .map(|count| u32::try_from(count).unwrap_or(0))
                .collect(),
            mean: values()?,
            min: values()?,
            max: values()?,
        })
    }
}

/// To the nearest value whose fraction has few bits; what is rounded already stays as it is.
fn rounded(value: f32) -> f32 {
    const DROPPED: u32 = f32::MANTISSA_DIGITS - 1 - MEAN_BITS;
    if !value.is_finite() {
        return value;
    }
    let nearest = (value.to_bits() + (1 << (DROPPED - 1))) >> DROPPED << DROPPED;
    Some(f32::from_bits(nearest))
        .filter(|nearest| nearest.is_finite())
        .unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn buckets() -> Buckets {
        let column = |metric, values: &[f32]| BucketColumn {
            metric,
            count: values.iter().map(|value| u32::from(value.is_finite())).collect(),
            mean: values.to_vec(),
            min: values.to_vec(),
            max: values.to_vec(),
        };
        Buckets {
            step_ms: 300_000,
            times: [0, 300, 900].map(Timestamp::from_secs).to_vec(),
            columns: vec![
                column(Metric::CpuPercent, &[12.5, 50.0, 100.0]),
                column(Metric::Load1, &[0.5, f32::INFINITY, 2.0]),
            ],
        }
    }

    #[test]
    fn gives_back_what_it_was_given() {
        let stored = buckets().encode().unwrap();
        assert_eq!(Buckets::decode(&stored.body, &Metric::ALL).unwrap(), buckets());
        assert_eq!(stored.range.to, Timestamp::from_millis(1_199_999));
        let one = Buckets::decode(&stored.body, &[Metric::Load1]).unwrap();
        assert_eq!(one.columns, buckets().columns[1..]);
    }

    #[test]
    fn forgets_a_span() {
        let mut left = buckets();
        left.forget(TimeRange {
            from: Timestamp::from_secs(300),
            to: Timestamp::from_secs(800),
        });
        assert_eq!(left.times, [0, 900].map(Timestamp::from_secs));
        assert_eq!(left.columns[0].mean, [12.5, 100.0]);
    }

    #[test]
    fn survives_any_damage() {
        let stored = buckets().encode().unwrap().body;
        for at in 0..stored.len() {
            let mut flipped = stored.to_vec();
            flipped[at] ^= 0x55;
            let _ = Buckets::decode(&flipped, &Metric::ALL);
            assert!(Buckets::decode(&stored[..at], &Metric::ALL).is_err());
        }
    }

    #[test]
    fn a_rounded_mean_is_near_and_stays() {
        for value in [0.0, 0.1, -43.27, 100.0, 3.3e9, f32::MAX, f32::MIN_POSITIVE] {
            let once = rounded(value);
            assert!((once - value).abs() <= value.abs() / 16_384.0, "{value}");
            assert_eq!(rounded(once).to_bits(), once.to_bits());
        }
    }
}
