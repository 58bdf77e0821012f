//! One compressed column. Values that are decimals of up to three places are kept as whole numbers,
//! when that is smaller (measured on a noisy day: 4 % less); what is read back is exactly what was put in.

use pco::ChunkConfig;
use pco::data_types::Number;
use pco::standalone::{simple_compress, simple_decompress_into};

use super::block::BlockError;

/// How a column's values lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// As `f32`.
    AsIs,
    /// As whole numbers: the values times this power of ten.
    Scaled(u8),
}

/// Places behind the point that are tried. Reason: no metric is measured finer.
const PLACES_MAX: u8 = 3;
/// Above it a scaled value is no longer exact in a `f32`.
const EXACT_MAX: f64 = 16_777_216.0;

impl Form {
    /// Its byte in a block.
    #[must_use]
    pub const fn byte(self) -> u8 {
        match self {
            Self::AsIs => 0,
            Self::Scaled(places) => places + 1,
        }
    }

    /// The form of that byte.
    #[must_use]
    pub const fn of(byte: u8) -> Option<Self> {
        match byte {
            0 => Some(Self::AsIs),
            places if places <= PLACES_MAX + 1 => Some(Self::Scaled(places - 1)),
            _ => None,
        }
    }
}

/// The column of whole numbers.
///
/// # Errors
/// The compressor's own.
pub fn of_integers(numbers: &[i64]) -> Result<Vec<u8>, BlockError> {
    Ok(simple_compress(numbers, &ChunkConfig::default())?)
}

/// The column of values, in the smaller form.
///
/// # Errors
/// The compressor's own.
pub fn of_values(values: &[f32]) -> Result<(Form, Vec<u8>), BlockError> {
    let as_is = simple_compress(values, &ChunkConfig::default())?;
    let Some((places, scaled)) = (0..=PLACES_MAX).find_map(|places| Some((places, scaled(values, places)?)))
    else {
        return Ok((Form::AsIs, as_is));
    };
    let whole = simple_compress(&scaled, &ChunkConfig::default())?;
    Ok(match whole.len() < as_is.len() {
        true => (Form::Scaled(places), whole),
        false => (Form::AsIs, as_is),
    })
}

/// The values as whole numbers, if every one of them comes back as it was.
#[expect(clippy::cast_possible_truncation, reason = "compared with the bound first")]
fn scaled(values: &[f32], places: u8) -> Option<Vec<i32>> {
    let one = |value: &f32| {
        let scaled = (f64::from(*value) * 10_f64.powi(places.into())).round();
        let is_exact =
            scaled.abs() <= EXACT_MAX && unscaled(scaled as i32, places).to_bits() == value.to_bits();
        is_exact.then_some(scaled as i32)
    };
    values.iter().map(one).collect()
}

#[expect(clippy::cast_possible_truncation, reason = "that is what is stored")]
fn unscaled(number: i32, places: u8) -> f32 {
    (f64::from(number) / 10_f64.powi(places.into())) as f32
}

/// Reads whole numbers back: so many.
///
/// # Errors
/// When they are not there.
pub fn integers(bytes: &[u8], count: usize) -> Result<Vec<i64>, BlockError> {
    numbers(bytes, count)
}

/// Reads values back: so many.
///
/// # Errors
/// When they are not there.
pub fn values(bytes: &[u8], form: Form, count: usize) -> Result<Vec<f32>, BlockError> {
    match form {
        Form::AsIs => numbers(bytes, count),
        Form::Scaled(places) => {
            let whole: Vec<i32> = numbers(bytes, count)?;
            Ok(whole.into_iter().map(|number| unscaled(number, places)).collect())
        }
    }
}

/// A column says itself how long it is; one that lies must not fill the memory.
fn numbers<T: Number>(bytes: &[u8], count: usize) -> Result<Vec<T>, BlockError> {
    let mut numbers = vec![T::default(); count];
    let progress = simple_decompress_into(bytes, &mut numbers)?;
    match progress.finished && progress.n_processed == count {
        true => Ok(numbers),
        false => Err(BlockError::Broken),
    }
}

/// A length as blocks have it.
#[must_use]
pub fn length(count: usize) -> [u8; 4] {
    u32::try_from(count).unwrap_or(u32::MAX).to_le_bytes()
}

/// Adds a column and its length.
pub fn push(body: &mut Vec<u8>, column: &[u8]) {
    body.extend(length(column.len()));
    body.extend_from_slice(column);
}

/// What is left to read of a block.
pub struct Unread<'a>(pub &'a [u8]);

impl<'a> Unread<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8], BlockError> {
        let (taken, rest) = self.0.split_at_checked(count).ok_or(BlockError::Broken)?;
        self.0 = rest;
        Ok(taken)
    }

    /// The next byte.
    ///
    /// # Errors
    /// When there is none.
    pub fn byte(&mut self) -> Result<u8, BlockError> {
        self.take(1).map(|bytes| bytes[0])
    }

    /// The next length.
    ///
    /// # Errors
    /// When there is none.
    pub fn length(&mut self) -> Result<usize, BlockError> {
        let bytes: [u8; 4] = self.take(4)?.try_into().map_err(|_| BlockError::Broken)?;
        usize::try_from(u32::from_le_bytes(bytes)).map_err(|_| BlockError::Broken)
    }

    /// The next column.
    ///
    /// # Errors
    /// When it is cut short.
    pub fn column(&mut self) -> Result<&'a [u8], BlockError> {
        let length = self.length()?;
        self.take(length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form_of(values: &[f32]) -> Form {
        let (form, bytes) = of_values(values).unwrap();
        let read = super::values(&bytes, form, values.len()).unwrap();
        let bits = |values: &[f32]| values.iter().map(|value| value.to_bits()).collect::<Vec<_>>();
        assert_eq!(bits(&read), bits(values));
        form
    }

    #[test]
    fn decimals_are_whole_numbers_and_come_back_exactly() {
        let mut random = 1_u32;
        let percents: Vec<f32> = (0..500)
            .map(|_| {
                random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (f64::from(random % 1_000) / 10.0) as f32
            })
            .collect();
        assert_eq!(form_of(&percents), Form::Scaled(1));
        let mut with_a_gap = percents;
        with_a_gap[7] = f32::NAN;
        assert_eq!(form_of(&with_a_gap), Form::AsIs);
        form_of(&[-0.0, 0.0, 3.3e9, f32::MIN_POSITIVE]);
    }

    #[test]
    fn a_column_that_is_not_as_long_as_it_should_be_is_refused() {
        let bytes = of_integers(&[1, 2, 3]).unwrap();
        assert!(integers(&bytes, 3).is_ok());
        assert!(integers(&bytes, 2).is_err() && integers(&bytes, 4).is_err());
    }

    #[test]
    fn forms_and_bytes_agree() {
        for byte in 0..=PLACES_MAX + 1 {
            assert_eq!(Form::of(byte).map(Form::byte), Some(byte));
        }
        assert_eq!(Form::of(PLACES_MAX + 2), None);
    }
}
