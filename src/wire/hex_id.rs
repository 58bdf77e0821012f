//! Random names for agents, keys and tokens: lower-case hexadecimal, so that they are easy to read
//! in logs, safe in a path and never begin with a dash. An id is a name, never a permission.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::base64::Decoding;

/// An id of `N` bytes. Ids of different things differ in length, so that one can't stand for another.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HexId<const N: usize>([u8; N]);

/// An enrolled agent; 128 bits.
pub type AgentId = HexId<16>;
/// A key, of exactly one agent and epoch or of one command signer; 96 bits.
pub type KeyId = HexId<12>;
/// One opening of an agent's channel; 120 bits.
pub type ChannelId = HexId<15>;
/// A join token; 64 bits, which only find the row that holds the hash of its secret.
pub type TokenId = HexId<8>;

/// The text is not an id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an id: expected {digits} digits, 0-9 and a-f")]
pub struct HexIdError {
    /// How many hexadecimal digits such an id has.
    digits: usize,
}

impl<const N: usize> HexId<N> {
    /// The id with these bytes.
    pub const fn new(bytes: [u8; N]) -> Self {
        Self(bytes)
    }

    /// A new id.
    ///
    /// # Errors
    /// When the system has no random numbers.
    pub fn random() -> Result<Self, getrandom::Error> {
        let mut bytes = [0; N];
        getrandom::fill(&mut bytes)?;
        Ok(Self(bytes))
    }

    /// Its bytes, as they go into hashes.
    pub const fn as_bytes(&self) -> &[u8; N] {
        &self.0
    }
}

impl<const N: usize> FromStr for HexId<N> {
    type Err = HexIdError;

    fn from_str(text: &str) -> Result<Self, HexIdError> {
        let error = HexIdError { digits: 2 * N };
        if text.len() != 2 * N {
            return Err(error);
        }
        let mut bytes = [0; N];
        for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
            let (high, low) = (digit(pair[0]).ok_or(error)?, digit(pair[1]).ok_or(error)?);
            *byte = high << 4 | low;
        }
        Ok(Self(bytes))
    }
}

/// Lower case only: one id has one spelling.
const fn digit(character: u8) -> Option<u8> {
    match character {
        b'0'..=b'9' => Some(character - b'0'),
        b'a'..=b'f' => Some(character - b'a' + 10),
        _ => None,
    }
}

impl<const N: usize> fmt::Display for HexId<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl<const N: usize> fmt::Debug for HexId<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl<const N: usize> Serialize for HexId<N> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de, const N: usize> Deserialize<'de> for HexId<N> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Decoding(str::parse))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_it_writes() {
        let id = KeyId::random().unwrap();
        assert_eq!(id.to_string().parse(), Ok(id));
    }

    #[test]
    fn refuses_other_spellings() {
        for text in [
            "",
            "0123456789abcde",
            "0123456789ABCDEF",
            "0123456789abcdeg",
            "+123456789abcdef",
        ] {
            assert!(text.parse::<TokenId>().is_err(), "{text:?}");
        }
    }
}
