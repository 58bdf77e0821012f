//! What the edge may ask about tokens, agents and their keys.

use std::time::Duration;

use super::Fleet;
use crate::auth::Digest;
use crate::auth::agents::rotation::Rotation;
use crate::fleet::Busy;
use crate::messages::{
    AddNextKey, AgentError, ApproveAgent, ConfirmKey, EnrolAgent, EnrolledAs, FindToken, IssueToken,
    IssuedToken, ListTokens, NoteSealed, OpenToken, RevokeAgent, RevokeToken, StartRotation, SuspectAgent,
    TokenError,
};
use crate::model::{CloneEvidence, MachineId};
use crate::store::{PutError, StoreError};

impl Fleet {
    /// Makes an enrolment token.
    ///
    /// # Errors
    /// When too many are open.
    pub async fn issue_token(&self, asked: IssueToken) -> Result<IssuedToken, TokenError> {
        let answer = self.ask(&self.auth, asked).await;
        answer.map_err(|Busy| TokenError::Busy)?
    }

    /// The digest of an open token's secret.
    ///
    /// # Errors
    /// When there is none of that name.
    pub async fn find_token(&self, id: String) -> Result<Digest, TokenError> {
        let answer = self.ask(&self.auth, FindToken(id)).await;
        answer.map_err(|Busy| TokenError::Busy)?
    }

    /// All open tokens, the newest first.
    ///
    /// # Errors
    /// When the auth service does not answer.
    pub async fn tokens(&self) -> Result<Vec<OpenToken>, Busy> {
        self.ask(&self.auth, ListTokens).await
    }

    /// Ends a token before its time.
    ///
    /// # Errors
    /// When there is none of that name.
    pub async fn revoke_token(&self, id: String) -> Result<(), TokenError> {
        let answer = self.ask(&self.auth, RevokeToken(id)).await;
        answer.map_err(|Busy| TokenError::Busy)?
    }

    /// Keeps an agent that proved its token.
    ///
    /// # Errors
    /// When the token is used up, or the agent may not be let in.
    pub async fn enrol(&self, agent: EnrolAgent) -> Result<EnrolledAs, TokenError> {
        let answer = self.ask(&self.auth, agent).await;
        answer.map_err(|Busy| TokenError::Busy)?
    }

    /// Lets a pending agent in.
    ///
    /// # Errors
    /// When there is none of that id, or it was revoked.
    pub async fn approve_agent(&self, agent_id: String) -> Result<(), AgentError> {
        let answer = self.ask(&self.auth, ApproveAgent(agent_id)).await;
        answer.map_err(|Busy| AgentError::Busy)?
    }

    /// Turns an agent out. Done means: it is on disk, and its next report is refused.
    ///
    /// # Errors
    /// When there is none of that id.
    pub async fn revoke_agent(&self, agent_id: String) -> Result<(), AgentError> {
        let answer = self.ask(&self.auth, RevokeAgent(agent_id)).await;
        answer.map_err(|Busy| AgentError::Busy)?
    }

    /// Notes that two seem to use one agent's credential.
    ///
    /// # Errors
    /// When that is not on disk.
    pub async fn suspect_agent(&self, agent_id: String, evidence: CloneEvidence) -> Result<(), AgentError> {
        let answer = self.ask(&self.auth, SuspectAgent { agent_id, evidence }).await;
        answer.map_err(|Busy| AgentError::Busy)?
    }

    /// Keeps a key that was agreed on with an agent.
    ///
    /// # Errors
    /// When the agent may have none, or the request is a repeat.
    pub async fn add_next_key(&self, agreed: AddNextKey) -> Result<(), AgentError> {
        let answer = self.ask(&self.auth, agreed).await;
        answer.map_err(|Busy| AgentError::Busy)?
    }

    /// Notes that an agent has sealed with its next key.
    ///
    /// # Errors
    /// When that is not on disk.
    pub async fn confirm_key(&self, agent_id: String, kid: String) -> Result<(), AgentError> {
        let answer = self.ask(&self.auth, ConfirmKey { agent_id, kid }).await;
        answer.map_err(|Busy| AgentError::Busy)?
    }

    /// Has all agents agree on new keys, within that time.
    ///
    /// # Errors
    /// When that is not on disk.
    pub async fn rotate(&self, is_emergency: bool, spread: Duration) -> Result<Rotation, AgentError> {
        let started = StartRotation { is_emergency, spread };
        let answer = self.ask(&self.auth, started).await;
        answer.map_err(|Busy| AgentError::Busy)?
    }

    /// Notes that a machine's agent of 2.0 has sealed a report, so that it may not stop to.
    ///
    /// # Errors
    /// When that is not on disk.
    pub async fn note_sealed(&self, machine: MachineId) -> Result<(), PutError> {
        let answer = self.ask(&self.auth, NoteSealed(machine)).await;
        answer.map_err(|Busy| PutError::Store(StoreError::Busy))?
    }
}
