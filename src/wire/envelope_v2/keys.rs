//! The keys of the second envelope, and sealing. A key belongs to one agent, one direction and one
//! epoch; it is derived once and kept. Roots come from enrolment; which epochs are alive is the
//! credentials' business.

use std::io;
use std::sync::atomic::{AtomicU64, Ordering};

use atlas_actors::clock::Timestamp;

use super::{CONTENT_BYTES_MAX, ContentEncoding, Context, ENVELOPE_BYTES_MAX, EnvelopeV2, Header, VERSION};
use crate::wire::aead::{AeadKey, NONCE_BYTES, TAG_BYTES};
use crate::wire::base64::{Base64Array, Base64Bytes};
use crate::wire::gzip;
use crate::wire::hex_id::{AgentId, KeyId};
use crate::wire::keyed_hash::expand;
use crate::wire::length_prefixed::LengthPrefixed;
use crate::wire::pins::ServerId;
use crate::wire::secret::Secret;

/// Messages that one key may seal. Reason: with random nonces the odds of a repeated one are then
/// 2^-49; a report a second takes half a year to get here.
pub const SEALS_MAX: u64 = 1 << 24;
/// Messages after which a new epoch is due, well before [`SEALS_MAX`] stops everything.
pub const SEALS_REKEY: u64 = 1 << 23;

/// Contents below this are not compressed. Reason: gzip adds 18 bytes and gains little on so few.
const COMPRESS_BYTES_MIN: usize = 256;
/// The longest ciphertext whose envelope stays within [`ENVELOPE_BYTES_MAX`] as base64, with 256
/// bytes left for the other fields (their longest spelling has 151).
const CIPHERTEXT_BYTES_MAX: usize = (ENVELOPE_BYTES_MAX - 256) / 4 * 3;

/// Who sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// From the agent to the server.
    AgentToServer,
    /// From the server to the agent.
    ServerToAgent,
}

/// What a key is for. Everything here is part of what each message authenticates.
#[derive(Clone, Copy, Debug)]
pub struct Channel {
    /// Who sends.
    pub direction: Direction,
    /// Which agent.
    pub agent_id: AgentId,
    /// Which server or cluster.
    pub server_id: ServerId,
    /// The key's name.
    pub kid: KeyId,
    /// Counts the roots of this agent.
    pub epoch: u32,
}

/// Opens what the other side sealed.
#[derive(Debug)]
pub struct OpenKey(ChannelKey);

/// Seals, and counts how often.
#[derive(Debug)]
pub struct SealKey {
    key: ChannelKey,
    sealed: AtomicU64,
}

#[derive(Debug)]
struct ChannelKey {
    aead: AeadKey,
    kid: KeyId,
    epoch: u32,
    /// The part of the authenticated bytes that all messages share.
    prefix: Vec<u8>,
}

/// A message before sealing.
#[derive(Clone, Copy, Debug)]
pub struct Outgoing<'a> {
    /// Its number; never used for another content in this epoch. An answer bears its request's.
    pub seq: u64,
    /// Now.
    pub sent_at: Timestamp,
    /// What it is sent as.
    pub context: Context<'a>,
    /// Whether its length may depend on its content.
    pub compression: Compression,
    /// The content.
    pub plaintext: &'a [u8],
}

/// Whether a content may be compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compression {
    /// When it is long enough to gain by it.
    Allowed,
    /// Never: it holds a secret beside text that others choose, and its length would tell (CRIME).
    Never,
}

/// Why a message can't be sealed. There is no other way to send it: the sender keeps it.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// [`SEALS_MAX`] is reached.
    #[error("this key has sealed {SEALS_MAX} messages and must be replaced")]
    Exhausted,
    /// The receiver would refuse it.
    #[error("a message of {bytes} bytes is too large to send; send it in parts")]
    TooLarge {
        /// Bytes of the content.
        bytes: usize,
    },
    /// No nonce.
    #[error("the system has no random numbers")]
    Random(#[from] getrandom::Error),
    /// No memory to compress in.
    #[error("the message can't be compressed")]
    Compress(#[from] io::Error),
}

impl Direction {
    const fn label(self) -> &'static [u8] {
        match self {
            Self::AgentToServer => b"a2s",
            Self::ServerToAgent => b"s2a",
        }
    }
}

impl Channel {
    /// HKDF-Expand's info; it has fixed places instead of lengths for direction and epoch.
    fn key_label(&self) -> Vec<u8> {
        let prefix = [b"atlas/e2ee/v2\0", self.direction.label()].concat();
        let mut label = LengthPrefixed::new(&prefix)
            .field(self.agent_id.as_bytes())
            .field(self.kid.as_bytes())
            .into_bytes();
        label.extend_from_slice(&self.epoch.to_be_bytes());
        label
    }

    fn authenticated_prefix(&self) -> Vec<u8> {
        LengthPrefixed::new(b"atlas/env/2")
            .field(self.direction.label())
            .field(self.agent_id.as_bytes())
            .field(self.server_id.as_bytes())
            .field(self.kid.as_bytes())
            .field(&self.epoch.to_be_bytes())
            .into_bytes()
    }
}

