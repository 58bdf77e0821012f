//! What an agent seals to operators, so that the server and its disk hold it and can't read it: a random
//! key for the content, wrapped for each operator's X25519 key, and a header that the content's key is
//! bound to. docs/protocol.md has the bytes.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use x25519_dalek::{PublicKey as ExchangePublic, StaticSecret};
use zeroize::Zeroizing;

use super::aead::{AeadKey, NONCE_BYTES};
use super::base64::{Base64Array, Base64Bytes};
use super::hex_id::KeyId;
use super::keyed_hash::{expand, extract, sha256};
use super::length_prefixed::LengthPrefixed;
use super::operator_key::{OperatorKey, OperatorPublicKey};
use super::secret::Secret;

/// The first line.
const MAGIC: &[u8] = b"atlas-sealed/1\n";
/// Fewer are refused: with a single key lost, what was sealed would be lost.
pub const RECIPIENTS_MIN: usize = 2;
/// Reason: a server registers no more keys.
pub const RECIPIENTS_MAX: usize = 256;
/// Bytes of a header at most. Reason: all recipients, at 220 bytes each, and what it is about.
const HEADER_BYTES_MAX: usize = 64 * 1024;
/// Bytes of what it is about at most.
pub const ABOUT_BYTES_MAX: usize = 512;
const WRAP_LABEL: &[u8] = b"atlas/sealed/wrap/1";
const CONTENT_LABEL: &[u8] = b"atlas/sealed/content/1";

/// Who can open it, and what it is about.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    about: String,
    to: Vec<Stanza>,
}

/// The content's key, wrapped for one operator.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stanza {
    kid: KeyId,
    /// X25519, new for each operator and each sealing.
    ephemeral: Base64Array<32>,
    wrapped: Base64Bytes,
}

/// Why nothing was sealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SealToOperatorsError {
    /// Too few or too many.
    #[error(
        "something is sealed to {RECIPIENTS_MIN} to {RECIPIENTS_MAX} different operator keys, not to {found}: register another key"
    )]
    Recipients {
        /// How many different ones there are.
        found: usize,
    },
    /// One of the keys is one that everybody can compute with.
    #[error("the operator key {0} is not usable: remove it")]
    Unusable(KeyId),
    /// What it is about is too long, or the content is.
    #[error("this is too large to be sealed")]
    TooLarge,
    /// There is no randomness.
    #[error("the system has no random numbers")]
    NoRandomness,
}

/// Why it was not opened. Which byte is wrong can't be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OpenSealedError {
    /// It is something else, was cut off, or is of a newer version.
    #[error("this was not sealed to operators, or was cut off")]
    NotSealed,
    /// It was sealed to others.
    #[error("this was not sealed to the key {0}")]
    NotForThisKey(KeyId),
    /// It was changed after it was sealed.
    #[error("this was changed after it was sealed")]
    Changed,
}

/// Something sealed, read but not opened.
pub struct Sealed<'a> {
    header: Header,
    header_bytes: &'a [u8],
    nonce: [u8; NONCE_BYTES],
    content: &'a [u8],
}

/// Seals content to operators. `about` says what it is; everybody can read it and nobody change it.
///
/// # Errors
/// See [`SealToOperatorsError`].
pub fn seal(
    about: &str,
    operators: &[OperatorPublicKey],
    content: &[u8],
) -> Result<Vec<u8>, SealToOperatorsError> {
    let different: BTreeSet<KeyId> = operators.iter().map(OperatorPublicKey::id).collect();
    let found = different.len();
    if !(RECIPIENTS_MIN..=RECIPIENTS_MAX).contains(&found) || found != operators.len() {
        return Err(SealToOperatorsError::Recipients { found });
    }
    if about.len() > ABOUT_BYTES_MAX {
        return Err(SealToOperatorsError::TooLarge);
    }
    let file_key = Secret::random().map_err(|_| SealToOperatorsError::NoRandomness)?;
    let to = operators.iter().map(|operator| wrap(&file_key, about, operator));
    let header = Header {
        about: about.to_owned(),
        to: to.collect::<Result<_, _>>()?,
    };
    // Texts always serialise, and without line breaks.
    let header = serde_json::to_vec(&header).unwrap_or_default();
    let mut nonce = [0; NONCE_BYTES];
    getrandom::fill(&mut nonce).map_err(|_| SealToOperatorsError::NoRandomness)?;
    let mut sealed = content.to_vec();
    AeadKey::new(&content_key(&file_key, &header))
        .seal(nonce, &header, &mut sealed)
        .map_err(|_| SealToOperatorsError::TooLarge)?;
    Ok([MAGIC, &header, b"\n", &nonce, &sealed].concat())
}

