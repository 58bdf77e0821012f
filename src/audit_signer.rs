//! The key that signs the audit log's checkpoints: derived from the server's identity key, for this
//! one purpose.

use std::path::Path;

use atlas_actors::audit_log::Signer;
use ed25519_dalek::{Signature, Signer as _, SigningKey};
use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::secret_file::{self, SecretFileError};

/// What the derived key is for.
const LABEL: &[u8] = b"atlas/audit/checkpoint key/1";

/// Signs checkpoints and checks them.
pub struct AuditSigner(SigningKey);

impl AuditSigner {
    /// The key of the server whose identity key is in that file.
    ///
    /// # Errors
    /// When the file can't be read or is no key.
    pub fn load(identity_key: &Path) -> Result<Self, SecretFileError> {
        let seed = Zeroizing::new(secret_file::load(identity_key)?);
        let mut key = Zeroizing::new([0; 32]);
        Hkdf::<Sha256>::new(None, &*seed)
            .expand(LABEL, &mut *key)
            .map_err(|_| SecretFileError::Damaged(identity_key.to_owned()))?;
        Ok(Self(SigningKey::from_bytes(&key)))
    }

    /// Whether that is this server's signature of these bytes.
    #[must_use]
    pub fn is_signature(&self, bytes: &[u8], signature: &[u8]) -> bool {
        Signature::from_slice(signature)
            .is_ok_and(|signature| self.0.verifying_key().verify_strict(bytes, &signature).is_ok())
    }
}

impl Signer for AuditSigner {
    fn sign(&self, bytes: &[u8]) -> Vec<u8> {
        self.0.sign(bytes).to_bytes().to_vec()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_its_own_signatures_and_no_others() {
        let folder = tempfile::tempdir().unwrap();
        let signer = |seed: u8| {
            let file = folder.path().join("key");
            std::fs::write(&file, format!("{seed:02x}").repeat(32)).unwrap();
            AuditSigner::load(&file).unwrap()
        };
        let (ours, other) = (signer(1), signer(2));
        let signature = ours.sign(b"bytes");
        assert!(ours.is_signature(b"bytes", &signature));
        assert!(!ours.is_signature(b"other", &signature));
        assert!(!other.is_signature(b"bytes", &signature));
        assert!(!ours.is_signature(b"bytes", b"short"));
    }
}