impl ChannelKey {
    fn derive(root: &Secret<32>, channel: &Channel) -> Self {
        Self {
            aead: AeadKey::new(&expand(root, &channel.key_label())),
            kid: channel.kid,
            epoch: channel.epoch,
            prefix: channel.authenticated_prefix(),
        }
    }

    fn authenticated(&self, header: &Header, context: &Context<'_>) -> Vec<u8> {
        LengthPrefixed::resume(&self.prefix)
            .field(&header.seq.to_be_bytes())
            .field(&header.ts.to_be_bytes())
            .field(context.method.as_bytes())
            .field(context.route.as_bytes())
            .field(header.ce.name().as_bytes())
            .into_bytes()
    }
}

/// The name of an epoch's keys.
#[must_use]
pub fn name(kid: KeyId, epoch: u32) -> String {
    format!("{kid}.{epoch}")
}

impl OpenKey {
    /// The key with which the receiver of this channel opens.
    pub fn derive(root: &Secret<32>, channel: &Channel) -> Self {
        Self(ChannelKey::derive(root, channel))
    }

    pub(super) fn is_for(&self, kid: KeyId, epoch: u32) -> bool {
        self.0.kid == kid && self.0.epoch == epoch
    }

    pub(super) fn authenticated(&self, header: &Header, context: &Context<'_>) -> Vec<u8> {
        self.0.authenticated(header, context)
    }

    pub(super) const fn aead(&self) -> &AeadKey {
        &self.0.aead
    }
}

impl SealKey {
    /// The key with which the sender of this channel seals. `sealed_before` is how many messages
    /// earlier runs sealed with it, or an upper bound of that.
    pub fn derive(root: &Secret<32>, channel: &Channel, sealed_before: u64) -> Self {
        Self {
            key: ChannelKey::derive(root, channel),
            sealed: AtomicU64::new(sealed_before),
        }
    }

    /// Its name: that of the root and of its epoch.
    #[must_use]
    pub fn name(&self) -> String {
        name(self.key.kid, self.key.epoch)
    }

    /// How many messages it has sealed, with those of earlier runs.
    pub fn sealed(&self) -> u64 {
        self.sealed.load(Ordering::Relaxed)
    }

    /// Whether a new epoch should be agreed on soon.
    pub fn wants_rekey(&self) -> bool {
        self.sealed() >= SEALS_REKEY
    }

    /// Seals a message under a fresh random nonce.
    ///
    /// # Errors
    /// See [`SealError`].
    pub fn seal(&self, message: &Outgoing<'_>) -> Result<EnvelopeV2, SealError> {
        let mut nonce = [0; NONCE_BYTES];
        getrandom::fill(&mut nonce)?;
        self.seal_with(nonce, message)
    }

    pub(super) fn seal_with(
        &self,
        nonce: [u8; NONCE_BYTES],
        message: &Outgoing<'_>,
    ) -> Result<EnvelopeV2, SealError> {
        let bytes = message.plaintext.len();
        let (ce, content) = encode(message)?;
        if bytes > CONTENT_BYTES_MAX || content.len() + TAG_BYTES > CIPHERTEXT_BYTES_MAX {
            return Err(SealError::TooLarge { bytes });
        }
        let header = Header {
            seq: message.seq,
            ts: message.sent_at.as_millis(),
            ce,
        };
        self.seal_content(nonce, &header, &message.context, content)
    }

    /// Seals a content that is already encoded as the header says.
    pub(super) fn seal_content(
        &self,
        nonce: [u8; NONCE_BYTES],
        header: &Header,
        context: &Context<'_>,
        mut content: Vec<u8>,
    ) -> Result<EnvelopeV2, SealError> {
        self.count()?;
        let bytes = content.len();
        let beside = self.key.authenticated(header, context);
        self.key
            .aead
            .seal(nonce, &beside, &mut content)
            .map_err(|_| SealError::TooLarge { bytes })?;
        Ok(EnvelopeV2 {
            v: VERSION,
            kid: self.key.kid,
            ep: self.key.epoch,
            seq: header.seq,
            ts: header.ts,
            ce: header.ce,
            n: Base64Array(nonce),
            ct: Base64Bytes(content),
        })
    }

    /// Relaxed is enough: only the sum matters, and it never goes down.
    fn count(&self) -> Result<(), SealError> {
        if self.sealed.fetch_add(1, Ordering::Relaxed) < SEALS_MAX {
            Ok(())
        } else {
            Err(SealError::Exhausted)
        }
    }
}

/// Compresses where that is allowed and gains anything.
fn encode(message: &Outgoing<'_>) -> io::Result<(ContentEncoding, Vec<u8>)> {
    let plain = message.plaintext;
    if message.compression == Compression::Allowed && plain.len() >= COMPRESS_BYTES_MIN {
        let compressed = gzip::deflate(plain)?;
        if compressed.len() < plain.len() {
            return Ok((ContentEncoding::Gzip, compressed));
        }
    }
    Ok((ContentEncoding::Identity, plain.to_vec()))
}
