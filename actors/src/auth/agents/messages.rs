//! What the auth service is asked about tokens, agents and their keys.

use std::fmt;
use std::time::Duration;

use actix::Message;

use super::record::{AgentKey, AgentState};
use super::rotation::Rotation;
use crate::auth::credentials::Digest;
use crate::clock::Timestamp;
use crate::model::{CloneEvidence, MachineId};
use crate::store::{PutError, StoreError};
use crate::vault::VaultError;

/// Make an enrolment token.
#[derive(Clone, Debug, Message)]
#[rtype(result = "Result<IssuedToken, TokenError>")]
pub struct IssueToken {
    /// How many machines may use it.
    pub uses_max: u32,
    /// For how long.
    pub ttl: Duration,
    /// Who makes it.
    pub by: String,
}

/// A token that was made; its secret is shown this once.
#[derive(Clone)]
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

impl fmt::Debug for IssuedToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "IssuedToken({})", self.id)
    }
}

/// Why a token could not be made or used.
#[derive(Clone, Debug, thiserror::Error)]
pub enum TokenError {
    /// There is none of that name, or it has ended.
    #[error("the enrolment token is unknown, used up or has ended: make a new one")]
    Unknown,
    /// The shared secret is no good for a machine that has, or had, an agent of its own.
    #[error("an enrolled agent speaks for this machine: the shared secret may not, use a token")]
    MachineEnrolled,
    /// That very agent was turned out.
    #[error(
        "this agent was revoked: enrol it with an identity of its own, `atlas agent enroll --new-identity`"
    )]
    Revoked,
    /// Too many agents wait for an administrator.
    #[error("too many agents wait to be approved: approve or revoke some first")]
    TooManyPending,
    /// Too many tokens are open.
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

impl From<VaultError> for TokenError {
    fn from(_: VaultError) -> Self {
        Self::NoRandomness
    }
}

/// The digest of a token's secret, with which the edge checks who claims to have it.
#[derive(Clone, Debug, Message)]
#[rtype(result = "Result<Digest, TokenError>")]
pub struct FindToken(pub String);

/// All open tokens, the newest first.
#[derive(Clone, Copy, Debug, Message)]
#[rtype(result = "Vec<OpenToken>")]
pub struct ListTokens;

/// A token that is open, as it may be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenToken {
    /// Its name.
    pub id: String,
    /// How many machines may still use it.
    pub uses_left: u32,
    /// How many might at the beginning.
    pub uses_max: u32,
    /// When it ends.
    pub expires_at: Timestamp,
    /// When it was made.
    pub created_at: Timestamp,
    /// Who made it.
    pub created_by: String,
}

/// End that token before its time.
#[derive(Clone, Debug, Message)]
#[rtype(result = "Result<(), TokenError>")]
pub struct RevokeToken(pub String);

/// What an agent has proved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Proof {
    /// It has the token of that name, which is then used up by one.
    Token(String),
    /// It has the secret that a cluster of 1.x and 2.0 shares.
    SharedSecret,
}

/// An agent has proved that it may ask: keep it.
#[derive(Clone, Debug, Message)]
#[rtype(result = "Result<EnrolledAs, TokenError>")]
pub struct EnrolAgent {
    /// What it has proved.
    pub proof: Proof,
    /// The agent.
    pub agent: NewAgent,
}

/// An agent that asks to be kept.
#[derive(Clone, PartialEq, Eq)]
pub struct NewAgent {
    /// The id that it was given: that of the agent it was before, when it has the same identity.
    pub agent_id: String,
    /// The only machine that it wants to speak for.
    pub machine: MachineId,
    /// The name of its key.
    pub kid: String,
    /// Counts its keys.
    pub epoch: u32,
    /// What was agreed on.
    pub root: [u8; 32],
    /// Its Ed25519 identity key.
    pub identity: [u8; 32],
    /// Now.
    pub created_at: Timestamp,
}

impl fmt::Debug for NewAgent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NewAgent({} for {})", self.agent_id, self.machine)
    }
}

/// How an agent was taken in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EnrolledAs {
    /// Whether it is let in.
    pub state: AgentState,
    /// Whether another agent speaks for its machine already.
    pub possible_duplicate: bool,
}

/// Why an agent could not be changed.
#[derive(Clone, Debug, thiserror::Error)]
pub enum AgentError {
    /// There is none of that id.
    #[error("there is no such agent")]
    Unknown,
    /// It was turned out.
    #[error("this agent was revoked")]
    Revoked,
    /// It waits for an administrator.
    #[error("this agent waits to be approved")]
    Pending,
    /// It asked for a key with a half that it has used before.
    #[error("this request for a key was answered before: ask with a new one")]
    RepeatedExchange,
    /// The operating system gives no randomness.
    #[error("no random numbers are to be had")]
    NoRandomness,
    /// Not written to disk.
    #[error(transparent)]
    Put(#[from] PutError),
    /// The auth service is being rebuilt.
    #[error("the auth service is busy")]
    Busy,
}

impl From<VaultError> for AgentError {
    fn from(_: VaultError) -> Self {
        Self::NoRandomness
    }
}

impl From<AgentError> for TokenError {
    fn from(error: AgentError) -> Self {
        match error {
            AgentError::Put(error) => Self::Put(error),
            AgentError::NoRandomness => Self::NoRandomness,
            AgentError::Revoked => Self::Revoked,
            _ => Self::Busy,
        }
    }
}

/// Let a pending agent in; whoever spoke for its machine is turned out. Of an active agent it says
/// that it is no duplicate.
#[derive(Clone, Debug, Message)]
#[rtype(result = "Result<(), AgentError>")]
pub struct ApproveAgent(pub String);

/// Turn an agent out.
#[derive(Clone, Debug, Message)]
#[rtype(result = "Result<(), AgentError>")]
pub struct RevokeAgent(pub String);

/// Two seem to use one agent's credential.
#[derive(Clone, Debug, Message)]
#[rtype(result = "Result<(), AgentError>")]
pub struct SuspectAgent {
    /// Whose.
    pub agent_id: String,
    /// What gave it away.
    pub evidence: CloneEvidence,
}

/// A key was agreed on with an agent: keep it before the agent hears of it.
#[derive(Clone, Debug, Message)]
#[rtype(result = "Result<(), AgentError>")]
pub struct AddNextKey {
    /// With whom.
    pub agent_id: String,
    /// The key.
    pub key: AgentKey,
    /// The public half that the agent brought.
    pub exchange: [u8; 32],
}

/// An agent has sealed with its next key.
#[derive(Clone, Debug, Message)]
#[rtype(result = "Result<(), AgentError>")]
pub struct ConfirmKey {
    /// Who.
    pub agent_id: String,
    /// Which key.
    pub kid: String,
}

/// Have all agents agree on new keys.
#[derive(Clone, Copy, Debug, Message)]
#[rtype(result = "Result<Rotation, AgentError>")]
pub struct StartRotation {
    /// Older keys are dead at once.
    pub is_emergency: bool,
    /// Over how long the agents are asked.
    pub spread: Duration,
}

/// A machine's agent of 2.0 has sealed its reports: it may not stop to.
#[derive(Clone, Debug, Message)]
#[rtype(result = "Result<(), PutError>")]
pub struct NoteSealed(pub MachineId);

/// A machine is forgotten, and so are the agents that spoke for it.
#[derive(Clone, Debug, Message)]
#[rtype(result = "Result<(), PutError>")]
pub struct DropAgentsOf(pub MachineId);
