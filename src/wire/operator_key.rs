//! An operator's key: made on the operator's own machine, never sent anywhere. It has two halves with
//! one purpose each: Ed25519 signs dangerous commands, X25519 opens what agents seal to operators. The
//! public part is one line of text that holds both and proves by a signature that they belong together.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::{Signature as Ed25519Signature, Signer as _, SigningKey, VerifyingKey};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use x25519_dalek::{PublicKey as ExchangePublic, StaticSecret};

use super::base64::{Base64Array, Decoding};
use super::hex_id::KeyId;
use super::keyed_hash::sha256;
use super::length_prefixed::LengthPrefixed;
use super::secret::Secret;

#[cfg(feature = "server")]
pub mod file;

/// What every public part begins with.
const PREFIX: &str = "aop1_";
/// What the proof in a public part is about.
const PROOF_LABEL: &[u8] = b"atlas/operator key/1";
/// What a key's id is made of.
const ID_LABEL: &[u8] = b"atlas/operator key id/1";
/// Bytes of a public part: two keys and a signature.
const PUBLIC_BYTES: usize = 128;

/// Both private halves. `Debug` shows the id only.
#[derive(Clone, PartialEq, Eq)]
pub struct OperatorKey {
    signing: Secret<32>,
    exchange: Secret<32>,
}

/// Both public halves, and the proof that whoever has the one has the other.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct OperatorPublicKey {
    verifying: [u8; 32],
    exchange: [u8; 32],
    proof: [u8; 64],
}

/// Why a text is no operator's public key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OperatorPublicKeyError {
    /// It begins with something else.
    #[error("an operator's public key begins with {PREFIX}: `atlas operator key show` prints it")]
    Prefix,
    /// It was cut off or changed.
    #[error("the operator's public key is damaged: copy all of what `atlas operator key show` prints")]
    Damaged,
}

impl OperatorKey {
    /// A new key.
    ///
    /// # Errors
    /// When the system has no random numbers.
    pub fn random() -> Result<Self, getrandom::Error> {
        Ok(Self::new(Secret::random()?, Secret::random()?))
    }

    /// The key of these private halves.
    #[must_use]
    pub const fn new(signing: Secret<32>, exchange: Secret<32>) -> Self {
        Self { signing, exchange }
    }

    /// Its public part.
    #[must_use]
    pub fn public(&self) -> OperatorPublicKey {
        let verifying = self.signer().verifying_key().to_bytes();
        let exchange = ExchangePublic::from(&self.exchange()).to_bytes();
        OperatorPublicKey {
            verifying,
            exchange,
            proof: self.sign(&proof_bytes(&verifying, &exchange)),
        }
    }

    /// Its name in a command's signatures and in what is sealed to it.
    #[must_use]
    pub fn id(&self) -> KeyId {
        self.public().id()
    }

    /// Signs bytes that begin with a label of their own.
    #[must_use]
    pub fn sign(&self, bytes: &[u8]) -> [u8; 64] {
        self.signer().sign(bytes).to_bytes()
    }

    fn signer(&self) -> SigningKey {
        SigningKey::from_bytes(self.signing.expose())
    }

    pub(super) fn exchange(&self) -> StaticSecret {
        StaticSecret::from(*self.exchange.expose())
    }
}

impl fmt::Debug for OperatorKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OperatorKey({})", self.id())
    }
}

impl OperatorPublicKey {
    /// Its name in a command's signatures and in what is sealed to it.
    #[must_use]
    pub fn id(&self) -> KeyId {
        let bytes = LengthPrefixed::new(ID_LABEL)
            .field(&self.verifying)
            .field(&self.exchange)
            .into_bytes();
        let mut id = [0; 12];
        id.copy_from_slice(&sha256(&bytes)[..12]);
        KeyId::new(id)
    }

    /// The half that checks signatures, Ed25519.
    #[must_use]
    pub const fn verifying_key(&self) -> Base64Array<32> {
        Base64Array(self.verifying)
    }

    /// The half that is sealed to, X25519.
    #[must_use]
    pub const fn exchange_key(&self) -> Base64Array<32> {
        Base64Array(self.exchange)
    }

    /// Whether that is this operator's signature of these bytes.
    #[must_use]
    pub fn is_signature(&self, bytes: &[u8], signature: &[u8; 64]) -> bool {
        verifies(&self.verifying, bytes, signature)
    }
}

