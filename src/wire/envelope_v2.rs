//! The sealed body of ATLAS 3: what it looks like on the wire, and how it is opened. A body opens
//! for one agent, direction, key, route and method only (security.md 2.2). Whether its number came
//! before is not known here: the machine's replay window asks [`Opened::seq`] and [`Opened::tag`]
//! after opening. Keys and sealing are in [`keys`].

use atlas_actors::clock::Timestamp;
use serde::{Deserialize, Serialize};

pub use self::keys::{Channel, Compression, Direction, OpenKey, Outgoing, SealError, SealKey};
use super::aead::{NONCE_BYTES, TAG_BYTES};
use super::base64::{Base64Array, Base64Bytes};
use super::gzip::{self, InflateError};
use super::hex_id::KeyId;

pub mod keys;

/// A sealed body may have this many bytes. Reason: `limits.rs` of the edge takes 1 MiB; a day of
/// reports in one body is half of that.
pub const ENVELOPE_BYTES_MAX: usize = 1 << 20;
/// What was sealed may have this many bytes once inflated. Reason: bounds what one request can cost.
pub const CONTENT_BYTES_MAX: usize = 4 << 20;

/// The only version here.
const VERSION: u8 = 2;

/// A sealed body as it travels; the only body of the second protocol that can be serialised.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EnvelopeV2 {
    v: u8,
    kid: KeyId,
    ep: u32,
    seq: u64,
    ts: i64,
    ce: ContentEncoding,
    n: Base64Array<NONCE_BYTES>,
    ct: Base64Bytes,
}

/// How the content is compressed inside the envelope.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ContentEncoding {
    /// As it is.
    Identity,
    /// RFC 1952.
    Gzip,
}

/// What a body was sent as. Host and prefix of the URL are left out, so that a proxy which rewrites
/// paths does no harm.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// The HTTP method in capitals, of the request in both directions.
    pub method: &'a str,
    /// The route's template, as `/api/fleet/commands/{machine_id}`.
    pub route: &'a str,
}

/// What an authentic body held.
#[derive(Debug, PartialEq, Eq)]
pub struct Opened {
    /// The sender's number for it.
    pub seq: u64,
    /// The sender's clock when it sent it.
    pub sent_at: Timestamp,
    /// Names this very message: the same number with another tag is a reused number.
    pub tag: [u8; TAG_BYTES],
    /// The content.
    pub plaintext: Vec<u8>,
}

/// Why a body is no envelope. None of these repeats the body.
#[derive(Debug, thiserror::Error)]
pub enum ParseEnvelopeError {
    /// Larger than [`ENVELOPE_BYTES_MAX`].
    #[error("the sealed body is larger than {ENVELOPE_BYTES_MAX} bytes")]
    TooLarge,
    /// Not the JSON it should be; the source may repeat parts of it and is for the log only.
    #[error("the body is not a sealed envelope of version 2")]
    Malformed(#[source] serde_json::Error),
    /// Another version.
    #[error("envelopes of version {found} are not supported here; version 2 is")]
    Version {
        /// The version it claims.
        found: u8,
    },
}

/// Why an envelope gives no content.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// Wrong key, or anything at all was changed; deliberately one answer for all of it.
    #[error("the body can't be opened with this agent's key for this route")]
    DecryptFailed,
    /// Authentic, and its content can't be inflated.
    #[error(transparent)]
    Inflate(#[from] InflateError),
}

impl EnvelopeV2 {
    /// Reads an envelope without opening it.
    ///
    /// # Errors
    /// See [`ParseEnvelopeError`].
    pub fn parse(body: &[u8]) -> Result<Self, ParseEnvelopeError> {
        if body.len() > ENVELOPE_BYTES_MAX {
            return Err(ParseEnvelopeError::TooLarge);
        }
        let envelope: Self = serde_json::from_slice(body).map_err(ParseEnvelopeError::Malformed)?;
        match envelope.v {
            VERSION => Ok(envelope),
            found => Err(ParseEnvelopeError::Version { found }),
        }
    }

    /// The key that it claims to be sealed with: exactly one agent's.
    pub const fn kid(&self) -> KeyId {
        self.kid
    }

    /// The epoch that it claims.
    pub const fn epoch(&self) -> u32 {
        self.ep
    }

    /// The number that it claims.
    pub const fn seq(&self) -> u64 {
        self.seq
    }

    /// Opens it, in place.
    ///
    /// # Errors
    /// See [`OpenError`].
    pub fn open(self, key: &OpenKey, context: &Context<'_>) -> Result<Opened, OpenError> {
        if !key.is_for(self.kid, self.ep) {
            return Err(OpenError::DecryptFailed);
        }
        let beside = key.authenticated(&self.header(), context);
        let mut content = self.ct.0;
        let tag = key
            .aead()
            .open(self.n.0, &beside, &mut content)
            .map_err(|_| OpenError::DecryptFailed)?;
        Ok(Opened {
            seq: self.seq,
            sent_at: Timestamp::from_millis(self.ts),
            tag,
            plaintext: self.ce.decode(content)?,
        })
    }

    fn header(&self) -> Header {
        Header {
            seq: self.seq,
            ts: self.ts,
            ce: self.ce,
        }
    }
}

/// The part of an envelope that differs between messages of one key.
struct Header {
    seq: u64,
    ts: i64,
    ce: ContentEncoding,
}

impl ContentEncoding {
    const fn name(self) -> &'static str {
        match self {
            Self::Identity => "identity",
            Self::Gzip => "gzip",
        }
    }

    fn decode(self, content: Vec<u8>) -> Result<Vec<u8>, InflateError> {
        match self {
            Self::Identity => Ok(content),
            Self::Gzip => gzip::inflate(&content, CONTENT_BYTES_MAX),
        }
    }
}

#[cfg(test)]
mod tests;
