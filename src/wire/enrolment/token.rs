//! The join token: what an operator copies into a machine's install line. It carries who may join
//! (a secret) and whom to trust (the server's id), and is the only thing both sides need to share.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::wire::hex_id::TokenId;
use crate::wire::keyed_hash::{hmac_sha256, sha256};
use crate::wire::pins::ServerId;
use crate::wire::secret::Secret;

/// What every token begins with.
const PREFIX: &str = "atl1_";

/// A join token; its text is `atl1_<id>.<secret>.<server id>`, the last two as base64url of 32
/// bytes without padding. Showing it shows the secret; `Debug` does not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JoinToken {
    id: TokenId,
    secret: Secret<32>,
    server_id: ServerId,
}

/// SHA-256 of a token's secret: what the server keeps, and the key of the request's proof. It is as
/// good as the token itself until that is used or expires, hence secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TokenHash(pub Secret<32>);

/// The name that stands for the shared secret where a token's name would be.
pub const SHARED_SECRET_ID: TokenId = TokenId::new([0; 8]);
/// Stands for a server that the agent does not know yet.
pub(super) const UNKNOWN_SERVER: ServerId = ServerId::from_bytes([0; 32]);
/// A shared secret has at least this many bytes, as 1.x and 2.0 asked.
const SHARED_SECRET_BYTES_MIN: usize = 32;

/// The text is no shared secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the cluster secret must be {SHARED_SECRET_BYTES_MIN} bytes or more, in base64 or as hexadecimal digits"
)]
pub struct SharedSecretError;

impl TokenHash {
    /// What stands for a token's hash when the cluster's shared secret (`cluster.secret`) is used. It
    /// has a label of its own, so that nothing else made of that secret can stand for it.
    ///
    /// # Errors
    /// When the text is not one.
    pub fn of_shared_secret(text: &str) -> Result<Self, SharedSecretError> {
        let text = text.trim();
        let is_hex = text.len().is_multiple_of(2) && text.bytes().all(|digit| digit.is_ascii_hexdigit());
        let secret = if is_hex {
            text.as_bytes().chunks_exact(2).map(hex_byte).collect()
        } else {
            STANDARD.decode(text).ok()
        };
        let secret = Zeroizing::new(secret.ok_or(SharedSecretError)?);
        if secret.len() < SHARED_SECRET_BYTES_MIN {
            return Err(SharedSecretError);
        }
        let key = Secret::new(sha256(&secret));
        Ok(Self(Secret::new(hmac_sha256(&key, &[b"atlas/enroll/shared/v2"]))))
    }
}

fn hex_byte(pair: &[u8]) -> Option<u8> {
    u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()
}

/// Why a text is no token. None of these repeats it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JoinTokenError {
    /// It begins with something else.
    #[error("a join token begins with {PREFIX}; copy all of it from the dashboard or `atlas token create`")]
    Prefix,
    /// It has more or fewer parts than three.
    #[error("a join token has three parts with a dot between them, this has {found}; was it cut off?")]
    Parts {
        /// How many it has.
        found: usize,
    },
    /// The first part.
    #[error("the first part of the join token is damaged: expected 16 hexadecimal digits")]
    Id,
    /// The second part.
    #[error("the second part of the join token is damaged: expected 43 characters of base64url")]
    Secret,
    /// The third part.
    #[error("the third part of the join token is damaged: expected 43 characters of base64url")]
    ServerId,
}

impl JoinToken {
    /// A new token for this server.
    ///
    /// # Errors
    /// When the system has no random numbers.
    pub fn random(server_id: ServerId) -> Result<Self, getrandom::Error> {
        Ok(Self::new(TokenId::random()?, Secret::random()?, server_id))
    }

    /// A token of these parts.
    pub const fn new(id: TokenId, secret: Secret<32>, server_id: ServerId) -> Self {
        Self {
            id,
            secret,
            server_id,
        }
    }

    /// Which token; not secret.
    pub const fn id(&self) -> TokenId {
        self.id
    }

    /// The server whose answer an agent with this token takes.
    pub const fn server_id(&self) -> ServerId {
        self.server_id
    }

    /// What the server keeps of it.
    pub fn hash(&self) -> TokenHash {
        TokenHash(Secret::new(sha256(self.secret.expose())))
    }
}

