//! What the auth service is asked.

use std::net::IpAddr;
use std::time::Duration;

use actix::Message;

use super::credentials::{AgentCredential, Digest};
use super::password::{Password, PasswordError};
use crate::clock::Timestamp;
use crate::model::{MachineId, Role, UserName};
use crate::store::{PutError, StoreError};

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

/// Make an enrolment token.
#[derive(Clone, Debug, Message)]
#[rtype(result = "Result<IssuedToken, TokenError>")]
pub struct IssueToken {
    /// How many machines may use it.
    pub uses_max: u32,
    /// For how long.
    pub ttl: Duration,
}

/// A token that was made; its secret is shown this once.
#[derive(Clone, Debug)]
pub struct IssuedToken {
    /// Its name.
    pub id: String,
    /// Its secret.
    pub secret: [u8; 32],
    /// When it ends.
    pub expires_at: Timestamp,
    /// How many machines may use it.
    pub uses_max: u32,
}

/// Why a token could not be made or used.
#[derive(Clone, Debug, thiserror::Error)]
pub enum TokenError {
    /// There is none of that name, or it has ended.
    #[error("the enrolment token is unknown, used up or has ended: make a new one")]
    Unknown,
    /// An enrolled agent speaks for that machine.
    #[error(
        "another agent is enrolled for this machine: forget the machine first, or give this one another id"
    )]
    MachineTaken,
    /// Too many are open.
    #[error("too many enrolment tokens are open")]
    TooMany,
    /// The operating system gives no randomness.
    #[error("no random numbers are to be had")]
    NoRandomness,
    /// Not written to disk.
    #[error(transparent)]
    Put(#[from] PutError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The auth service is being rebuilt.
    #[error("the auth service is busy")]
    Busy,
}

/// The digest of a token's secret, with which the edge checks who claims to have it.
#[derive(Clone, Debug, Message)]
#[rtype(result = "Result<Digest, TokenError>")]
pub struct FindToken(pub String);

/// An agent proved that it has the token: use the token up and keep the agent.
#[derive(Clone, Debug, Message)]
#[rtype(result = "Result<(), TokenError>")]
pub struct EnrolAgent {
    /// The token's name.
    pub token_id: String,
    /// The agent.
    pub agent: AgentCredential,
}

/// A machine is forgotten, and so are the agents that spoke for it.
#[derive(Clone, Debug, Message)]
#[rtype(result = "Result<(), PutError>")]
pub struct DropAgentsOf(pub MachineId);