fn wrap(
    file_key: &Secret<32>,
    about: &str,
    operator: &OperatorPublicKey,
) -> Result<Stanza, SealToOperatorsError> {
    let ours: Secret<32> = Secret::random().map_err(|_| SealToOperatorsError::NoRandomness)?;
    let ours = StaticSecret::from(*ours.expose());
    let ephemeral = ExchangePublic::from(&ours).to_bytes();
    let theirs = operator.exchange_key().0;
    let shared = ours.diffie_hellman(&ExchangePublic::from(theirs));
    if !shared.was_contributory() {
        return Err(SealToOperatorsError::Unusable(operator.id()));
    }
    let key = wrap_key(shared.as_bytes(), &ephemeral, &theirs);
    let mut wrapped = file_key.expose().to_vec();
    // The key is new and used once, so the nonce may be always the same.
    AeadKey::new(&key)
        .seal([0; NONCE_BYTES], &beside(operator.id(), about), &mut wrapped)
        .map_err(|_| SealToOperatorsError::TooLarge)?;
    Ok(Stanza {
        kid: operator.id(),
        ephemeral: Base64Array(ephemeral),
        wrapped: Base64Bytes(wrapped),
    })
}

fn wrap_key(shared: &[u8; 32], ephemeral: &[u8; 32], theirs: &[u8; 32]) -> Secret<32> {
    let salt = LengthPrefixed::new(WRAP_LABEL)
        .field(ephemeral)
        .field(theirs)
        .into_bytes();
    expand(&extract(sha256(&salt), &[shared]), WRAP_LABEL)
}

fn content_key(file_key: &Secret<32>, header: &[u8]) -> Secret<32> {
    expand(&extract(sha256(header), &[file_key.expose()]), CONTENT_LABEL)
}

fn beside(operator: KeyId, about: &str) -> Vec<u8> {
    LengthPrefixed::new(WRAP_LABEL)
        .field(operator.as_bytes())
        .field(about.as_bytes())
        .into_bytes()
}

