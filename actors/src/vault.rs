//! The port by which secrets rest wrapped: documents that hold a secret go through it on their way
//! to the store and back. Who has the store alone, or a copy of it, has nothing. The key that wraps
//! is the edge's business; it never rests where the documents do.

use bytes::Bytes;
use serde::{Serialize, de::DeserializeOwned};

use crate::store::{Document, DocumentKind};
use crate::stored::{decode, encode};

/// The first byte of a wrapped document. Part of the stored format, as those of [`crate::stored`]:
/// documents that were written before there was a vault begin with another.
pub const WRAPPED: u8 = 0x80;

/// A secret could not be wrapped or unwrapped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VaultError {
    /// The operating system gives no randomness.
    #[error("no random numbers are to be had")]
    NoRandomness,
    /// Another key wrapped it, or it is another document's.
    #[error("the key that wraps secrets does not open it")]
    WrongKey,
    /// It was unwrapped, and is not what it should be.
    #[error("stored bytes can't be read")]
    Unreadable,
}

/// Wraps and unwraps secrets.
pub trait Vault: Send + Sync + 'static {
    /// Wraps a document's content; what comes out begins with [`WRAPPED`] and opens for that kind and
    /// key only.
    ///
    /// # Errors
    /// Without randomness.
    fn wrap(&self, kind: DocumentKind, key: &str, plain: &[u8]) -> Result<Bytes, VaultError>;

    /// Unwraps it.
    ///
    /// # Errors
    /// When it was wrapped by another key, or for another document.
    fn unwrap(&self, kind: DocumentKind, key: &str, wrapped: &[u8]) -> Result<Vec<u8>, VaultError>;
}

/// The stored form of a value that holds a secret.
///
/// # Errors
/// Without randomness.
pub fn wrap<T: Serialize>(
    vault: &dyn Vault,
    kind: DocumentKind,
    key: &str,
    value: &T,
) -> Result<Bytes, VaultError> {
    vault.wrap(kind, key, &encode(value))
}

/// Reads the stored form of a value that holds a secret.
///
/// # Errors
/// When it is wrapped by another key, or is not that value.
pub fn unwrap<T: DeserializeOwned>(
    vault: &dyn Vault,
    kind: DocumentKind,
    document: &Document,
) -> Result<T, VaultError> {
    let plain = vault.unwrap(kind, &document.key, &document.body)?;
    decode(&plain).map_err(|_| VaultError::Unreadable)
}

/// Whether a document was written before there was a vault.
#[must_use]
pub fn is_bare(document: &Document) -> bool {
    document.body.first() != Some(&WRAPPED)
}
