//! Hashes of public keys, by which an agent knows its server: one for the key that signs (the
//! server's identity), one for each key that TLS may show. Public; never compared as secrets.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::base64::Base64Array;
use super::keyed_hash::sha256;

/// Who a server is: SHA-256 of its Ed25519 identity key. A join token carries it, every envelope is
/// bound to it. It outlives certificates; servers of one cluster share it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ServerId(Base64Array<32>);

/// SHA-256 of the SubjectPublicKeyInfo of a TLS certificate (RFC 7469, 2.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TlsPin(Base64Array<32>);

impl ServerId {
    /// The id of the server whose identity key this is.
    pub fn of(identity_key: &[u8; 32]) -> Self {
        Self::from_bytes(sha256(identity_key))
    }

    /// The id that a token carries.
    pub const fn from_bytes(hash: [u8; 32]) -> Self {
        Self(Base64Array(hash))
    }

    /// The hash.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0.0
    }
}

impl TlsPin {
    /// The pin of a key, from its SubjectPublicKeyInfo in DER, tag and length included.
    pub fn of(subject_public_key_info: &[u8]) -> Self {
        Self(Base64Array(sha256(subject_public_key_info)))
    }

    /// The hash.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0.0
    }

    /// A pin from 64 hex digits.
    #[must_use]
    pub fn from_hex(text: &str) -> Option<Self> {
        let mut hash = [0; 32];
        if text.len() != 64 || !text.is_ascii() {
            return None;
        }
        for (byte, pair) in hash.iter_mut().zip(text.as_bytes().chunks(2)) {
            *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
        }
        Some(Self(Base64Array(hash)))
    }
}

impl fmt::Display for ServerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// As browsers and curl write it: `sha256//` and base64.
impl fmt::Display for TlsPin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sha256//{}", self.0)
    }
}
