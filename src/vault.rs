//! Where secrets that rest in the store get wrapped: by the key in a file of the data folder, beside
//! the store and never in it. A copy of the store alone is worth nothing; a backup that is to be
//! restored needs that file too.

use std::path::Path;

use atlas_actors::store::DocumentKind;
use atlas_actors::vault::{Vault, VaultError};
use bytes::Bytes;

use crate::secret_file::{self, SecretFileError};
use crate::wire::secret::Secret;
use crate::wire::wrapping::WrappingKey;

/// Wraps with the key of a file.
#[derive(Debug)]
pub struct FileVault(WrappingKey);

impl FileVault {
    /// The vault whose key is in that file; made when there is none.
    ///
    /// # Errors
    /// When the file can't be read or written, or is no key.
    pub fn open(key_file: &Path) -> Result<Self, SecretFileError> {
        let key = secret_file::load_or_make(key_file)?;
        Ok(Self(WrappingKey::new(&Secret::new(key))))
    }
}

impl Vault for FileVault {
    fn wrap(&self, kind: DocumentKind, key: &str, plain: &[u8]) -> Result<Bytes, VaultError> {
        let wrapped = self.0.wrap(kind.name(), key, plain);
        wrapped.map(Bytes::from).map_err(|_| VaultError::NoRandomness)
    }

    fn unwrap(&self, kind: DocumentKind, key: &str, wrapped: &[u8]) -> Result<Vec<u8>, VaultError> {
        let plain = self.0.unwrap(kind.name(), key, wrapped);
        plain.ok_or(VaultError::WrongKey)
    }
}
