//! Passwords: the rule for a new one, and the thread on which they are hashed and checked.

use actix::{Actor, Addr, Handler, Message, MessageResult, SyncArbiter, SyncContext};
use zxcvbn::{Score, zxcvbn};

use super::password_hash::{PasswordHash, verify_nobodys};
use super::recovery::{RecoveryHash, RecoveryHashes, RecoverySalt};
use crate::supervision::{ActorName, Panicked, Safety};

/// A password has at least so many characters, unless the config says otherwise.
pub const PASSWORD_CHARS_MIN: usize = 12;
/// A password has at most so many bytes. Reason: nobody types more, and each is hashed.
pub const PASSWORD_BYTES_MAX: usize = 1_024;
/// What everybody tries first against this product.
const OBVIOUS_HERE: [&str; 5] = ["atlas", "fleet", "monitoring", "administrator", "dashboard"];

/// Why a new password is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PasswordError {
    /// Too short to be safe.
    #[error("a password needs at least {chars_min} characters: some words in a row do well")]
    TooShort {
        /// How many it needs.
        chars_min: usize,
    },
    /// Longer than anybody types.
    #[error("a password can have {PASSWORD_BYTES_MAX} bytes at most")]
    TooLong,
    /// With a zero byte, at which the hash would end.
    #[error("a password can't have a zero byte")]
    HasZero,
    /// Among those that are tried first, or made of them.
    #[error(
        "this password is among the first that are guessed: take some words in a row that don't belong together"
    )]
    TooCommon,
    /// It is the one that it is to replace.
    #[error("the new password is the old one: choose another")]
    Unchanged,
    /// The hasher has more to do than it takes.
    #[error("the server is busy with other passwords")]
    Busy,
}

/// Whether that can be a new password of that user. No kinds of characters are asked for: length and
/// not being guessed are what counts.
///
/// # Errors
/// When it is too short, too long, has a zero byte, or would be guessed: the estimate knows leaked
/// passwords, names, words, dates, keyboard runs and their usual disguises.
pub fn check_rule(password: &str, user: &str, chars_min: usize) -> Result<(), PasswordError> {
    if password.chars().count() < chars_min {
        return Err(PasswordError::TooShort { chars_min });
    }
    if password.len() > PASSWORD_BYTES_MAX {
        return Err(PasswordError::TooLong);
    }
    if password.contains('\0') {
        return Err(PasswordError::HasZero);
    }
    let mut obvious = OBVIOUS_HERE.to_vec();
    obvious.push(user);
    if is_mostly(password, &obvious) || zxcvbn(password, &obvious).score() < Score::Three {
        return Err(PasswordError::TooCommon);
    }
    Ok(())
}

/// Whether little is left of it without these words.
fn is_mostly(password: &str, words: &[&str]) -> bool {
    let whole = password.to_lowercase();
    let long = words.iter().filter(|word| word.chars().count() > 2);
    let rest = long.fold(whole.clone(), |rest, word| rest.replace(&word.to_lowercase(), ""));
    rest != whole && rest.chars().filter(|c| c.is_alphanumeric()).count() < 6
}

/// A secret text that is not shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Password(pub String);

impl std::fmt::Debug for Password {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Password")
    }
}

/// To the hasher: make a hash, if it can be a new password of that user.
#[derive(Debug, Message)]
#[rtype(result = "Result<PasswordHash, PasswordError>")]
pub struct HashPassword {
    /// The new password.
    pub password: Password,
    /// Whose.
    pub user: String,
}

/// To the hasher: is it the password of that hash? No hash = an unknown user: it takes as long.
#[derive(Debug, Message)]
#[rtype(result = "Checked")]
pub struct CheckPassword {
    /// What was typed.
    pub password: Password,
    /// What is stored.
    pub hash: Option<PasswordHash>,
    /// The code that was typed beside it, if it may be a recovery code, and what it is hashed with.
    pub code: Option<(Password, RecoverySalt)>,
}

/// To the hasher: hash these recovery codes.
#[derive(Debug, Message)]
#[rtype(result = "Result<RecoveryHashes, PasswordError>")]
pub struct HashRecoveryCodes(pub Vec<Password>);

/// What the hasher found.
#[derive(Clone, Debug, Default)]
pub struct Checked {
    /// Whether it is the password.
    pub matches: bool,
    /// It is, and its hash is of an older form: this one is to be kept from now on.
    pub renewed: Option<PasswordHash>,
    /// The typed recovery code, hashed.
    pub recovery: Option<RecoveryHash>,
}

