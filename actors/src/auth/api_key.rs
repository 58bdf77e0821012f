//! API keys: `atk_<id>_<secret><checksum>`. The secret is shown once and kept as its digest; the
//! checksum lets a program that looks for leaked secrets tell a key from chance.

use std::fmt;

use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;

use super::credentials::{Digest, digest};
use super::session::Seen;
use super::sessions::hex;
use crate::clock::Timestamp;
use crate::model::{Scopes, UserName};

/// What each key begins with.
pub const PREFIX: &str = "atk_";
const ID_CHARS: usize = 16;
const SECRET_CHARS: usize = 64;
const CHECKSUM_CHARS: usize = 8;

/// A key as stored.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct StoredKey {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) scopes: Scopes,
    pub(super) created_by: UserName,
    pub(super) created_at: Timestamp,
    pub(super) expires_at: Timestamp,
    pub(super) secret: Digest,
}

/// A key as it counts now.
#[derive(Clone)]
pub struct ApiKey {
    /// Its name for programs.
    pub id: String,
    /// Its name for people.
    pub name: String,
    /// What it may do: no more than whoever made it may do now.
    pub scopes: Scopes,
    /// Who made it.
    pub created_by: UserName,
    /// When.
    pub created_at: Timestamp,
    /// Until when it counts.
    pub expires_at: Timestamp,
    /// When it was last used.
    pub used: Seen,
    secret: Digest,
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApiKey")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

impl ApiKey {
    pub(super) fn new(stored: &StoredKey, scopes: Scopes, used: Seen) -> Self {
        Self {
            id: stored.id.clone(),
            name: stored.name.clone(),
            scopes,
            created_by: stored.created_by.clone(),
            created_at: stored.created_at,
            expires_at: stored.expires_at,
            used,
            secret: stored.secret,
        }
    }

    pub(super) fn is_opened_by(&self, secret: &str, now: Timestamp) -> bool {
        self.expires_at > now && bool::from(digest(secret.as_bytes()).ct_eq(&self.secret))
    }
}

/// A new key: its id, its secret's digest, and its text.
pub(super) fn draw() -> Result<(String, Digest, String), getrandom::Error> {
    let (id, secret) = (super::tokens::random_text()?, super::tokens::random_text()?);
    let id = &id[..ID_CHARS];
    let text = format!("{PREFIX}{id}_{secret}{}", checksum(id, &secret));
    Ok((id.to_owned(), digest(secret.as_bytes()), text))
}

/// A key's id and its secret, if the text is one.
pub(super) fn parse(text: &str) -> Option<(&str, &str)> {
    let (id, rest) = text.strip_prefix(PREFIX)?.split_once('_')?;
    let (secret, sum) = rest.split_at_checked(SECRET_CHARS)?;
    let is_whole = id.len() == ID_CHARS && sum.len() == CHECKSUM_CHARS && sum == checksum(id, secret);
    is_whole.then_some((id, secret))
}

fn checksum(id: &str, secret: &str) -> String {
    let sum = digest(format!("atlas/api-key/1 {id} {secret}").as_bytes());
    hex(&sum[..CHECKSUM_CHARS / 2])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_read_whole_or_not_at_all() {
        let (id, secret, text) = draw().unwrap();
        let (read_id, read_secret) = parse(&text).unwrap();
        assert_eq!((read_id, digest(read_secret.as_bytes())), (&*id, secret));
        assert!(parse(&text[..text.len() - 1]).is_none());
        assert!(parse(&text.replacen('_', "-", 1)).is_none());
        let last = if text.ends_with('0') { "1" } else { "0" };
        assert!(parse(&format!("{}{last}", &text[..text.len() - 1])).is_none());
        for junk in ["", "atk_", "atk_é_é", "atk__"] {
            assert!(parse(junk).is_none(), "{junk}");
        }
    }
}