impl<'a> Sealed<'a> {
    /// Reads something sealed; nothing in it is believed yet.
    ///
    /// # Errors
    /// When it is something else.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, OpenSealedError> {
        let rest = bytes.strip_prefix(MAGIC).ok_or(OpenSealedError::NotSealed)?;
        let end = rest.iter().take(HEADER_BYTES_MAX).position(|byte| *byte == b'\n');
        let (header_bytes, rest) = rest.split_at(end.ok_or(OpenSealedError::NotSealed)?);
        let header: Header = serde_json::from_slice(header_bytes).map_err(|_| OpenSealedError::NotSealed)?;
        let (nonce, content) = rest[1..].split_first_chunk().ok_or(OpenSealedError::NotSealed)?;
        Ok(Self {
            header,
            header_bytes,
            nonce: *nonce,
            content,
        })
    }

    /// What it says it is about; true only once it has been opened.
    #[must_use]
    pub fn about(&self) -> &str {
        &self.header.about
    }

    /// Who can open it, as it says.
    pub fn operators(&self) -> impl Iterator<Item = KeyId> {
        self.header.to.iter().map(|stanza| stanza.kid)
    }

    /// Opens it with an operator's key.
    ///
    /// # Errors
    /// When it was sealed to others, or changed.
    pub fn open(&self, key: &OperatorKey) -> Result<Zeroizing<Vec<u8>>, OpenSealedError> {
        let id = key.id();
        let stanza = self.header.to.iter().find(|stanza| stanza.kid == id);
        let stanza = stanza.ok_or(OpenSealedError::NotForThisKey(id))?;
        let file_key = self.unwrap(key, stanza).ok_or(OpenSealedError::Changed)?;
        let mut content = Zeroizing::new(self.content.to_vec());
        AeadKey::new(&content_key(&file_key, self.header_bytes))
            .open(self.nonce, self.header_bytes, &mut content)
            .map_err(|_| OpenSealedError::Changed)?;
        Ok(content)
    }

    fn unwrap(&self, key: &OperatorKey, stanza: &Stanza) -> Option<Secret<32>> {
        let shared = key
            .exchange()
            .diffie_hellman(&ExchangePublic::from(stanza.ephemeral.0));
        if !shared.was_contributory() {
            return None;
        }
        let ours = key.public().exchange_key().0;
        let wrap_key = wrap_key(shared.as_bytes(), &stanza.ephemeral.0, &ours);
        let mut wrapped = Zeroizing::new(stanza.wrapped.0.clone());
        let beside = beside(stanza.kid, &self.header.about);
        AeadKey::new(&wrap_key)
            .open([0; NONCE_BYTES], &beside, &mut wrapped)
            .ok()?;
        wrapped.as_slice().try_into().ok().map(Secret::new)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys<const N: usize>() -> [OperatorKey; N] {
        [(); N].map(|()| OperatorKey::random().unwrap())
    }

    fn sealed(to: &[OperatorKey]) -> Vec<u8> {
        let to: Vec<_> = to.iter().map(OperatorKey::public).collect();
        seal("output of command 7", &to, b"planted canary").unwrap()
    }

    #[test]
    fn each_operator_opens_it_and_nobody_else() {
        let operators = keys::<3>();
        let bytes = sealed(&operators);
        assert!(!bytes.windows(6).any(|part| part == b"canary"));
        let read = Sealed::parse(&bytes).unwrap();
        assert_eq!(read.about(), "output of command 7");
        for operator in &operators {
            assert_eq!(&read.open(operator).unwrap()[..], b"planted canary");
        }
        let [stranger] = keys();
        let refused = OpenSealedError::NotForThisKey(stranger.id());
        assert_eq!(read.open(&stranger).err(), Some(refused));
        assert!(read.operators().eq(operators.iter().map(OperatorKey::id)));
    }

    #[test]
    fn is_sealed_to_two_different_keys_at_least() {
        let [one, other] = keys().map(|key| key.public());
        for (to, found) in [
            (vec![], 0),
            (vec![one], 1),
            (vec![one, one], 1),
            (vec![one, other, one], 2),
        ] {
            let refused = seal("x", &to, b"y").unwrap_err();
            assert_eq!(refused, SealToOperatorsError::Recipients { found });
        }
        assert!(seal("x", &[one, other], b"").is_ok());
    }

    #[test]
    fn no_byte_can_be_changed_unseen() {
        let operators = keys::<2>();
        let bytes = sealed(&operators);
        for at in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[at] ^= 1;
            let opened = Sealed::parse(&changed).and_then(|read| read.open(&operators[0]));
            assert!(opened.is_err(), "byte {at}");
            let cut = Sealed::parse(&bytes[..at]).and_then(|read| read.open(&operators[0]));
            assert!(cut.is_err(), "{at} bytes");
        }
    }

    #[test]
    fn a_recipient_can_be_neither_added_nor_taken_away() {
        let operators = keys::<3>();
        let (bytes, other) = (sealed(&operators), sealed(&operators));
        let line = |bytes: &[u8]| {
            let rest = &bytes[MAGIC.len()..];
            let end = rest.iter().position(|byte| *byte == b'\n').unwrap();
            (
                serde_json::from_slice::<Header>(&rest[..end]).unwrap(),
                rest[end..].to_vec(),
            )
        };
        let (mut header, rest) = line(&bytes);
        header.to.truncate(2);
        let fewer = [MAGIC, &serde_json::to_vec(&header).unwrap(), &rest].concat();
        header.to.extend(line(&other).0.to.pop());
        let exchanged = [MAGIC, &serde_json::to_vec(&header).unwrap(), &rest].concat();
        for bytes in [fewer, exchanged] {
            let read = Sealed::parse(&bytes).unwrap();
            assert_eq!(read.open(&operators[0]).err(), Some(OpenSealedError::Changed));
        }
    }

    #[test]
    fn what_is_no_such_thing_is_refused() {
        for junk in [
            &b""[..],
            b"atlas-sealed/1\n",
            b"atlas-sealed/2\n{}\n",
            b"atlas-sealed/1\n{}\nxxxxxxxxxxxxxxxx",
        ] {
            assert_eq!(Sealed::parse(junk).err(), Some(OpenSealedError::NotSealed));
        }
        let long = [MAGIC, &vec![b'x'; 1 << 20]].concat();
        assert_eq!(Sealed::parse(&long).err(), Some(OpenSealedError::NotSealed));
    }
}
