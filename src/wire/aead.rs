//! AES-256-GCM with its key schedule done once: what both envelopes seal and open with. Ciphertext
//! is followed by its 16-byte tag. Which key, which nonce and what is authenticated beside the
//! content are the envelopes' business.

use std::fmt;

use aes_gcm::aead::inout::InOutBuf;
use aes_gcm::{AeadInOut, Aes256Gcm, KeyInit};

use super::secret::Secret;

/// Bytes of a nonce.
pub(super) const NONCE_BYTES: usize = 12;
/// Bytes of a tag.
pub(super) const TAG_BYTES: usize = 16;

/// A key, ready for use, wiped when dropped. On the heap, so that moving it leaves no copies behind.
pub(super) struct AeadKey(Box<Aes256Gcm>);

/// A content longer than AES-GCM takes (64 GiB).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the content is too large to seal")]
pub(super) struct TooLargeToSeal;

/// Wrong key, changed content or changed context: which of them is not told, and can't be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the content can't be opened with this key")]
pub(super) struct NotAuthentic;

impl AeadKey {
    /// Prepares a key.
    pub(super) fn new(key: &Secret<32>) -> Self {
        Self(Box::new(Aes256Gcm::new(key.expose().into())))
    }

    /// Encrypts in place and appends the tag. The nonce must be new for this key.
    ///
    /// # Errors
    /// When the content is too large.
    pub(super) fn seal(
        &self,
        nonce: [u8; NONCE_BYTES],
        beside: &[u8],
        content: &mut Vec<u8>,
    ) -> Result<(), TooLargeToSeal> {
        let tag = self
            .0
            .encrypt_inout_detached(&nonce.into(), beside, InOutBuf::from(&mut content[..]))
            .map_err(|_| TooLargeToSeal)?;
        content.extend_from_slice(&tag);
        Ok(())
    }

    /// Checks the tag, removes it and decrypts in place. The tag is returned: with the nonce it
    /// names this very message.
    ///
    /// # Errors
    /// When the tag is not right; `sealed` is then of no use.
    pub(super) fn open(
        &self,
        nonce: [u8; NONCE_BYTES],
        beside: &[u8],
        sealed: &mut Vec<u8>,
    ) -> Result<[u8; TAG_BYTES], NotAuthentic> {
        let tag: [u8; TAG_BYTES] = *sealed.last_chunk().ok_or(NotAuthentic)?;
        sealed.truncate(sealed.len() - TAG_BYTES);
        self.0
            .decrypt_inout_detached(
                &nonce.into(),
                beside,
                InOutBuf::from(&mut sealed[..]),
                &tag.into(),
            )
            .map_err(|_| NotAuthentic)?;
        Ok(tag)
    }
}

impl fmt::Debug for AeadKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<secret>")
    }
}
