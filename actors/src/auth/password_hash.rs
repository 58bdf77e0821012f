//! The forms in which passwords are kept, all of them bcrypt in the end:
//!
//! | Form | Of what |
//! |---|---|
//! | `$2b$…` | the password, up to 71 bytes: what 2.0 can read too |
//! | `$atlas-hm$` + `$2b$…` | base64(HMAC-SHA-256("atlas-pw-v2", password)), for longer ones |
//! | `$2a$…`, `$2y$…` | the password, as other programs write it |
//! | `$atlas-w1$` salt `$` + `$2b$…` | 2.0's hex(SHA-256(password + salt)), wrapped |
//! | `$atlas-w0$` + `$2b$…` | 1.x's hex(SHA-256(password)), wrapped |
//!
//! The last three, and cheaper ones, are replaced at the next sign-in. An empty one is no hash: who has it
//! signs in by the identity provider.

use std::fmt;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::password::PasswordError;
use super::sessions::hex;

/// The cost of a hash: a quarter of a second on the machines that this was measured on.
pub const COST: u32 = 12;
/// bcrypt takes no more bytes than this without cutting them off.
const PLAIN_BYTES_MAX: usize = 71;
/// Separates these keyed hashes from all others that might be made of a password.
const HMAC_KEY: &[u8] = b"atlas-pw-v2";
const LONG: &str = "$atlas-hm$";
const SALTED: &str = "$atlas-w1$";
const UNSALTED: &str = "$atlas-w0$";

/// A hash of nothing that anybody knows, so that an unknown user costs as much as a wrong password.
const NOBODYS: &str = "$2b$12$C6UzMDM.H6dfI/f/IKcEeO7ZCwT1q7dJ5n0vZ3E6nU4tG5m0W3b5K";

/// How a password is kept.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PasswordHash(String);

/// What sort of hash it is, for those who look after users.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HashKind {
    /// bcrypt of the password.
    Bcrypt,
    /// bcrypt around 2.0's salted SHA-256.
    Wrapped,
    /// bcrypt around 1.x's SHA-256 without salt: old leaks may have its inside.
    WrappedUnsalted,
    /// There is no password: they sign in by the identity provider.
    Absent,
}

impl HashKind {
    /// The name in the API.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Bcrypt => "bcrypt",
            Self::Wrapped => "wrapped",
            Self::WrappedUnsalted => "wrapped_unsalted",
            Self::Absent => "none",
        }
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash")
    }
}

impl PasswordHash {
    /// Hashes a password. Takes a quarter of a second.
    ///
    /// # Errors
    /// When it has a zero byte, at which bcrypt would end.
    pub fn make(password: &str) -> Result<Self, PasswordError> {
        let hash = |input: &str| bcrypt::non_truncating_hash(input, COST).map_err(|_| PasswordError::TooLong);
        if password.contains('\0') {
            Err(PasswordError::HasZero)
        } else if password.len() <= PLAIN_BYTES_MAX {
            hash(password).map(Self)
        } else {
            hash(&keyed(password)).map(|hash| Self(format!("{LONG}{hash}")))
        }
    }

    /// No hash: nobody signs in with a password.
    #[must_use]
    pub const fn none() -> Self {
        Self(String::new())
    }

    /// Whether there is no password.
    #[must_use]
    pub const fn is_none(&self) -> bool {
        self.0.is_empty()
    }

    /// A hash that is known to be of one of these forms.
    pub(crate) const fn kept(text: String) -> Self {
        Self(text)
    }

    /// Takes a hash that another program made: bcrypt's forms or those of this file.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let is_bcrypt = |hash: &str| {
            ["$2a$", "$2b$", "$2y$"].iter().any(|form| hash.starts_with(form))
                && hash.parse::<bcrypt::HashParts>().is_ok()
        };
        is_bcrypt(Form::of(text).bcrypt()).then(|| Self(text.to_owned()))
    }

    /// Wraps 2.0's hex SHA-256 of password and salt (contract, section 4). A quarter of a second.
    #[must_use]
    pub fn wrap_salted(sha256_hex: &str, salt: &str) -> Option<Self> {
        let is_hex = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        let hash = wrap(sha256_hex).filter(|_| is_hex(salt))?;
        Some(Self(format!("{SALTED}{salt}${hash}")))
    }

    /// Wraps 1.x's hex SHA-256 of the password alone. A quarter of a second.
    #[must_use]
    pub fn wrap_unsalted(sha256_hex: &str) -> Option<Self> {
        Some(Self(format!("{UNSALTED}{}", wrap(sha256_hex)?)))
    }

    /// What sort it is.
    #[must_use]
    pub fn kind(&self) -> HashKind {
        if self.is_none() {
            return HashKind::Absent;
        }
        match Form::of(&self.0) {
            Form::Plain(_) | Form::Long(_) => HashKind::Bcrypt,
            Form::Salted { .. } => HashKind::Wrapped,
            Form::Unsalted(_) => HashKind::WrappedUnsalted,
        }
    }

    /// Whether that is the password. Takes as long for each form and cost up to [`COST`].
    #[must_use]
    pub fn verify(&self, password: &str) -> bool {
        let form = Form::of(&self.0);
        let (input, hash) = match form {
            Form::Plain(hash) => (password.to_owned(), hash),
            Form::Long(hash) => (keyed(password), hash),
            Form::Salted { salt, hash } => (sha256_hex(&format!("{password}{salt}")), hash),
            Form::Unsalted(hash) => (sha256_hex(password), hash),
        };
        let matches = bcrypt::verify(&input, hash).unwrap_or(false);
        for cost in cost_of(hash)..COST {
            // A cheaper hash would tell by its time that the user exists: 2^c + 2^c + … = 2^12.
            let _ = bcrypt::hash("padding", cost);
        }
        matches && !password.contains('\0')
    }

    /// Whether the hash of that password, which is right, should be made anew.
    #[must_use]
    pub fn is_outdated(&self, password: &str) -> bool {
        match Form::of(&self.0) {
            Form::Plain(hash) => {
                !hash.starts_with("$2b$") || cost_of(hash) < COST || password.len() > PLAIN_BYTES_MAX
            }
            Form::Long(hash) => cost_of(hash) < COST,
            Form::Salted { .. } | Form::Unsalted(_) => true,
        }
    }
}

