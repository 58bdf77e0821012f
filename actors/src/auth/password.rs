//! Passwords: their rule, and the thread on which they are hashed and checked with bcrypt.

use actix::{Actor, Addr, Handler, Message, MessageResult, SyncArbiter, SyncContext};

use crate::supervision::{ActorName, Panicked, Safety};

/// The cost of a hash: a quarter of a second on the machines that this was measured on.
pub const COST: u32 = 12;
/// A password has at least so many characters.
pub const PASSWORD_CHARS_MIN: usize = 12;
/// bcrypt takes no more bytes than this without cutting them off.
pub const PASSWORD_BYTES_MAX: usize = 71;

/// A hash of nothing that anybody knows, so that an unknown user costs as much as a wrong password.
const NOBODYS_HASH: &str = "$2b$12$C6UzMDM.H6dfI/f/IKcEeO7ZCwT1q7dJ5n0vZ3E6nU4tG5m0W3b5K";

/// Why a new password is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PasswordError {
    /// Too short to be safe.
    #[error("a password needs at least {PASSWORD_CHARS_MIN} characters")]
    TooShort,
    /// Longer than the hash can take in.
    #[error("a password can have {PASSWORD_BYTES_MAX} bytes at most")]
    TooLong,
    /// With a zero byte, at which the hash would end.
    #[error("a password can't have a zero byte")]
    HasZero,
    /// The hasher has more to do than it takes.
    #[error("the server is busy with other passwords")]
    Busy,
}

/// Whether that can be a new password.
///
/// # Errors
/// When it is too short, too long or has a zero byte.
pub fn check_rule(password: &str) -> Result<(), PasswordError> {
    if password.chars().count() < PASSWORD_CHARS_MIN {
        Err(PasswordError::TooShort)
    } else if password.len() > PASSWORD_BYTES_MAX {
        Err(PasswordError::TooLong)
    } else if password.contains('\0') {
        Err(PasswordError::HasZero)
    } else {
        Ok(())
    }
}

/// A secret text that is not shown.
#[derive(Clone)]
pub struct Password(pub String);

impl std::fmt::Debug for Password {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Password")
    }
}

/// To the hasher: make a hash.
#[derive(Debug, Message)]
#[rtype(result = "Result<String, PasswordError>")]
pub struct HashPassword(pub Password);

/// To the hasher: is it the password of that hash? No hash = an unknown user: it takes as long.
#[derive(Debug, Message)]
#[rtype(result = "bool")]
pub struct CheckPassword {
    /// What was typed.
    pub password: Password,
    /// What is stored.
    pub hash: Option<String>,
}

/// The thread that hashes. One only: two would take both cores from the reports.
pub struct PasswordHasher {
    safety: Safety,
}

impl PasswordHasher {
    /// Starts the thread. Its mailbox is the default one of 16, as `limits::PASSWORD_QUEUE` says.
    #[must_use]
    pub fn start_pool(safety: &Safety) -> Addr<Self> {
        let safety = safety.clone();
        SyncArbiter::start(1, move || Self {
            safety: safety.clone(),
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
    type Result = Result<String, PasswordError>;

    fn handle(&mut self, HashPassword(password): HashPassword, _: &mut Self::Context) -> Self::Result {
        check_rule(&password.0)?;
        let hashing = || bcrypt::non_truncating_hash(&password.0, COST);
        match self.shielded(&"a new password", hashing) {
            Ok(hash) => hash.map_err(|_| PasswordError::TooLong),
            Err(Panicked) => Err(PasswordError::Busy),
        }
    }
}

impl Handler<CheckPassword> for PasswordHasher {
    type Result = MessageResult<CheckPassword>;

    fn handle(&mut self, msg: CheckPassword, _: &mut Self::Context) -> Self::Result {
        let is_known = msg.hash.is_some();
        let hash = msg.hash.unwrap_or_else(|| NOBODYS_HASH.to_owned());
        let checking = || bcrypt::verify(&msg.password.0, &hash).unwrap_or(false);
        let matches = self.shielded(&"a typed password", checking).unwrap_or(false);
        MessageResult(matches && is_known)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_of_nobody_can_be_checked() {
        assert_eq!(bcrypt::verify("anything", NOBODYS_HASH).ok(), Some(false));
    }

    #[test]
    fn has_a_length_and_no_other_rule() {
        assert_eq!(check_rule("short"), Err(PasswordError::TooShort));
        assert_eq!(check_rule(&"x".repeat(72)), Err(PasswordError::TooLong));
        assert_eq!(check_rule("twelve chars"), Ok(()));
        assert_eq!(check_rule("zwölf zeichen\0"), Err(PasswordError::HasZero));
    }
}
