//! The stored form of samples: a mark, which metrics there are (bit n for column n), and their values.
//! Before, all of the first eighteen columns were stored, and no mark; both are read. The mark stands
//! where the first value stood and is a NaN that no version ever stored there.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, SeqAccess, Visitor};
use serde::ser::{Serialize, SerializeTuple, Serializer};

use super::{METRIC_COUNT, Metric, Samples};

/// A quiet NaN with a payload; an unknown value is stored as the plain one, `0x7fc0_0000`.
const MARK: u32 = 0x7fc0_a71a;
/// Columns of the form without a mark.
const FIRST_COLUMNS: usize = 18;
/// The mark, the bits, and a value for each of them.
const PARTS_MAX: usize = 2 + u64::BITS as usize;

// A bit for each column.
const _: () = assert!(METRIC_COUNT <= u64::BITS as usize);

impl Serialize for Samples {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let known = || {
            let all = Metric::ALL.into_iter();
            all.filter_map(|metric| Some((metric, self.get(metric)?)))
        };
        let bits = known().fold(0_u64, |bits, (metric, _)| bits | 1 << metric.column());
        let mut parts = to.serialize_tuple(2 + bits.count_ones() as usize)?;
        parts.serialize_element(&f32::from_bits(MARK))?;
        parts.serialize_element(&bits)?;
        for (_, value) in known() {
            parts.serialize_element(&value)?;
        }
        parts.end()
    }
}

impl<'de> Deserialize<'de> for Samples {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_tuple(PARTS_MAX, Parts)
    }
}

struct Parts;

impl Parts {
    fn next<'de, T: Deserialize<'de>, A: SeqAccess<'de>>(from: &mut A) -> Result<T, A::Error> {
        from.next_element()?
            .ok_or_else(|| A::Error::custom("samples end too early"))
    }
}

impl<'de> Visitor<'de> for Parts {
    type Value = Samples;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("samples")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut from: A) -> Result<Samples, A::Error> {
        let mut samples = Samples::default();
        let first: f32 = Self::next(&mut from)?;
        if first.to_bits() != MARK {
            samples.set_column(0, first);
            for column in 1..FIRST_COLUMNS {
                samples.set_column(column, Self::next(&mut from)?);
            }
            return Ok(samples);
        }
        let bits: u64 = Self::next(&mut from)?;
        for column in (0..u64::BITS as usize).filter(|column| bits >> column & 1 == 1) {
            // A column of a newer version is passed over.
            samples.set_column(column, Self::next(&mut from)?);
        }
        Ok(samples)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gives_back_what_it_was_given() {
        let mut samples = Samples::default();
        samples.set(Metric::CpuPercent, Some(12.5));
        samples.set(Metric::AgentMemory, Some(9e6));
        let stored = postcard::to_allocvec(&(1_u8, &samples, 2_u8)).unwrap();
        assert_eq!(stored.len(), 1 + 4 + 5 + 2 * 4 + 1);
        let (before, read, after): (u8, Samples, u8) = postcard::from_bytes(&stored).unwrap();
        assert_eq!((before, after), (1, 2));
        assert_eq!(read.get(Metric::CpuPercent), Some(12.5));
        assert_eq!(read.get(Metric::AgentMemory), Some(9e6));
        assert_eq!(read.get(Metric::Load1), None);
    }

    #[test]
    fn reads_the_form_before() {
        let mut columns = [f32::NAN; FIRST_COLUMNS];
        (columns[0], columns[17]) = (50.0, 3_600.0);
        for first in [50.0, f32::NAN] {
            columns[0] = first;
            let stored = postcard::to_allocvec(&(columns, 7_u8)).unwrap();
            let (read, after): (Samples, u8) = postcard::from_bytes(&stored).unwrap();
            assert_eq!(read.get(Metric::CpuPercent), Some(first).filter(|v| !v.is_nan()));
            assert_eq!((read.get(Metric::Uptime), after), (Some(3_600.0), 7));
            assert_eq!(read.get(Metric::PingLatency), None);
        }
    }

    #[test]
    fn passes_over_what_a_newer_version_stored() {
        let parts = (f32::from_bits(MARK), 1_u64 << 63 | 2, 0.5_f32, 9.0_f32);
        let read: Samples = postcard::from_bytes(&postcard::to_allocvec(&parts).unwrap()).unwrap();
        assert_eq!(read.get(Metric::Load1), Some(0.5));
    }

    #[test]
    fn what_is_cut_short_is_refused() {
        let stored = postcard::to_allocvec(&(f32::from_bits(MARK), 3_u64, 0.5_f32)).unwrap();
        assert!(postcard::from_bytes::<Samples>(&stored).is_err());
    }
}
