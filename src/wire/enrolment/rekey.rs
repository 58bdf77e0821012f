//! How an agent gets another key: `POST /api/v2/agents/rekey` (security.md 2.4). Both sides bring a
//! new half of an X25519 agreement and sign with the identity keys that enrolment made known, so that
//! it needs no key of before: an agent that comes back when its key is long dead is not locked out,
//! and whoever read an earlier key can't follow.

use atlas_actors::clock::Timestamp;
use ed25519_dalek::{Signature as Ed25519Signature, Signer as _, SigningKey, VerifyingKey};
use serde::{Deserialize, Serialize};

use super::agent::{FinishError, check_signature};
use super::agreement::{self, LowOrderKey};
use super::identity::AgentIdentity;
use super::server::ServerIdentity;
use super::{KEYS_MAX, ParseEnrolmentError, PublicKey, REQUEST_BYTES_MAX, Signature, parse};
use crate::wire::base64::Base64Array;
use crate::wire::hex_id::{AgentId, KeyId};
use crate::wire::pins::{ServerId, TlsPin};
use crate::wire::secret::Secret;

/// The route.
pub const REKEY_ROUTE: &str = "/api/v2/agents/rekey";

/// What an agent sends for another key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RekeyRequestV2 {
    /// Who asks.
    pub agent_id: AgentId,
    /// The key that it has.
    pub kid: KeyId,
    /// Its half of the agreement, X25519, new for each request.
    pub ex_pub: PublicKey,
    /// Its clock, ms; an old request is of no use to who recorded it.
    pub ts: i64,
    /// By its identity key, over all of this and the server's id.
    pub sig_ak: Signature,
}

/// What the server answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RekeyAnswerV2 {
    /// The new key's name.
    pub kid: KeyId,
    /// Its epoch.
    pub ep: u32,
    /// The server's half of the agreement, X25519, new for each answer.
    pub sx_pub: PublicKey,
    /// TLS keys that the agent takes from now on.
    pub tls_pins: Vec<TlsPin>,
    /// The server's clock.
    pub server_time_ms: i64,
    /// The server's identity key, Ed25519.
    pub server_key: PublicKey,
    /// By it, over all of this and the request.
    pub sig: Signature,
}

/// A request that waits for its answer.
#[derive(Debug)]
pub struct AgentRekey {
    request: RekeyRequestV2,
    request_hash: [u8; 32],
    exchange: Secret<32>,
}

/// What the server decides for the new key.
#[derive(Clone, Debug)]
pub struct RekeyTerms {
    /// The new key's name; no other key's.
    pub kid: KeyId,
    /// Its epoch.
    pub epoch: u32,
    /// TLS keys that the agent takes.
    pub tls_pins: Vec<TlsPin>,
    /// The server's clock.
    pub now: Timestamp,
    /// The server's half of the agreement.
    pub exchange: Secret<32>,
}

/// The request is not signed by the agent's identity key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the request is not signed by this agent's identity key")]
pub struct NotSigned;

impl RekeyRequestV2 {
    /// Reads a request; nothing in it is checked yet.
    ///
    /// # Errors
    /// See [`ParseEnrolmentError`].
    pub fn parse(body: &[u8]) -> Result<Self, ParseEnrolmentError> {
        parse(body, REQUEST_BYTES_MAX)
    }

    /// When it was sent, by the agent's clock.
    pub const fn sent_at(&self) -> Timestamp {
        Timestamp::from_millis(self.ts)
    }

    /// Checks that the agent with that identity key asks.
    ///
    /// # Errors
    /// When it does not.
    pub fn verify(&self, identity_key: &[u8; 32], server_id: ServerId) -> Result<(), NotSigned> {
        let signed = agreement::rekey_bytes(self, server_id);
        VerifyingKey::from_bytes(identity_key)
            .and_then(|key| key.verify_strict(&signed, &Ed25519Signature::from_bytes(&self.sig_ak.0)))
            .map_err(|_| NotSigned)
    }

    /// Answers a request that was verified: what the agent gets, and the root that both have.
    ///
    /// # Errors
    /// When the agent's half is of low order.
    pub fn answer(
        &self,
        server: &ServerIdentity,
        terms: RekeyTerms,
    ) -> Result<(RekeyAnswerV2, Secret<32>), LowOrderKey> {
        let request_hash = agreement::transcript_hash(&agreement::rekey_bytes(self, server.id()));
        let mut answer = RekeyAnswerV2 {
            kid: terms.kid,
            ep: terms.epoch,
            sx_pub: agreement::exchange_public(&terms.exchange),
            tls_pins: terms.tls_pins,
            server_time_ms: terms.now.as_millis(),
            server_key: Base64Array(server.public_key()),
            sig: Base64Array([0; 64]),
        };
        let signed = agreement::rekey_answer_bytes(&answer, &request_hash);
        answer.sig = Base64Array(server.sign_bytes(&signed));
        let salt = agreement::transcript_hash(&signed);
        let root = agreement::root(salt, &terms.exchange, &self.ex_pub, b"")?;
        Ok((answer, root))
    }
}

impl AgentRekey {
    /// Makes a request; `exchange` is a new private half.
    pub fn begin(identity: &AgentIdentity, exchange: Secret<32>, now: Timestamp) -> Self {
        let signing = SigningKey::from_bytes(identity.identity_key.expose());
        let mut request = RekeyRequestV2 {
            agent_id: identity.agent_id,
            kid: identity.kid,
            ex_pub: agreement::exchange_public(&exchange),
            ts: now.as_millis(),
            sig_ak: Base64Array([0; 64]),
        };
        let signed = agreement::rekey_bytes(&request, identity.server_id);
        request.sig_ak = Base64Array(signing.sign(&signed).to_bytes());
        Self {
            request,
            request_hash: agreement::transcript_hash(&signed),
            exchange,
        }
    }

    /// What to send, once: for another try begin anew.
    pub const fn request(&self) -> &RekeyRequestV2 {
        &self.request
    }

    /// Checks the answer: the identity with its new key, to be written down before it is used.
    ///
    /// # Errors
    /// See [`FinishError`]. The agent keeps the key that it has.
    pub fn finish(
        &self,
        identity: &AgentIdentity,
        answer: &RekeyAnswerV2,
    ) -> Result<AgentIdentity, FinishError> {
        if ServerId::of(&answer.server_key.0) != identity.server_id {
            return Err(FinishError::WrongServer);
        }
        let signed = agreement::rekey_answer_bytes(answer, &self.request_hash);
        check_signature(&answer.server_key, &signed, &answer.sig)?;
        if answer.tls_pins.is_empty() || answer.tls_pins.len() > KEYS_MAX {
            return Err(FinishError::Keys);
        }
        let salt = agreement::transcript_hash(&signed);
        Ok(AgentIdentity {
            kid: answer.kid,
            epoch: answer.ep,
            root: agreement::root(salt, &self.exchange, &answer.sx_pub, b"")?,
            tls_pins: answer.tls_pins.clone(),
            key_since_ms: answer.server_time_ms,
            ..identity.clone()
        })
    }
}

impl RekeyAnswerV2 {
    /// Reads an answer; nothing in it is checked yet.
    ///
    /// # Errors
    /// See [`ParseEnrolmentError`].
    pub fn parse(body: &[u8]) -> Result<Self, ParseEnrolmentError> {
        parse(body, REQUEST_BYTES_MAX)
    }
}
