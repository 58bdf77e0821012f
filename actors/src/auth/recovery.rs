//! Recovery codes, for the day on which the phone is lost: 80 random bits each, hashed with bcrypt. All
//! codes of one user share a salt, so that a typed one is hashed once and not ten times. Pure; hashing
//! is done by the hasher's thread.

use std::fmt;

use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;
use totp_rs::Secret;

/// Recovery codes that are made together.
pub const RECOVERY_CODES: usize = 10;
/// Bytes of a recovery code: 80 bits, 16 letters of base 32.
const RECOVERY_BYTES: usize = 10;
/// The cost of a hash. Reason: ten are made at once, and these are no words of people: 60 ms each.
const COST: u32 = 10;

/// What the codes of one user are hashed with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecoverySalt([u8; 16]);

/// A hashed code.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecoveryHash(String);

/// A user's hashed codes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecoveryHashes {
    salt: RecoverySalt,
    left: Vec<RecoveryHash>,
}

impl fmt::Debug for RecoveryHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RecoveryHash")
    }
}

/// New recovery codes, to be shown once: `ABCD-EFGH-IJKL-MNOP`.
///
/// # Errors
/// When the operating system has no randomness.
pub fn recovery_codes() -> Result<Vec<String>, getrandom::Error> {
    let code = |_| {
        let mut bytes = [0; RECOVERY_BYTES];
        getrandom::fill(&mut bytes)?;
        let letters = Secret::from(&bytes[..]).to_base32();
        let groups: Vec<&str> = (0..4).map(|n| &letters[n * 4..n * 4 + 4]).collect();
        Ok(groups.join("-"))
    };
    (0..RECOVERY_CODES).map(code).collect()
}

/// However it is typed: small letters, with or without hyphens and spaces.
pub(super) fn letters_of(code: &str) -> String {
    let letters: String = code.chars().filter(char::is_ascii_alphanumeric).collect();
    letters.to_ascii_uppercase()
}

/// Whether that may be a recovery code, and is worth hashing.
#[must_use]
pub fn may_be_recovery_code(typed: &str) -> bool {
    letters_of(typed).len() == 16
}

impl RecoverySalt {
    /// Hashes a code; nothing for what can't be one. Takes 60 ms.
    #[must_use]
    pub fn hash(&self, code: &str) -> Option<RecoveryHash> {
        let hash = may_be_recovery_code(code).then(|| bcrypt::hash_with_salt(letters_of(code), COST, self.0));
        Some(RecoveryHash(hash?.ok()?.to_string()))
    }
}

impl RecoveryHashes {
    /// Hashes codes. Takes 60 ms for each.
    ///
    /// # Errors
    /// When the operating system has no randomness.
    pub fn make(codes: &[String]) -> Result<Self, getrandom::Error> {
        let mut salt = RecoverySalt::default();
        getrandom::fill(&mut salt.0)?;
        let left = codes.iter().filter_map(|code| salt.hash(code)).collect();
        Ok(Self { salt, left })
    }

    /// What a typed code is to be hashed with.
    pub(super) const fn salt(&self) -> RecoverySalt {
        self.salt
    }

    /// Takes a code; it counts once.
    pub(super) fn take(&mut self, typed: &RecoveryHash) -> bool {
        let left = self.left.len();
        self.left
            .retain(|kept| !bool::from(kept.0.as_bytes().ct_eq(typed.0.as_bytes())));
        self.left.len() < left
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_counts_once_however_it_is_typed_and_not_for_another_user() {
        let codes = recovery_codes().unwrap();
        let mut ours = RecoveryHashes::make(&codes).unwrap();
        let others = RecoveryHashes::make(&codes).unwrap();
        let typed = codes[3].to_lowercase().replace('-', " ");
        let hash = ours.salt().hash(&typed).unwrap();
        assert!(!ours.take(&others.salt().hash(&typed).unwrap()));
        assert!(ours.take(&hash) && !ours.take(&hash));
        assert_eq!(ours.left.len(), 9);
    }

    #[test]
    fn rests_as_bcrypt_and_what_can_be_no_code_is_not_hashed() {
        let hashes = RecoveryHashes::make(&recovery_codes().unwrap()).unwrap();
        assert!(
            hashes.left.iter().all(|hash| hash.0.starts_with("$2b$10$")),
            "{:?}",
            hashes.left[0].0
        );
        for typed in ["", "123456", "aaaa-bbbb-cccc", &"a".repeat(5_000)] {
            assert!(hashes.salt().hash(typed).is_none());
        }
    }

    #[test]
    fn recovery_codes_are_ten_and_differ() {
        let codes = recovery_codes().unwrap();
        let different: std::collections::HashSet<_> = codes.iter().collect();
        assert_eq!((codes.len(), different.len()), (10, 10));
        assert!(codes.iter().all(|code| code.len() == 19), "{codes:?}");
    }
}
