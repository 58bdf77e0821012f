//! The join token: what an operator copies into a machine's install line. It carries who may join
//! (a secret) and whom to trust (the server's id), and is the only thing both sides need to share.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::wire::hex_id::TokenId;
use crate::wire::keyed_hash::sha256;
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
    fn debug_and_errors_keep_the_secret() {
        assert!(format!("{:?}", token()).contains("secret: <secret>"));
        let error = "atl1_SECRET".parse::<JoinToken>().unwrap_err();
        assert!(!error.to_string().contains("SECRET"));
    }
}
