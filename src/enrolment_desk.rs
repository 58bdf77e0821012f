//! Where agents are enrolled: the server's identity key, the tokens' text, and the answers that are
//! signed with it. Which tokens are open and who is enrolled, the fleet knows.

mod commands;

use std::path::Path;
use std::sync::Arc;

use atlas_actors::auth::agents::record::AgentRecord;
use atlas_actors::auth::agents::{AgentKey, KeyState};
use atlas_actors::auth::{Credentials, Digest};
use atlas_actors::clock::Timestamp;
use atlas_actors::limits::CLOCK_SKEW_MAX;
use atlas_actors::messages::{AddNextKey, NewAgent};
use atlas_actors::model::Scope;
use tokio::sync::watch;

use crate::certificate_keeper::served::Served;
use crate::secret_file::{self, SecretFileError};
use crate::wire::enrolment::rekey::{RekeyAnswerV2, RekeyRequestV2, RekeyTerms};
use crate::wire::enrolment::server::{AnswerTerms, ServerIdentity, verify_request};
use crate::wire::enrolment::token::{JoinToken, SHARED_SECRET_ID, TokenHash};
use crate::wire::enrolment::{EnrolmentAnswerV2, EnrolmentRequestV2, FIRST_EPOCH, FactsError, KEYS_MAX};
use crate::wire::envelope_v2::{Channel, Direction, OpenKey, SealKey};
use crate::wire::hex_id::{AgentId, KeyId, TokenId};
use crate::wire::operator_key::OperatorPublicKey;
use crate::wire::pin_set::{Nonce, PinSetV2};
use crate::wire::secret::Secret;
use crate::wire::signed_command::CommandSigner;

/// Enrols agents.
pub struct EnrolmentDesk {
    identity: ServerIdentity,
    /// Signs commands, and nothing else.
    commands: CommandSigner,
    served: watch::Receiver<Arc<Served>>,
    /// What stands for a token when the cluster's secret is used; without it that way is closed.
    shared: Option<TokenHash>,
}

/// Why an agent is not enrolled.
#[derive(Debug, thiserror::Error)]
pub enum EnrolError {
    /// The request can't be read.
    #[error("{0}")]
    Malformed(String),
    /// It does not prove the token.
    #[error("the token is refused")]
    Refused,
    /// The agent's clock is too far off to tell an old request from a new one.
    #[error("the agent's clock is off: the server has {server_time}")]
    ClockSkew {
        /// The server's time.
        server_time: Timestamp,
    },
    /// The operating system gives no randomness.
    #[error("no random numbers are to be had")]
    NoRandomness,
}

impl EnrolmentDesk {
    /// The desk of the server whose identity key is in that file; made when there is none.
    ///
    /// # Errors
    /// When the file can't be read or written, or is no key.
    pub fn open(
        key_file: &Path,
        served: watch::Receiver<Arc<Served>>,
        shared: Option<TokenHash>,
    ) -> Result<Self, SecretFileError> {
        let seed = Secret::new(secret_file::load_or_make(key_file)?);
        Ok(Self {
            identity: ServerIdentity::new(&seed),
            commands: CommandSigner::of_server(&seed),
            served,
            shared,
        })
    }

    /// What stands for a token's digest when that request uses the cluster's secret; `None` when it
    /// uses a token.
    ///
    /// # Errors
    /// When this server takes no such requests.
    pub fn shared_digest(&self, request: &EnrolmentRequestV2) -> Result<Option<Digest>, EnrolError> {
        if request.token_id != SHARED_SECRET_ID {
            return Ok(None);
        }
        let shared = self.shared.as_ref().ok_or(EnrolError::Refused)?;
        Ok(Some(*shared.0.expose()))
    }

    /// A token's text, as it is typed on the machine.
    #[must_use]
    pub fn token_text(&self, id: &str, secret: [u8; 32]) -> String {
        // The fleet draws ids of this form.
        let id: TokenId = id.parse().unwrap_or_else(|_| TokenId::new([0; 8]));
        JoinToken::new(id, Secret::new(secret), self.identity.id()).to_string()
    }

    /// The server's TLS keys, signed for one asker.
    #[must_use]
    pub fn pins(&self, nonce: &Nonce, now: Timestamp) -> PinSetV2 {
        PinSetV2::sign(&self.identity, self.served.borrow().pins(), nonce, now)
    }

    /// Reads a request.
    ///
    /// # Errors
    /// When it is not one.
    pub fn read(&self, body: &[u8]) -> Result<EnrolmentRequestV2, EnrolError> {
        EnrolmentRequestV2::parse(body).map_err(|error| EnrolError::Malformed(error.to_string()))
    }

