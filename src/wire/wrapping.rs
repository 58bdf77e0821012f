//! How secrets look where they rest: AES-256-GCM under the key of a file of its own, bound to the kind
//! and the name of the document that holds them. Golden bytes hold this still.

use super::aead::{AeadKey, NONCE_BYTES};
use super::length_prefixed::LengthPrefixed;
use super::secret::Secret;

/// The first byte, by which a wrapped document is known.
pub const WRAPPED: u8 = atlas_actors::vault::WRAPPED;

/// The key that wraps.
#[derive(Debug)]
pub struct WrappingKey(AeadKey);

impl WrappingKey {
    /// Prepares a key.
    pub fn new(key: &Secret<32>) -> Self {
        Self(AeadKey::new(key))
    }

    /// `WRAPPED ‖ nonce ‖ ciphertext ‖ tag`.
    ///
    /// # Errors
    /// When the system has no random numbers.
    pub fn wrap(&self, kind: &str, name: &str, plain: &[u8]) -> Result<Vec<u8>, getrandom::Error> {
        let mut nonce = [0; NONCE_BYTES];
        getrandom::fill(&mut nonce)?;
        Ok(self.wrap_with(nonce, kind, name, plain))
    }

    fn wrap_with(&self, nonce: [u8; NONCE_BYTES], kind: &str, name: &str, plain: &[u8]) -> Vec<u8> {
        let mut sealed = plain.to_vec();
        // A document has far less than the 64 GiB at which this could fail; an empty one opens never.
        if self.0.seal(nonce, &beside(kind, name), &mut sealed).is_err() {
            sealed.clear();
        }
        [&[WRAPPED], &nonce[..], &sealed].concat()
    }

    /// What was wrapped; nothing when it was by another key, for another document, or was changed.
    pub fn unwrap(&self, kind: &str, name: &str, wrapped: &[u8]) -> Option<Vec<u8>> {
        let (nonce, sealed) = wrapped.strip_prefix(&[WRAPPED])?.split_first_chunk()?;
        let mut plain = sealed.to_vec();
        self.0.open(*nonce, &beside(kind, name), &mut plain).ok()?;
        Some(plain)
    }
}

fn beside(kind: &str, name: &str) -> Vec<u8> {
    LengthPrefixed::new(b"atlas/vault/1")
        .field(kind.as_bytes())
        .field(name.as_bytes())
        .into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::base64;

    fn key() -> WrappingKey {
        WrappingKey::new(&Secret::new([7; 32]))
    }

    #[test]
    fn opens_for_its_own_document_only() {
        let wrapped = key().wrap("agent", "a1", b"secret").unwrap();
        assert_eq!(
            key().unwrap("agent", "a1", &wrapped).as_deref(),
            Some(&b"secret"[..])
        );
        assert_eq!(key().unwrap("agent", "a2", &wrapped), None);
        assert_eq!(key().unwrap("token", "a1", &wrapped), None);
        let other = WrappingKey::new(&Secret::new([8; 32]));
        assert_eq!(other.unwrap("agent", "a1", &wrapped), None);
        for byte in 0..wrapped.len() {
            let mut changed = wrapped.clone();
            changed[byte] ^= 1;
            assert_eq!(key().unwrap("agent", "a1", &changed), None, "byte {byte}");
            assert_eq!(
                key().unwrap("agent", "a1", &wrapped[..byte]),
                None,
                "{byte} bytes"
            );
        }
    }

    #[test]
    fn looks_as_it_always_did() {
        let wrapped = key().wrap_with([9; 12], "agent", "a1", b"secret");
        assert_eq!(base64::encode(&wrapped), GOLDEN);
    }

    /// Made with pyca/cryptography 48, not with this code.
    const GOLDEN: &str = "gAkJCQkJCQkJCQkJCVTg5+bbhNdo7E/mG4nhqorgEeWoy3Q=";
}
