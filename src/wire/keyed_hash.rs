//! HMAC-SHA-256 under a key of 32 bytes, and the one step of HKDF that a key of 32 bytes needs. A
//! key of fixed length can't be of a wrong one, so nothing here can fail.

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use super::secret::Secret;

/// SHA-256.
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

/// HMAC-SHA-256 of the parts one after another.
pub fn hmac_sha256(key: &Secret<32>, parts: &[&[u8]]) -> [u8; 32] {
    // RFC 2104 fills a key up to the hash's block with zeros; doing it here leaves no length to check.
    let mut block = Zeroizing::new([0; 64]);
    block[..32].copy_from_slice(key.expose());
    let mut mac = Hmac::<Sha256>::new(&(*block).into());
    parts.iter().for_each(|part| mac.update(part));
    mac.finalize().into_bytes().into()
}

/// HKDF-Expand (RFC 5869, 2.3) for 32 bytes, which is its first block alone.
pub fn expand(root: &Secret<32>, label: &[u8]) -> Secret<32> {
    Secret::new(hmac_sha256(root, &[label, &[1]]))
}

/// HKDF-Extract (RFC 5869, 2.2) with a salt of 32 bytes.
pub fn extract(salt: [u8; 32], parts: &[&[u8]]) -> Secret<32> {
    Secret::new(hmac_sha256(&Secret::new(salt), parts))
}

#[cfg(test)]
mod tests {
    use hkdf::Hkdf;

    use super::*;

    #[test]
    fn derives_what_the_hkdf_crate_derives() {
        let (root, reference) = Hkdf::<Sha256>::extract(Some(&[3; 32]), b"input key");
        assert_eq!(extract([3; 32], &[b"input", b" key"]).expose(), &root[..]);
        let mut key = [0; 32];
        reference.expand(b"label", &mut key).unwrap();
        assert_eq!(expand(&Secret::new(root.into()), b"label").expose(), &key);
    }
}