    /// Checks the request against the token's digest; answers with what the agent gets and what the
    /// fleet keeps. An agent whose identity is known gets the name that it has.
    ///
    /// # Errors
    /// When it does not prove the token, or names a machine that can't be one.
    pub fn answer(
        &self,
        request: &EnrolmentRequestV2,
        token: &Digest,
        credentials: &Credentials,
        now: Timestamp,
    ) -> Result<(EnrolmentAnswerV2, NewAgent), EnrolError> {
        use crate::wire::enrolment::server::VerifyError;
        let hash = TokenHash(Secret::new(*token));
        let verified = verify_request(&hash, self.identity.id(), request).map_err(|error| match error {
            VerifyError::Facts(error) => malformed(error),
            VerifyError::Token | VerifyError::IdentityKey => EnrolError::Refused,
        })?;
        let earlier = credentials
            .agents()
            .with_identity(verified.machine_id(), &verified.ak_pub().0);
        let terms = self
            .terms(earlier.as_deref(), operators(credentials), now)
            .map_err(|_| EnrolError::NoRandomness)?;
        let (answer, credential) = verified
            .answer(&self.identity, terms)
            .map_err(|_| EnrolError::Refused)?;
        let agent = NewAgent {
            agent_id: credential.agent_id.to_string(),
            machine: credential.machine_id.clone(),
            kid: credential.kid.to_string(),
            epoch: credential.epoch,
            root: *credential.root.expose(),
            identity: credential.ak_pub.0,
            created_at: credential.created,
        };
        Ok((answer, agent))
    }

    fn terms(
        &self,
        earlier: Option<&AgentRecord>,
        operator_keys: Vec<OperatorPublicKey>,
        now: Timestamp,
    ) -> Result<AnswerTerms, getrandom::Error> {
        let agent_id = earlier.and_then(|agent| agent.agent_id.parse().ok());
        Ok(AnswerTerms {
            agent_id: agent_id.map_or_else(AgentId::random, Ok)?,
            epoch: earlier.map_or(FIRST_EPOCH, AgentRecord::next_epoch),
            kid: KeyId::random()?,
            command_keys: vec![self.commands.public_key()],
            operator_keys,
            tls_pins: self.served.borrow().pins(),
            now,
            exchange: Secret::random()?,
        })
    }

    /// Answers an agent that asks for another key; the fleet must keep it before the agent hears.
    ///
    /// # Errors
    /// When the request is not the agent's, or is an old one.
    pub fn rekey(
        &self,
        agent: &AgentRecord,
        request: &RekeyRequestV2,
        now: Timestamp,
    ) -> Result<(RekeyAnswerV2, AddNextKey), EnrolError> {
        request
            .verify(&agent.identity, self.identity.id())
            .map_err(|_| EnrolError::Refused)?;
        if request.sent_at().distance(now) > CLOCK_SKEW_MAX {
            return Err(EnrolError::ClockSkew { server_time: now });
        }
        let terms = self
            .rekey_terms(agent, now)
            .map_err(|_| EnrolError::NoRandomness)?;
        let (answer, root) = request
            .answer(&self.identity, terms)
            .map_err(|_| EnrolError::Refused)?;
        let key = AgentKey {
            kid: answer.kid.to_string(),
            epoch: answer.ep,
            root: *root.expose(),
            // The fleet knows in which rotation.
            generation: 0,
            state: KeyState::Next,
            agreed_at: now,
        };
        let agreed = AddNextKey {
            agent_id: agent.agent_id.clone(),
            key,
            exchange: request.ex_pub.0,
        };
        Ok((answer, agreed))
    }

    fn rekey_terms(&self, agent: &AgentRecord, now: Timestamp) -> Result<RekeyTerms, getrandom::Error> {
        Ok(RekeyTerms {
            kid: KeyId::random()?,
            epoch: agent.next_epoch(),
            tls_pins: self.served.borrow().pins(),
            now,
            exchange: Secret::random()?,
        })
    }

    /// The key that opens what this agent sends under that key; `None` when its record is damaged.
    #[must_use]
    pub fn open_key(&self, agent: &AgentRecord, key: &AgentKey) -> Option<OpenKey> {
        let channel = self.channel(agent, key, Direction::AgentToServer)?;
        Some(OpenKey::derive(&Secret::new(key.root), &channel))
    }

    /// The key that seals what this agent is told under that key. What earlier ones have sealed is not
    /// known: an agent hears a few messages a minute, and its key ends after 30 days.
    #[must_use]
    pub fn seal_key(&self, agent: &AgentRecord, key: &AgentKey) -> Option<SealKey> {
        let channel = self.channel(agent, key, Direction::ServerToAgent)?;
        Some(SealKey::derive(&Secret::new(key.root), &channel, 0))
    }

    fn channel(&self, agent: &AgentRecord, key: &AgentKey, direction: Direction) -> Option<Channel> {
        Some(Channel {
            direction,
            agent_id: agent.agent_id.parse().ok()?,
            server_id: self.identity.id(),
            kid: key.kid.parse().ok()?,
            epoch: key.epoch,
        })
    }
}

/// Whose signatures an agent shall take that is enrolled now.
fn operators(credentials: &Credentials) -> Vec<OperatorPublicKey> {
    let keys = credentials.operator_keys().iter();
    keys.filter(|key| key.scopes.contains(Scope::CommandsRunDangerous))
        .filter_map(|key| key.public.parse().ok())
        .take(KEYS_MAX)
        .collect()
}

fn malformed(error: FactsError) -> EnrolError {
    EnrolError::Malformed(error.to_string())
}
