//! What the auth service is asked.

use std::net::IpAddr;
use std::time::Duration;

use actix::Message;

use super::credentials::Digest;
use super::password::{Password, PasswordError};
use crate::model::{Role, UserName};
use crate::store::PutError;

/// Make this administrator, unless there is a user already. True when it was made.
#[derive(Clone, Debug, Message)]
#[rtype(result = "Result<bool, UserError>")]
pub struct EnsureAdmin {
    /// The name.
    pub name: UserName,
    /// The password.
    pub password: Password,
}

/// Why a user could not be made.
#[derive(Clone, Debug, thiserror::Error)]
pub enum UserError {
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

/// Sign somebody in.
#[derive(Clone, Debug, Message)]
#[rtype(result = "Result<SignedIn, SignInError>")]
pub struct SignIn {
    /// The name that was typed.
    pub user: UserName,
    /// The password that was typed.
    pub password: Password,
    /// From where.
    pub from: IpAddr,
}

/// Somebody is signed in.
#[derive(Clone, Debug)]
pub struct SignedIn {
    /// The session's secret, for the cookie; kept nowhere.
    pub token: String,
    /// Who.
    pub user: UserName,
    /// What they may do.
    pub role: Role,
    /// How long.
    pub length: Duration,
}

/// Why somebody is not signed in.
#[derive(Clone, Debug, thiserror::Error)]
pub enum SignInError {
    /// Name or password are wrong; which of them is not said.
    #[error("the user name or the password is wrong")]
    Refused,
    /// Too many wrong ones.
    #[error("too many wrong passwords")]
    Locked {
        /// How long to wait.
        retry_in: Duration,
    },
    /// The hasher has more to do than it takes.
    #[error("too many people sign in at once")]
    Busy,
    /// The session was not written to disk.
    #[error(transparent)]
    Put(#[from] PutError),
}

/// End a session.
#[derive(Clone, Debug, Message)]
#[rtype(result = "Result<(), PutError>")]
pub struct SignOut(pub Digest);