/// The thread that hashes. One only: two would take both cores from the reports.
pub struct PasswordHasher {
    safety: Safety,
    chars_min: usize,
}

impl PasswordHasher {
    /// Starts the thread; new passwords have at least `chars_min` characters. Who may wait for it is bounded by `limits::PASSWORD_QUEUE`.
    #[must_use]
    pub fn start_pool(safety: &Safety, chars_min: usize) -> Addr<Self> {
        let safety = safety.clone();
        SyncArbiter::start(1, move || Self {
            safety: safety.clone(),
            chars_min,
        })
    }

    /// A panic would end the only thread, and nobody could sign in any more.
    fn shielded<T>(&self, message: &dyn std::fmt::Debug, core: impl FnOnce() -> T) -> Result<T, Panicked> {
        self.safety.run(|| ActorName::PasswordHasher, message, core)
    }
}

impl Actor for PasswordHasher {
    type Context = SyncContext<Self>;
}

impl Handler<HashPassword> for PasswordHasher {
    type Result = Result<PasswordHash, PasswordError>;

    fn handle(&mut self, msg: HashPassword, _: &mut Self::Context) -> Self::Result {
        let hashing = || {
            check_rule(&msg.password.0, &msg.user, self.chars_min)?;
            PasswordHash::make(&msg.password.0)
        };
        self.shielded(&"a new password", hashing)
            .unwrap_or(Err(PasswordError::Busy))
    }
}

impl Handler<CheckPassword> for PasswordHasher {
    type Result = MessageResult<CheckPassword>;

    fn handle(&mut self, msg: CheckPassword, _: &mut Self::Context) -> Self::Result {
        let checking = || {
            let code = msg.code.as_ref();
            Checked {
                recovery: code.and_then(|(code, salt)| salt.hash(&code.0)),
                ..check(&msg.password.0, msg.hash.as_ref())
            }
        };
        let checked = self.shielded(&"a typed password", checking);
        MessageResult(checked.unwrap_or_default())
    }
}

impl Handler<HashRecoveryCodes> for PasswordHasher {
    type Result = Result<RecoveryHashes, PasswordError>;

    fn handle(&mut self, HashRecoveryCodes(codes): HashRecoveryCodes, _: &mut Self::Context) -> Self::Result {
        let codes: Vec<String> = codes.into_iter().map(|code| code.0).collect();
        let hashing = || RecoveryHashes::make(&codes).map_err(|_| PasswordError::Busy);
        self.shielded(&"new recovery codes", hashing)
            .unwrap_or(Err(PasswordError::Busy))
    }
}

fn check(password: &str, hash: Option<&PasswordHash>) -> Checked {
    let matches = hash.map_or_else(|| verify_nobodys(password), |hash| hash.verify(password));
    let outdated = matches && hash.is_some_and(|hash| hash.is_outdated(password));
    Checked {
        matches,
        renewed: outdated.then(|| PasswordHash::make(password).ok()).flatten(),
        recovery: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn asks_for_length_and_for_nothing_about_kinds_of_characters() {
        let check_rule = |password: &str, user: &str| check_rule(password, user, PASSWORD_CHARS_MIN);
        assert_eq!(
            check_rule("short", "ann"),
            Err(PasswordError::TooShort { chars_min: 12 })
        );
        assert_eq!(check_rule(&"ä".repeat(600), "ann"), Err(PasswordError::TooLong));
        assert_eq!(check_rule("zwölf zeichen\0", "ann"), Err(PasswordError::HasZero));
        assert_eq!(check_rule("seven grey otters", "ann"), Ok(()));
        assert_eq!(check_rule(&"plum wagon tide ".repeat(60), "ann"), Ok(()));
    }

    #[test]
    fn refuses_what_is_guessed_first_however_it_is_dressed() {
        for guessed in [
            "password1234",
            "Password123!",
            "123456789012",
            "qwertyuiop12",
            "aaaaaaaaaaaa",
            "letmeinletmein",
            "iloveyou1234",
            "atlas-fleet-1",
            "AtlasDashboard1",
            "annabelle1999",
        ] {
            assert_eq!(
                check_rule(guessed, "annabelle", 8),
                Err(PasswordError::TooCommon),
                "{guessed}"
            );
        }
    }
}