/// What a wrong password for an unknown user costs.
pub(super) fn verify_nobodys(password: &str) -> bool {
    // The same work as for a user, and never true.
    let _ = bcrypt::verify(password, NOBODYS);
    false
}

enum Form<'a> {
    Plain(&'a str),
    Long(&'a str),
    Salted { salt: &'a str, hash: &'a str },
    Unsalted(&'a str),
}

impl<'a> Form<'a> {
    fn of(text: &'a str) -> Self {
        if let Some(hash) = text.strip_prefix(LONG) {
            return Self::Long(hash);
        }
        if let Some(hash) = text.strip_prefix(UNSALTED) {
            return Self::Unsalted(hash);
        }
        match text.strip_prefix(SALTED).and_then(|rest| rest.split_once('$')) {
            Some((salt, hash)) => Self::Salted { salt, hash },
            None => Self::Plain(text),
        }
    }

    const fn bcrypt(&self) -> &'a str {
        match self {
            Self::Plain(hash) | Self::Long(hash) | Self::Salted { hash, .. } | Self::Unsalted(hash) => hash,
        }
    }
}

fn cost_of(hash: &str) -> u32 {
    let cost = hash.split('$').nth(2).and_then(|cost| cost.parse().ok());
    // bcrypt knows no cost below 4; a hash without one is verified in no time at all.
    cost.unwrap_or(4).max(4)
}

fn keyed(password: &str) -> String {
    // HMAC takes a key of any length.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(HMAC_KEY) else {
        return String::new();
    };
    mac.update(password.as_bytes());
    BASE64_STANDARD.encode(mac.finalize().into_bytes())
}

fn sha256_hex(text: &str) -> String {
    hex(&Sha256::digest(text.as_bytes()))
}

fn wrap(sha256_hex: &str) -> Option<String> {
    let is_sha256 = sha256_hex.len() == 64 && sha256_hex.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_sha256
        .then(|| bcrypt::non_truncating_hash(sha256_hex.to_ascii_lowercase(), COST).ok())
        .flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SALT: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

    #[test]
    fn the_hash_of_nobody_can_be_checked() {
        assert_eq!(bcrypt::verify("anything", NOBODYS).ok(), Some(false));
        assert_eq!(cost_of(NOBODYS), COST);
    }

    #[test]
    fn takes_long_passwords_whole() {
        let (short, long) = ("s".repeat(71), "l".repeat(72));
        let hash = PasswordHash::make(&short).unwrap();
        assert!(hash.0.starts_with("$2b$12$") && hash.verify(&short) && !hash.is_outdated(&short));
        let hash = PasswordHash::make(&long).unwrap();
        assert!(hash.0.starts_with("$atlas-hm$$2b$12$") && hash.verify(&long));
        assert!(!hash.verify(&format!("{long}more")) && !hash.verify(&long[1..]));
    }

    #[test]
    fn knows_what_2_0_and_1_x_stored_and_replaces_it() {
        let password = "legacy passphrase";
        let salted = PasswordHash::wrap_salted(&sha256_hex(&format!("{password}{SALT}")), SALT).unwrap();
        let bare = PasswordHash::wrap_unsalted(&sha256_hex(password).to_uppercase()).unwrap();
        for (hash, kind) in [(salted, HashKind::Wrapped), (bare, HashKind::WrappedUnsalted)] {
            assert_eq!(hash.kind(), kind);
            assert!(hash.verify(password) && !hash.verify("another passphrase"));
            assert!(hash.is_outdated(password));
            assert_eq!(PasswordHash::parse(&hash.0), Some(hash));
        }
        assert!(PasswordHash::wrap_unsalted("not hex").is_none());
    }

    #[test]
    fn knows_bcrypt_of_other_programs_and_of_less_cost() {
        let cheap = bcrypt::hash("eight otters swim", 5).unwrap();
        for form in ["$2a$", "$2y$", "$2b$"] {
            let hash = PasswordHash::parse(&cheap.replacen("$2b$", form, 1)).unwrap();
            assert!(
                hash.verify("eight otters swim") && !hash.verify("nine otters swim"),
                "{form}"
            );
            assert!(hash.is_outdated("eight otters swim"), "{form}");
        }
        // 2.0 cut passwords off at 72 bytes: such a one still signs in, and is kept whole after that.
        let long = "o".repeat(90);
        let cut = PasswordHash(bcrypt::hash(&long, 4).unwrap());
        assert!(cut.verify(&long) && cut.is_outdated(&long));
        for junk in ["", "plain", "$2b$12$short", "$1$abc$def"] {
            assert_eq!(PasswordHash::parse(junk), None, "{junk}");
        }
    }
}
