//! The stored form of journal records and documents: one format byte, then postcard.
//!
//! A field is never removed or moved within a format; a new form gets a new format byte, and old ones
//! stay readable.

use bytes::Bytes;
use serde::{Serialize, de::DeserializeOwned};

const FORMAT: u8 = 1;
/// The format of things whose first form is `FORMAT` and that have a second one.
const SECOND: u8 = 2;
/// The format of things that have a third form.
const THIRD: u8 = 3;
/// The format of things that have a fourth form.
const FOURTH: u8 = 4;
/// Room for a report's record and for most documents, so that writing one moves it once.
const USUAL_BYTES: usize = 4_096;

/// Stored bytes that are not of a known format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// Written by a newer ATLAS.
    #[error("stored in format {0}, which this version does not know")]
    UnknownFormat(u8),
    /// Cut short, or not what it should be.
    #[error("stored bytes can't be read")]
    Broken,
}

/// The stored form of a value.
#[must_use]
pub fn encode<T: Serialize>(value: &T) -> Bytes {
    let mut stored = Vec::with_capacity(USUAL_BYTES);
    stored.push(FORMAT);
    // Postcard can only fail here when a buffer is full, and a vector never is.
    postcard::to_extend(value, stored)
        .map(|stored| Bytes::copy_from_slice(&stored))
        .unwrap_or_default()
}

/// Reads the stored form of a value.
///
/// # Errors
/// When the format is unknown or the bytes are cut short.
pub fn decode<T: DeserializeOwned>(stored: &[u8]) -> Result<T, DecodeError> {
    decode_of(FORMAT, stored)
}

/// The stored form of a value that is kept in its second form.
#[must_use]
pub fn encode_second<T: Serialize>(value: &T) -> Bytes {
    // As above.
    postcard::to_extend(value, vec![SECOND])
        .map(Bytes::from)
        .unwrap_or_default()
}

/// The stored form of a value that is kept in its third form.
#[must_use]
pub fn encode_third<T: Serialize>(value: &T) -> Bytes {
    // As above.
    postcard::to_extend(value, vec![THIRD])
        .map(Bytes::from)
        .unwrap_or_default()
}

/// The stored form of a value that is kept in its fourth form.
#[must_use]
pub fn encode_fourth<T: Serialize>(value: &T) -> Bytes {
    // As above.
    postcard::to_extend(value, vec![FOURTH])
        .map(Bytes::from)
        .unwrap_or_default()
}

/// Reads a value that is kept in its third form.
///
/// # Errors
/// As for [`decode`]; those of other forms are of an unknown format here.
pub fn decode_third<T: DeserializeOwned>(stored: &[u8]) -> Result<T, DecodeError> {
    decode_of(THIRD, stored)
}

/// Reads a value that is kept in its fourth form.
///
/// # Errors
/// As for [`decode`]; those of other forms are of an unknown format here.
pub fn decode_fourth<T: DeserializeOwned>(stored: &[u8]) -> Result<T, DecodeError> {
    decode_of(FOURTH, stored)
}

fn decode_of<T: DeserializeOwned>(format: u8, stored: &[u8]) -> Result<T, DecodeError> {
    match stored.split_first() {
        Some((&found, body)) if found == format => {
            postcard::from_bytes(body).map_err(|_| DecodeError::Broken)
        }
        Some((&other, _)) => Err(DecodeError::UnknownFormat(other)),
        None => Err(DecodeError::Broken),
    }
}

/// Reads a value that is kept in its second form, and whose first one is not read any more.
///
/// # Errors
/// As for [`decode`].
pub fn decode_second_only<T: DeserializeOwned>(stored: &[u8]) -> Result<T, DecodeError> {
    match stored.split_first() {
        Some((&SECOND, body)) => postcard::from_bytes(body).map_err(|_| DecodeError::Broken),
        Some((&other, _)) => Err(DecodeError::UnknownFormat(other)),
        None => Err(DecodeError::Broken),
    }
}

/// Reads a value that is kept in its second form, or was in its first.
///
/// # Errors
/// As for [`decode`].
pub fn decode_second<T, First>(stored: &[u8]) -> Result<T, DecodeError>
where
    T: DeserializeOwned + From<First>,
    First: DeserializeOwned,
{
    match stored.split_first() {
        Some((&SECOND, body)) => postcard::from_bytes(body).map_err(|_| DecodeError::Broken),
        _ => decode::<First>(stored).map(T::from),
    }
}