fn verifies(key: &[u8; 32], bytes: &[u8], signature: &[u8; 64]) -> bool {
    VerifyingKey::from_bytes(key)
        .and_then(|key| key.verify_strict(bytes, &Ed25519Signature::from_bytes(signature)))
        .is_ok()
}

fn proof_bytes(verifying: &[u8; 32], exchange: &[u8; 32]) -> Vec<u8> {
    LengthPrefixed::new(PROOF_LABEL)
        .field(verifying)
        .field(exchange)
        .into_bytes()
}

impl fmt::Display for OperatorPublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = [&self.verifying[..], &self.exchange, &self.proof].concat();
        write!(f, "{PREFIX}{}", URL_SAFE_NO_PAD.encode(bytes))
    }
}

impl fmt::Debug for OperatorPublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OperatorPublicKey({})", self.id())
    }
}

impl FromStr for OperatorPublicKey {
    type Err = OperatorPublicKeyError;

    /// White space around it is dropped, as it comes from terminals and files. The proof is checked.
    fn from_str(text: &str) -> Result<Self, OperatorPublicKeyError> {
        let damaged = OperatorPublicKeyError::Damaged;
        let encoded = text
            .trim()
            .strip_prefix(PREFIX)
            .ok_or(OperatorPublicKeyError::Prefix)?;
        let mut bytes = [0; PUBLIC_BYTES];
        let length = URL_SAFE_NO_PAD.decode_slice(encoded, &mut bytes);
        if length != Ok(PUBLIC_BYTES) {
            return Err(damaged);
        }
        let (verifying, rest) = bytes.split_first_chunk().ok_or(damaged)?;
        let (exchange, rest) = rest.split_first_chunk().ok_or(damaged)?;
        let (proof, _) = rest.split_first_chunk().ok_or(damaged)?;
        if !verifies(verifying, &proof_bytes(verifying, exchange), proof) {
            return Err(damaged);
        }
        Ok(Self {
            verifying: *verifying,
            exchange: *exchange,
            proof: *proof,
        })
    }
}

impl Serialize for OperatorPublicKey {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for OperatorPublicKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Decoding(str::parse))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> OperatorKey {
        OperatorKey::new(Secret::new([7; 32]), Secret::new([8; 32]))
    }

    #[test]
    fn reads_the_public_part_that_it_shows_and_nothing_that_was_changed() {
        let public = key().public();
        let text = public.to_string();
        assert_eq!(format!(" {text}\n").parse(), Ok(public));
        assert_eq!(text.len(), 176);
        for at in PREFIX.len()..text.len() {
            let other = if &text[at..=at] == "A" { "B" } else { "A" };
            let changed = format!("{}{other}{}", &text[..at], &text[at + 1..]);
            assert!(changed.parse::<OperatorPublicKey>().is_err(), "character {at}");
        }
        assert_eq!(
            "aop1_".parse::<OperatorPublicKey>(),
            Err(OperatorPublicKeyError::Damaged)
        );
        assert_eq!(
            "atl1_x".parse::<OperatorPublicKey>(),
            Err(OperatorPublicKeyError::Prefix)
        );
    }

    #[test]
    fn nobody_puts_their_own_half_beside_anothers() {
        let (ours, theirs) = (OperatorKey::random().unwrap().public(), key().public());
        let mixed = OperatorPublicKey {
            exchange: ours.exchange,
            ..theirs
        };
        assert!(mixed.to_string().parse::<OperatorPublicKey>().is_err());
        assert_ne!(mixed.id(), theirs.id());
    }

    #[test]
    fn knows_its_own_signatures_and_no_others() {
        let (ours, other) = (key(), OperatorKey::random().unwrap());
        let signature = ours.sign(b"bytes");
        assert!(ours.public().is_signature(b"bytes", &signature));
        assert!(!ours.public().is_signature(b"other", &signature));
        assert!(!other.public().is_signature(b"bytes", &signature));
    }

    #[test]
    fn looks_as_it_always_did() {
        // Made with another implementation as well.
        assert_eq!(key().id().to_string(), "95f619729e030992a0bcf207");
        assert_eq!(format!("{:?}", key()), "OperatorKey(95f619729e030992a0bcf207)");
    }
}
