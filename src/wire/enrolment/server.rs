//! The server's side of an enrolment: first checks that a request is from someone with the token,
//! then answers it. That a token is alive and is consumed once is for the caller, between the two.

use std::fmt;

use atlas_actors::clock::Timestamp;
use atlas_actors::model::MachineId;
use ed25519_dalek::{Signature as Ed25519Signature, Signer as _, SigningKey, VerifyingKey};
use subtle::ConstantTimeEq as _;

use super::agreement::{self, LowOrderKey};
use super::credential::AgentCredential;
use super::token::{SHARED_SECRET_ID, TokenHash, UNKNOWN_SERVER};
use super::{CommandKey, EnrolmentAnswerV2, EnrolmentRequestV2, FactsError, PublicKey};
use crate::wire::base64::Base64Array;
use crate::wire::hex_id::{AgentId, KeyId};
use crate::wire::operator_key::OperatorPublicKey;
use crate::wire::pins::{ServerId, TlsPin};
use crate::wire::secret::Secret;

/// The server's identity key, Ed25519. It signs answers to enrolments and lists of keys, and nothing else: commands
/// and audit checkpoints have keys of their own.
pub struct ServerIdentity {
    signing: SigningKey,
    id: ServerId,
}

/// A request from someone who has the token and the private half of the identity key it names.
#[derive(Debug)]
pub struct VerifiedRequest {
    machine_id: MachineId,
    ak_pub: PublicKey,
    ex_pub: PublicKey,
    transcript_hash: [u8; 32],
    token: TokenHash,
    /// The agent does not know this server, and wants it proved.
    is_shared: bool,
}

/// What the server decides for a new agent.
#[derive(Clone, Debug)]
pub struct AnswerTerms {
    /// The agent's name: a new one, or the one that it has.
    pub agent_id: AgentId,
    /// Counts its keys.
    pub epoch: u32,
    /// The name of its first key; no other agent's.
    pub kid: KeyId,
    /// Keys whose commands it takes.
    pub command_keys: Vec<CommandKey>,
    /// Operators whose signatures it takes.
    pub operator_keys: Vec<OperatorPublicKey>,
    /// TLS keys that it takes: the active one and at least one successor.
    pub tls_pins: Vec<TlsPin>,
    /// The server's clock.
    pub now: Timestamp,
    /// The server's half of the agreement, X25519; new for each answer and forgotten after it.
    pub exchange: Secret<32>,
}

/// Why a request is refused. The HTTP answer may tell all of these but must not tell a token that
/// does not exist from one that is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VerifyError {
    /// The sender doesn't have the token, or it is for another server, or the request was changed.
    #[error("the join token is not valid here; ask for a new one")]
    Token,
    /// The sender doesn't have the identity key it names.
    #[error("the request is not signed by the identity key it names")]
    IdentityKey,
    /// The facts can't be used.
    #[error(transparent)]
    Facts(#[from] FactsError),
}

impl ServerIdentity {
    /// The identity with this private key.
    pub fn new(seed: &Secret<32>) -> Self {
        let signing = SigningKey::from_bytes(seed.expose());
        let id = ServerId::of(&signing.verifying_key().to_bytes());
        Self { signing, id }
    }

    /// What tokens and envelopes call this server.
    pub const fn id(&self) -> ServerId {
        self.id
    }

    /// The public half of its key.
    #[must_use]
    pub fn public_key(&self) -> [u8; 32] {
        self.signing.verifying_key().to_bytes()
    }

    /// Signs bytes that begin with a label of their own.
    #[must_use]
    pub fn sign_bytes(&self, bytes: &[u8]) -> [u8; 64] {
        self.signing.sign(bytes).to_bytes()
    }
}

impl fmt::Debug for ServerIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ServerIdentity({})", self.id)
    }
}

/// Checks a request against the hash of the token that it names. The proof of the token comes
/// first: it is cheap, and strangers get no further.
///
/// # Errors
/// See [`VerifyError`].
pub fn verify_request(
    token: &TokenHash,
    server_id: ServerId,
    request: &EnrolmentRequestV2,
) -> Result<VerifiedRequest, VerifyError> {
    let is_shared = request.token_id == SHARED_SECRET_ID;
    let told = if is_shared { UNKNOWN_SERVER } else { server_id };
    let transcript = agreement::transcript(request, told);
    let mac = agreement::mac(token, &transcript);
    if !bool::from(mac.0.ct_eq(&request.mac.0)) {
        return Err(VerifyError::Token);
    }
    VerifyingKey::from_bytes(&request.ak_pub.0)
        .and_then(|key| key.verify_strict(&transcript, &Ed25519Signature::from_bytes(&request.sig_ak.0)))
        .map_err(|_| VerifyError::IdentityKey)?;
    Ok(VerifiedRequest {
        machine_id: request.machine_facts.check()?,
        ak_pub: request.ak_pub,
        ex_pub: request.ex_pub,
        transcript_hash: agreement::transcript_hash(&transcript),
        token: token.clone(),
        is_shared,
    })
}

impl VerifiedRequest {
    /// The machine that wants to join.
    pub const fn machine_id(&self) -> &MachineId {
        &self.machine_id
    }

    /// Its identity key: the same one again is the same agent.
    pub const fn ak_pub(&self) -> &PublicKey {
        &self.ak_pub
    }

    /// Names this very request. A server that keeps its answer under this name while the token would
    /// have lived can give it again when the first was lost: it holds no secret, and only who holds
    /// the private half of the request can use it.
    pub const fn transcript_hash(&self) -> &[u8; 32] {
        &self.transcript_hash
    }

    /// Answers: what the agent gets, and what the server keeps.
    ///
    /// # Errors
    /// When the agent's exchange key is of low order.
    pub fn answer(
        &self,
        server: &ServerIdentity,
        terms: AnswerTerms,
    ) -> Result<(EnrolmentAnswerV2, AgentCredential), LowOrderKey> {
        let credential = AgentCredential {
            agent_id: terms.agent_id,
            machine_id: self.machine_id.clone(),
            kid: terms.kid,
            epoch: terms.epoch,
            root: agreement::root(
                self.transcript_hash,
                &terms.exchange,
                &self.ex_pub,
                self.token.0.expose(),
            )?,
            ak_pub: self.ak_pub,
            created: terms.now,
        };
        let mut answer = EnrolmentAnswerV2 {
            agent_id: terms.agent_id,
            sx_pub: agreement::exchange_public(&terms.exchange),
            kid: terms.kid,
            ep: terms.epoch,
            command_keys: terms.command_keys,
            operator_keys: terms.operator_keys,
            tls_pins: terms.tls_pins,
            server_time_ms: terms.now.as_millis(),
            server_key: Base64Array(server.public_key()),
            sig: Base64Array([0; 64]),
            mac: None,
        };
        let signed = agreement::answer_bytes(&answer, &self.transcript_hash);
        answer.sig = Base64Array(server.sign_bytes(&signed));
        if self.is_shared {
            answer.mac = Some(agreement::mac(&self.token, &signed));
        }
        Ok((answer, credential))
    }
}
