//! Bytes as text: standard base64, padded, canonical only, so that one value has one spelling and
//! nobody can change a sealed message without changing what it says. No other alphabet, except in
//! [`super::enrolment::token`], whose text people copy.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::de::Visitor;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The text is not canonical padded base64, or not as many bytes as it should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not canonical padded base64 of the expected length")]
pub struct Base64Error;

/// Encodes bytes.
pub fn encode(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// Decodes text of any length.
///
/// # Errors
/// When it is not canonical.
pub fn decode(text: &str) -> Result<Vec<u8>, Base64Error> {
    STANDARD.decode(text).map_err(|_| Base64Error)
}

/// Decodes exactly `N` bytes, without an allocation that could keep a secret.
///
/// # Errors
/// When the text is not canonical or has another length.
pub fn decode_array<const N: usize>(text: &str) -> Result<[u8; N], Base64Error> {
    let mut bytes = [0; N];
    match STANDARD.decode_slice(text, &mut bytes) {
        Ok(length) if length == N => Ok(bytes),
        _ => Err(Base64Error),
    }
}

/// `N` public bytes: a nonce, a public key, a signature.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Base64Array<const N: usize>(pub(crate) [u8; N]);

/// Public bytes of any length: a ciphertext.
#[derive(Clone, PartialEq, Eq)]
pub struct Base64Bytes(pub(crate) Vec<u8>);

impl<const N: usize> fmt::Display for Base64Array<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&encode(&self.0))
    }
}

impl<const N: usize> fmt::Debug for Base64Array<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Debug for Base64Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes", self.0.len())
    }
}

impl<const N: usize> Serialize for Base64Array<N> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&encode(&self.0))
    }
}

impl Serialize for Base64Bytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&encode(&self.0))
    }
}

impl<'de, const N: usize> Deserialize<'de> for Base64Array<N> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Decoding(decode_array)).map(Self)
    }
}

impl<'de> Deserialize<'de> for Base64Bytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Decoding(decode)).map(Self)
    }
}

/// Reads a string by a function, straight from the parser's buffer. The input is never repeated in
/// the error, since it may be a secret.
pub(super) struct Decoding<T, E>(pub(super) fn(&str) -> Result<T, E>);

impl<T, E: fmt::Display> Visitor<'_> for Decoding<T, E> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text of encoded bytes")
    }

    fn visit_str<F: serde::de::Error>(self, text: &str) -> Result<T, F> {
        (self.0)(text).map_err(F::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_one_spelling_of_a_value_only() {
        assert_eq!(decode("AQ=="), Ok(vec![1]));
        for other in [
            "AQ", "AQ=", "AR==", "AQ==\n", " AQ==", "A-==", "AQ==AQ==", "AQ===",
        ] {
            assert_eq!(decode(other), Err(Base64Error), "{other:?}");
        }
    }

    #[test]
    fn takes_an_array_of_its_own_length_only() {
        assert_eq!(decode_array::<32>(&encode(&[7; 32])), Ok([7; 32]));
        assert_eq!(decode_array::<32>(&encode(&[7; 31])), Err(Base64Error));
        assert_eq!(decode_array::<32>(&encode(&[7; 33])), Err(Base64Error));
    }

    #[test]
    fn errors_do_not_repeat_the_text() {
        let error = serde_json::from_str::<Base64Array<32>>("\"SECRET\"").unwrap_err();
        assert!(!error.to_string().contains("SECRET"), "{error}");
    }
}