impl fmt::Display for JoinToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let secret = Zeroizing::new(URL_SAFE_NO_PAD.encode(self.secret.expose()));
        let server_id = URL_SAFE_NO_PAD.encode(self.server_id.as_bytes());
        write!(f, "{PREFIX}{}.{}.{server_id}", self.id, *secret)
    }
}

impl FromStr for JoinToken {
    type Err = JoinTokenError;

    /// White space around it is dropped, as it comes from terminals and files.
    fn from_str(text: &str) -> Result<Self, JoinTokenError> {
        let parts = text.trim().strip_prefix(PREFIX).ok_or(JoinTokenError::Prefix)?;
        let found = parts.split('.').count();
        let mut parts = parts.split('.');
        let (Some(id), Some(secret), Some(server_id), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(JoinTokenError::Parts { found });
        };
        Ok(Self {
            id: id.parse().map_err(|_| JoinTokenError::Id)?,
            secret: decode(secret).map(Secret::new).ok_or(JoinTokenError::Secret)?,
            server_id: decode(server_id)
                .map(ServerId::from_bytes)
                .ok_or(JoinTokenError::ServerId)?,
        })
    }
}

fn decode(text: &str) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    let length = URL_SAFE_NO_PAD.decode_slice(text, &mut bytes).ok()?;
    (length == bytes.len()).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token() -> JoinToken {
        let server_id = ServerId::from_bytes([0xff; 32]);
        JoinToken::new(TokenId::new([0xab; 8]), Secret::new([0xfb; 32]), server_id)
    }

    #[test]
    fn reads_what_it_shows() {
        let text = token().to_string();
        assert_eq!(
            text,
            "atl1_abababababababab.-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_s.__________________________________________8"
        );
        assert_eq!(format!(" {text}\n").parse(), Ok(token()));
    }

    #[test]
    fn no_two_are_the_same() {
        let [one, other] = [(); 2].map(|()| JoinToken::random(token().server_id).unwrap());
        assert!(one.id != other.id && one.secret != other.secret && one.hash() != other.hash());
        assert_eq!(one.to_string().parse(), Ok(one));
    }

    #[test]
    fn says_what_is_wrong_with_a_text() {
        let text = token().to_string();
        let parts: Vec<&str> = text.split('.').collect();
        let of = |text: &str| text.parse::<JoinToken>().unwrap_err();
        assert_eq!(of(""), JoinTokenError::Prefix);
        assert_eq!(of(&text[1..]), JoinTokenError::Prefix);
        assert_eq!(of(&text.replace("atl1", "atl2")), JoinTokenError::Prefix);
        assert_eq!(of(parts[0]), JoinTokenError::Parts { found: 1 });
        assert_eq!(of(&text[..60]), JoinTokenError::Parts { found: 2 });
        assert_eq!(of(&format!("{text}.x")), JoinTokenError::Parts { found: 4 });
        assert_eq!(of(&text.replace("abab.", "aba.")), JoinTokenError::Id);
        assert_eq!(of(&text.replace("-_v7-_s", "-_v7-_t")), JoinTokenError::Secret);
        assert_eq!(of(&text.replace("-_v7-_s", "-_v7-_s=")), JoinTokenError::Secret);
        assert_eq!(of(&text[..text.len() - 1]), JoinTokenError::ServerId);
        assert_eq!(of(&format!("{text}8")), JoinTokenError::ServerId);
    }

    #[test]
    fn a_shared_secret_is_the_same_in_hex_and_base64_and_never_a_short_one() {
        let hash = TokenHash::of_shared_secret(&"ab".repeat(32)).unwrap();
        let base64 = format!("{}\n", STANDARD.encode([0xab; 32]));
        assert_eq!(
            crate::wire::base64::encode(hash.0.expose()),
            "gLip3q/dLjuMA0iWx8iqhJAKNhMZh53MObfHH59obgE="
        );
        assert_eq!(TokenHash::of_shared_secret(&base64), Ok(hash));
        for text in ["", "secret", &"ab".repeat(31), &STANDARD.encode([1; 31])] {
            assert!(TokenHash::of_shared_secret(text).is_err(), "{text}");
        }
    }

    #[test]
    fn debug_and_errors_keep_the_secret() {
        assert!(format!("{:?}", token()).contains("secret: <secret>"));
        let error = "atl1_SECRET".parse::<JoinToken>().unwrap_err();
        assert!(!error.to_string().contains("SECRET"));
    }
}
