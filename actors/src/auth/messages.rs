//! What the auth service is asked about enrolment: tokens and agents.

use std::time::Duration;

use actix::Message;

use super::credentials::{AgentCredential, Digest};
use crate::clock::Timestamp;
use crate::model::MachineId;
use crate::store::{PutError, StoreError};

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
