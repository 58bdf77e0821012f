//! The file that an operator keeps: JSON with the public part in clear, and the private halves, bare
//! or locked by a passphrase (Argon2id, then AES-256-GCM bound to the public part). Writing it safely
//! is the command line's business.

use argon2::{Algorithm, Argon2, Params, Version};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::{OperatorKey, OperatorPublicKey};
use crate::wire::aead::{AeadKey, NONCE_BYTES};
use crate::wire::base64::{Base64Array, Base64Bytes};
use crate::wire::length_prefixed::LengthPrefixed;
use crate::wire::secret::Secret;

/// The format that is written, and the only one so far.
const FORMAT: u32 = 1;
/// What the lock is for.
const LOCK_LABEL: &[u8] = b"atlas/operator key file/1";
/// Memory for the passphrase's hash. Reason: four times OWASP's least; a quarter of a second.
const MEMORY_KIB: u32 = 65_536;
/// Passes over that memory.
const PASSES: u32 = 3;
/// More is not tried, whatever a file says. Reason: a file from elsewhere must not take all memory.
const MEMORY_KIB_MAX: u32 = 1_048_576;
/// See [`MEMORY_KIB_MAX`].
const PASSES_MAX: u32 = 16;

/// An operator's key as it rests.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OperatorKeyFile {
    format: u32,
    /// What may be shown to everybody.
    public: OperatorPublicKey,
    #[serde(skip_serializing_if = "Option::is_none")]
    private: Option<PrivateHalves>,
    #[serde(skip_serializing_if = "Option::is_none")]
    locked: Option<LockedHalves>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PrivateHalves {
    signing: Secret<32>,
    exchange: Secret<32>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct LockedHalves {
    kdf: KeyDerivation,
    memory_kib: u32,
    passes: u32,
    salt: Base64Array<16>,
    nonce: Base64Array<NONCE_BYTES>,
    sealed: Base64Bytes,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum KeyDerivation {
    Argon2id,
}

/// Why a file gives no key. None of these repeats the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OperatorKeyFileError {
    /// Damaged, or another file.
    #[error("this is no operator's key file, or it is damaged at line {line}: restore it from a backup")]
    Malformed {
        /// Where.
        line: usize,
    },
    /// Written by a newer version.
    #[error("the operator's key file has format {found}, this version reads {FORMAT}: use a newer one")]
    Format {
        /// The format it has.
        found: u32,
    },
    /// It is locked.
    #[error("the operator's key is locked: its passphrase is needed")]
    PassphraseMissing,
    /// Wrong passphrase, or the file was changed.
    #[error("the passphrase is wrong, or the file was changed")]
    PassphraseWrong,
    /// The halves are not those of the public part, or its lock asks for too much.
    #[error("the operator's key file does not fit together: restore it from a backup")]
    Inconsistent,
    /// No randomness, or no memory.
    #[error("the system has no random numbers or no memory for this right now")]
    Resources,
}

/// The one field that every format has.
#[derive(Deserialize)]
struct AnyFormat {
    format: u32,
}

impl OperatorKeyFile {
    /// The file of a key; locked if there is a passphrase.
    ///
    /// # Errors
    /// When the system has no randomness or memory.
    pub fn of(key: &OperatorKey, passphrase: Option<&str>) -> Result<Self, OperatorKeyFileError> {
        let public = key.public();
        let locked = passphrase.map(|passphrase| lock(key, &public, passphrase));
        let private = PrivateHalves {
            signing: key.signing.clone(),
            exchange: key.exchange.clone(),
        };
        Ok(Self {
            format: FORMAT,
            public,
            private: passphrase.is_none().then_some(private),
            locked: locked.transpose()?,
        })
    }

    /// Reads a file.
    ///
    /// # Errors
    /// When it is no such file.
    pub fn from_json(file: &[u8]) -> Result<Self, OperatorKeyFileError> {
        let malformed = |error: serde_json::Error| OperatorKeyFileError::Malformed { line: error.line() };
        let AnyFormat { format: found } = serde_json::from_slice(file).map_err(malformed)?;
        if found != FORMAT {
            return Err(OperatorKeyFileError::Format { found });
        }
        serde_json::from_slice(file).map_err(malformed)
    }

    /// The file's content; wiped when dropped.
    ///
    /// # Errors
    /// None that can happen with these types; `serde_json` has no way to say so.
    pub fn to_json(&self) -> Result<Zeroizing<Vec<u8>>, serde_json::Error> {
        serde_json::to_vec_pretty(self).map(Zeroizing::new)
    }

    /// The public part, for which no passphrase is needed.
    #[must_use]
    pub const fn public(&self) -> OperatorPublicKey {
        self.public
    }

    /// Whether a passphrase is needed for the rest.
    #[must_use]
    pub const fn is_locked(&self) -> bool {
        self.locked.is_some()
    }

    /// The key.
    ///
    /// # Errors
    /// When the passphrase is missing or wrong, or the file was changed.
    pub fn key(&self, passphrase: Option<&str>) -> Result<OperatorKey, OperatorKeyFileError> {
        let key = match (&self.private, &self.locked) {
            (Some(bare), None) => OperatorKey::new(bare.signing.clone(), bare.exchange.clone()),
            (None, Some(locked)) => {
                let passphrase = passphrase.ok_or(OperatorKeyFileError::PassphraseMissing)?;
                unlock(locked, &self.public, passphrase)?
            }
            _ => return Err(OperatorKeyFileError::Inconsistent),
        };
        if key.public() == self.public {
            Ok(key)
        } else {
            Err(OperatorKeyFileError::Inconsistent)
        }
    }
}

fn lock(
    key: &OperatorKey,
    public: &OperatorPublicKey,
    passphrase: &str,
) -> Result<LockedHalves, OperatorKeyFileError> {
    let (mut salt, mut nonce) = ([0; 16], [0; NONCE_BYTES]);
    getrandom::fill(&mut salt)
        .and_then(|()| getrandom::fill(&mut nonce))
        .map_err(|_| OperatorKeyFileError::Resources)?;
    let lock = derive(passphrase, &salt, MEMORY_KIB, PASSES)?;
    let mut sealed = [&key.signing.expose()[..], key.exchange.expose()].concat();
    AeadKey::new(&lock)
        .seal(nonce, &beside(public), &mut sealed)
        .map_err(|_| OperatorKeyFileError::Resources)?;
    Ok(LockedHalves {
        kdf: KeyDerivation::Argon2id,
        memory_kib: MEMORY_KIB,
        passes: PASSES,
        salt: Base64Array(salt),
        nonce: Base64Array(nonce),
        sealed: Base64Bytes(sealed),
    })
}

fn unlock(
    locked: &LockedHalves,
    public: &OperatorPublicKey,
    passphrase: &str,
) -> Result<OperatorKey, OperatorKeyFileError> {
    if locked.memory_kib > MEMORY_KIB_MAX || locked.passes > PASSES_MAX {
        return Err(OperatorKeyFileError::Inconsistent);
    }
    let KeyDerivation::Argon2id = locked.kdf;
    let lock = derive(passphrase, &locked.salt.0, locked.memory_kib, locked.passes)?;
    let mut halves = Zeroizing::new(locked.sealed.0.clone());
    AeadKey::new(&lock)
        .open(locked.nonce.0, &beside(public), &mut halves)
        .map_err(|_| OperatorKeyFileError::PassphraseWrong)?;
    let (signing, exchange) = halves
        .split_first_chunk()
        .ok_or(OperatorKeyFileError::Inconsistent)?;
    let exchange = exchange.first_chunk().ok_or(OperatorKeyFileError::Inconsistent)?;
    Ok(OperatorKey::new(Secret::new(*signing), Secret::new(*exchange)))
}

fn derive(
    passphrase: &str,
    salt: &[u8; 16],
    memory_kib: u32,
    passes: u32,
) -> Result<Secret<32>, OperatorKeyFileError> {
    let params =
        Params::new(memory_kib, passes, 1, Some(32)).map_err(|_| OperatorKeyFileError::Inconsistent)?;
    let mut key = Zeroizing::new([0; 32]);
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(passphrase.as_bytes(), salt, &mut *key)
        .map_err(|_| OperatorKeyFileError::Resources)?;
    Ok(Secret::new(*key))
}

fn beside(public: &OperatorPublicKey) -> Vec<u8> {
    LengthPrefixed::new(LOCK_LABEL)
        .field(public.to_string().as_bytes())
        .into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> OperatorKey {
        OperatorKey::new(Secret::new([7; 32]), Secret::new([8; 32]))
    }

    fn written(passphrase: Option<&str>) -> String {
        let file = OperatorKeyFile::of(&key(), passphrase)
            .unwrap()
            .to_json()
            .unwrap();
        String::from_utf8(file.to_vec()).unwrap()
    }

    #[test]
    fn reads_what_it_writes_bare_and_locked() {
        let bare = OperatorKeyFile::from_json(written(None).as_bytes()).unwrap();
        assert_eq!((bare.is_locked(), bare.key(None)), (false, Ok(key())));
        let text = written(Some("grey otters"));
        let locked = OperatorKeyFile::from_json(text.as_bytes()).unwrap();
        assert_eq!((locked.is_locked(), locked.public()), (true, key().public()));
        assert_eq!(locked.key(Some("grey otters")), Ok(key()));
        assert_eq!(
            locked.key(Some("grey otter")),
            Err(OperatorKeyFileError::PassphraseWrong)
        );
        assert_eq!(locked.key(None), Err(OperatorKeyFileError::PassphraseMissing));
        let half = crate::wire::base64::encode(&[7; 32]);
        assert!(written(None).contains(&half) && !text.contains(&half));
    }

    #[test]
    fn a_public_part_that_was_exchanged_is_noticed() {
        let other = OperatorKey::random().unwrap().public().to_string();
        for passphrase in [None, Some("grey otters")] {
            let text = written(passphrase).replace(&key().public().to_string(), &other);
            let file = OperatorKeyFile::from_json(text.as_bytes()).unwrap();
            assert!(file.key(passphrase).is_err());
        }
    }

    #[test]
    fn a_file_from_elsewhere_takes_no_memory_and_repeats_nothing() {
        let greedy = written(Some("x")).replace("65536", "4294967295");
        let greedy = OperatorKeyFile::from_json(greedy.as_bytes()).unwrap();
        assert_eq!(greedy.key(Some("x")), Err(OperatorKeyFileError::Inconsistent));
        let newer = written(None).replace("\"format\": 1", "\"format\": 2");
        let newer = OperatorKeyFile::from_json(newer.as_bytes());
        assert_eq!(newer.err(), Some(OperatorKeyFileError::Format { found: 2 }));
        let broken = OperatorKeyFile::from_json(b"{\"format\":1,\n\"public\":\"SECRET\"}");
        assert!(!broken.err().unwrap().to_string().contains("SECRET"));
    }
}
