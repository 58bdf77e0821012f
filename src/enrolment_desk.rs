//! Where agents are enrolled: the server's identity key, the tokens' text, and the answers that are
//! signed with it. Which tokens are open and who is enrolled, the fleet knows.

use std::path::Path;
use std::sync::Arc;

use atlas_actors::auth::{AgentCredential, Digest};
use atlas_actors::clock::Timestamp;
use tokio::sync::watch;
use zeroize::Zeroizing;

use crate::certificate_keeper::served::Served;
use crate::secret_file;
use crate::wire::enrolment::credential;
use crate::wire::enrolment::server::{AnswerTerms, ServerIdentity, verify_request};
use crate::wire::enrolment::token::{JoinToken, TokenHash};
use crate::wire::enrolment::{EnrolmentAnswerV2, EnrolmentRequestV2, FactsError};
use crate::wire::envelope_v2::{Channel, Direction, OpenKey};
use crate::wire::hex_id::{AgentId, KeyId, TokenId};
use crate::wire::pin_set::{Nonce, PinSetV2};
use crate::wire::secret::Secret;

/// Enrols agents.
pub struct EnrolmentDesk {
    identity: ServerIdentity,
    served: watch::Receiver<Arc<Served>>,
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
    /// The operating system gives no randomness.
    #[error("no random numbers are to be had")]
    NoRandomness,
}

/// The server's identity key can't be used.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    /// The file can't be read or written.
    #[error("the server's identity key can't be read or written: {0}")]
    File(#[from] std::io::Error),
    /// The file is not a key.
    #[error(
        "the server's identity key is damaged: restore it from a backup, or remove it and enrol all agents again"
    )]
    Damaged,
}

impl EnrolmentDesk {
    /// The desk of the server whose identity key is in that file; made when there is none.
    ///
    /// # Errors
    /// See [`IdentityError`].
    pub fn open(key_file: &Path, served: watch::Receiver<Arc<Served>>) -> Result<Self, IdentityError> {
        let text = match std::fs::read_to_string(key_file) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                let text = secret_file::random_hex()?;
                secret_file::write(key_file, text.as_bytes())?;
                text
            }
            Err(error) => return Err(error.into()),
        };
        Ok(Self {
            identity: ServerIdentity::new(&Secret::new(seed(&text)?)),
            served,
        })
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
    /// fleet keeps.
    ///
    /// # Errors
    /// When it does not prove the token, or names a machine that can't be one.
    pub fn answer(
        &self,
        request: &EnrolmentRequestV2,
        token: &Digest,
        now: Timestamp,
    ) -> Result<(EnrolmentAnswerV2, AgentCredential), EnrolError> {
        use crate::wire::enrolment::server::VerifyError;
        let hash = TokenHash(Secret::new(*token));
        let verified = verify_request(&hash, self.identity.id(), request).map_err(|error| match error {
            VerifyError::Facts(error) => malformed(error),
            VerifyError::Token | VerifyError::IdentityKey => EnrolError::Refused,
        })?;
        let terms = self.terms(now).map_err(|_| EnrolError::NoRandomness)?;
        let (answer, credential) = verified
            .answer(&self.identity, terms)
            .map_err(|_| EnrolError::Refused)?;
        Ok((answer, kept(&credential)))
    }

    fn terms(&self, now: Timestamp) -> Result<AnswerTerms, getrandom::Error> {
        Ok(AnswerTerms {
            agent_id: AgentId::random()?,
            kid: KeyId::random()?,
            command_keys: Vec::new(),
            tls_pins: self.served.borrow().pins(),
            now,
            exchange: Secret::random()?,
        })
    }

    /// The key that opens what this agent sends; `None` when its record is damaged.
    #[must_use]
    pub fn open_key(&self, agent: &AgentCredential) -> Option<OpenKey> {
        let channel = Channel {
            direction: Direction::AgentToServer,
            agent_id: agent.agent_id.parse().ok()?,
            server_id: self.identity.id(),
            kid: agent.kid.parse().ok()?,
            epoch: agent.epoch,
        };
        Some(OpenKey::derive(&Secret::new(agent.root), &channel))
    }
}

/// The server's identity key.
///
/// # Errors
/// When the file can't be read or is no key.
pub fn read_seed(key_file: &Path) -> Result<Zeroizing<[u8; 32]>, IdentityError> {
    let text = Zeroizing::new(std::fs::read_to_string(key_file)?);
    seed(&text).map(Zeroizing::new)
}

fn seed(text: &str) -> Result<[u8; 32], IdentityError> {
    from_hex(text.trim()).ok_or(IdentityError::Damaged)
}

fn malformed(error: FactsError) -> EnrolError {
    EnrolError::Malformed(error.to_string())
}

fn kept(credential: &credential::AgentCredential) -> AgentCredential {
    AgentCredential {
        agent_id: credential.agent_id.to_string(),
        machine: credential.machine_id.clone(),
        kid: credential.kid.to_string(),
        epoch: credential.epoch,
        root: *credential.root.expose(),
        identity: credential.ak_pub.0,
        created_at: credential.created,
    }
}

fn from_hex(text: &str) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    if text.len() != 64 || !text.is_ascii() {
        return None;
    }
    for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(bytes)
}
