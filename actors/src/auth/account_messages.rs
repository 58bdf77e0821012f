//! What the auth service is asked about people: signing in, their sessions, users, second factors
//! and API keys.
//!
//! Whatever needs a password hashed comes in steps, since that takes a quarter of a second and no
//! actor waits for it: begin, the hasher's word, finish. `Fleet` walks them.

use std::net::IpAddr;
use std::time::Duration;

use actix::Message;

use super::credentials::Digest;
use super::password::{Checked, Password, PasswordError};
use super::password_hash::{HashKind, PasswordHash};
use super::recovery::{RecoveryHashes, RecoverySalt};
use super::second_factor::TotpSecret;
use crate::clock::Timestamp;
use crate::model::{Role, Scopes, UserName};
use crate::store::PutError;

/// From where somebody signs in, and with what.
#[derive(Clone, Debug)]
pub struct Origin {
    /// The address.
    pub address: IpAddr,
    /// The program, in its own words.
    pub user_agent: String,
    /// The device's cookie, if it has one.
    pub device: Option<Password>,
}

/// Somebody wants to sign in.
#[derive(Clone, Debug)]
pub struct SignIn {
    /// The name that was typed.
    pub user: UserName,
    /// The password that was typed.
    pub password: Password,
    /// The one-time or recovery code that was typed.
    pub code: Option<Password>,
    /// From where.
    pub origin: Origin,
    /// For so long it has been held back, as [`SignInError::Slow`] asked.
    pub waited: Duration,
}

/// Which hash is that user's password to be checked against?
#[derive(Clone, Debug, Message)]
#[rtype(result = "Result<HashToCheck, SignInError>")]
pub struct BeginSignIn {
    /// Who.
    pub user: UserName,
    /// From where.
    pub origin: Origin,
    /// See [`SignIn::waited`].
    pub waited: Duration,
}

/// What a password and a recovery code are to be checked against.
#[derive(Clone, Debug)]
pub struct HashToCheck {
    /// The password's hash; nothing = nobody, which must take as long.
    pub hash: Option<PasswordHash>,
    /// What a recovery code is to be hashed with; any for those who have none.
    pub salt: RecoverySalt,
}

/// The password was checked.
#[derive(Clone, Debug, Message)]
#[rtype(result = "Result<SignedIn, SignInError>")]
pub struct FinishSignIn {
    /// Who.
    pub user: UserName,
    /// The code that was typed.
    pub code: Option<Password>,
    /// From where.
    pub origin: Origin,
    /// What it was checked against.
    pub hash: HashToCheck,
    /// What came of it.
    pub checked: Checked,
}

/// Somebody is signed in.
#[derive(Clone, Debug)]
pub struct SignedIn {
    /// The session's secret, for the cookie; kept nowhere.
    pub token: Password,
    /// The device's secret, for the cookie; kept nowhere.
    pub device: Password,
    /// Who.
    pub user: UserName,
    /// What they may do.
    pub role: Role,
    /// They must choose a password of their own first.
    pub must_change_password: bool,
    /// How long.
    pub length: Duration,
}

/// Why somebody is not signed in, or has not proved who they are.
#[derive(Clone, Debug, thiserror::Error)]
pub enum SignInError {
    /// Name, password or code are wrong; which of them is not said.
    #[error("the user name or the password is wrong")]
    Refused,
    /// The password is right; a code is missing.
    #[error("a code of the authenticator app is missing")]
    SecondFactorRequired,
    /// Somebody guesses this user's password: try again after so long, with `waited` set.
    #[error("the attempt is held back")]
    Slow(Duration),
    /// Too many wrong ones.
    #[error("too many wrong passwords")]
    Locked {
        /// How long to wait.
        retry_in: Duration,
    },
    /// The hasher has more to do than it takes.
    #[error("too many people sign in at once")]
    Busy,
    /// The session has ended meanwhile.
    #[error("the session has ended")]
    Ended,
    /// The new password is refused.
    #[error(transparent)]
    Password(#[from] PasswordError),
    /// Not written to disk.
    #[error(transparent)]
    Put(#[from] PutError),
}

/// Which hash is the password of that session's user to be checked against?
#[derive(Clone, Debug, Message)]
#[rtype(result = "Result<HashToCheck, SignInError>")]
pub struct BeginProof(pub Digest);

/// The user of a session has given their password again.
#[derive(Clone, Debug, Message)]
#[rtype(result = "Result<Timestamp, SignInError>")]
pub struct Reauthenticate {
    /// Whose session.
    pub session: Digest,
    /// The code that was typed.
    pub code: Option<Password>,
    /// What the password was checked against.
    pub hash: HashToCheck,
    /// What came of it.
    pub checked: Checked,
}

/// The user of a session has given their password, and wants another one. All their sessions end; a
/// new one begins.
#[derive(Clone, Debug, Message)]
#[rtype(result = "Result<SignedIn, SignInError>")]
pub struct ChangePassword {
    /// Whose session.
    pub session: Digest,
    /// What the old password was checked against.
    pub hash: HashToCheck,
    /// The new password's hash.
    pub new: PasswordHash,
    /// From where.
    pub origin: Origin,
}

/// End a session.
#[derive(Clone, Debug, Message)]
#[rtype(result = "Result<(), PutError>")]
pub struct SignOut(pub Digest);

/// End one of a user's sessions.
#[derive(Clone, Debug, Message)]
#[rtype(result = "Result<(), UserError>")]
pub struct EndSession {
    /// Whose.
    pub user: UserName,
    /// Its id.
    pub id: String,
}

/// A user, for those who look after users.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserSummary {
    /// The name.
    pub name: UserName,
    /// What they may do.
    pub role: Role,
    /// When they were made.
    pub created_at: Timestamp,
    /// When they last signed in.
    pub last_sign_in: Option<Timestamp>,
    /// Whether they may sign in at all.
    pub is_active: bool,
    /// Whether they sign in with a second factor.
    pub has_totp: bool,
    /// Whether attempts to sign in as them are held back.
    pub is_held_back: bool,
    /// Whether they must choose a new password.
    pub must_change_password: bool,
    /// How their password is kept.
    pub hash: HashKind,
}

/// All users.
#[derive(Clone, Debug, Message)]
#[rtype(result = "Vec<UserSummary>")]
pub struct ListUsers;

/// One user.
#[derive(Clone, Debug, Message)]
#[rtype(result = "Option<UserSummary>")]
pub struct FindUser(pub UserName);

/// Make a user.
#[derive(Clone, Debug, Message)]
#[rtype(result = "Result<(), UserError>")]
pub struct CreateUser {
    /// The name.
    pub name: UserName,
    /// What they may do.
    pub role: Role,
    /// Their password's hash.
    pub hash: PasswordHash,
    /// Whether they must choose another at their first sign-in.
    pub must_change_password: bool,
    /// Only if there is no user at all.
    pub only_as_first: bool,
}

/// Change a user. What they have open ends, if it is about what they may do or how they sign in.
#[derive(Clone, Debug, Message)]
#[rtype(result = "Result<(), UserError>")]
pub struct ChangeUser {
    /// Who.
    pub name: UserName,
    /// What they may do from now on.
    pub role: Option<Role>,
    /// Whether they may sign in.
    pub is_active: Option<bool>,
    /// Their new password's hash.
    pub hash: Option<PasswordHash>,
    /// Whether they must choose another at their next sign-in.
    pub must_change_password: Option<bool>,
    /// Take their second factor away.
    pub drop_second_factor: bool,
}

impl ChangeUser {
    /// No change of that user yet.
    #[must_use]
    pub const fn of(name: UserName) -> Self {
        Self {
            name,
            role: None,
            is_active: None,
            hash: None,
            must_change_password: None,
            drop_second_factor: false,
        }
    }
}

/// Remove a user, with sessions and API keys.
#[derive(Clone, Debug, Message)]
#[rtype(result = "Result<(), UserError>")]
pub struct RemoveUser(pub UserName);

/// Why a user was not made or changed.
#[derive(Clone, Debug, thiserror::Error)]
pub enum UserError {
    /// There is none of that name.
    #[error("there is no user of that name")]
    Unknown,
    /// There is no such session.
    #[error("there is no such session")]
    UnknownSession,
    /// There is one already.
    #[error("there is a user of that name already")]
    Taken,
    /// ATLAS itself goes by that name.
    #[error("that name is kept for ATLAS itself: choose another")]
    Reserved,
    /// Nobody would be left who may look after users.
    #[error("this is the last administrator: make another one first")]
    LastAdmin,
    /// Too many.
    #[error("there are as many users as this server takes")]
    TooMany,
    /// The password is refused.
    #[error(transparent)]
    Password(#[from] PasswordError),
    /// Not written to disk.
    #[error(transparent)]
    Put(#[from] PutError),
    /// The auth service is being rebuilt.
    #[error("the auth service is busy")]
    Busy,
}

/// Begin to give a user a second factor; a new secret for their app.
#[derive(Clone, Debug, Message)]
#[rtype(result = "Result<TotpSecret, SecondFactorError>")]
pub struct StartTotp(pub UserName);

/// The app shows that code: take the secret into use.
#[derive(Clone, Debug, Message)]
#[rtype(result = "Result<(), SecondFactorError>")]
pub struct ConfirmTotp {
    /// Who.
    pub user: UserName,
    /// What the app shows.
    pub code: Password,
    /// The new recovery codes, hashed.
    pub recovery: RecoveryHashes,
}

/// Why a second factor was not set up.
#[derive(Clone, Debug, thiserror::Error)]
pub enum SecondFactorError {
    /// There is none of that name.
    #[error("there is no user of that name")]
    Unknown,
    /// They have one.
    #[error("there is a second factor already: remove it first")]
    Present,
    /// No secret was made, or it was too long ago.
    #[error("begin anew: the secret is only kept for as long as the server runs")]
    NotStarted,
    /// That is not what the app shows.
    #[error("the code is wrong: check the phone's clock and type the newest code")]
    WrongCode,
    /// Too many wrong ones.
    #[error("too many wrong codes")]
    Locked {
        /// How long to wait.
        retry_in: Duration,
    },
    /// Not written to disk.
    #[error(transparent)]
    Put(#[from] PutError),
    /// No randomness, or the auth service is being rebuilt.
    #[error("the auth service is busy")]
    Busy,
}

/// Make an API key.
#[derive(Clone, Debug, Message)]
#[rtype(result = "Result<IssuedKey, KeyError>")]
pub struct IssueKey {
    /// Its name for people.
    pub name: String,
    /// What it may do.
    pub scopes: Scopes,
    /// Who makes it.
    pub by: UserName,
    /// What they may do.
    pub within: Scopes,
    /// For how long it counts.
    pub ttl: Duration,
}

/// A key that was made; its text is shown this once.
#[derive(Clone, Debug)]
pub struct IssuedKey {
    /// Its name for programs.
    pub id: String,
    /// The key.
    pub text: Password,
    /// When it ends.
    pub expires_at: Timestamp,
}

/// Revoke an API key: the next request with it is refused.
#[derive(Clone, Debug, Message)]
#[rtype(result = "Result<(), KeyError>")]
pub struct RevokeKey(pub String);

/// Why a key was not made or revoked.
#[derive(Clone, Debug, thiserror::Error)]
pub enum KeyError {
    /// There is none of that id.
    #[error("there is no API key of that id")]
    Unknown,
    /// It would do more than whoever makes it.
    #[error("a key can't do more than whoever makes it")]
    BeyondMaker,
    /// Too many.
    #[error("there are as many API keys as this server takes: revoke some")]
    TooMany,
    /// Not written to disk.
    #[error(transparent)]
    Put(#[from] PutError),
    /// No randomness, or the auth service is being rebuilt.
    #[error("the auth service is busy")]
    Busy,
}
