//! The agent's side of an enrolment. It asks once, checks that the answer comes from the server its
//! token names, and ends with an identity to keep. It sends nothing and stores nothing itself.

use ed25519_dalek::{Signature as Ed25519Signature, Signer as _, SigningKey, VerifyingKey};
use subtle::ConstantTimeEq as _;

use super::agreement::{self, LowOrderKey};
use super::identity::AgentIdentity;
use super::token::{JoinToken, SHARED_SECRET_ID, TokenHash, UNKNOWN_SERVER};
use super::{
    EnrolmentAnswerV2, EnrolmentRequestV2, FactsError, KEYS_MAX, MachineFactsV2, PublicKey, Signature,
};
use crate::wire::base64::Base64Array;
use crate::wire::hex_id::TokenId;
use crate::wire::pins::ServerId;
use crate::wire::secret::Secret;

/// The private keys that an agent brings.
#[derive(Clone, Debug)]
pub struct AgentSeeds {
    /// Its identity, Ed25519. An agent that enrols again brings the one it has.
    pub identity: Secret<32>,
    /// Its half of the agreement, X25519. New for each enrolment.
    pub exchange: Secret<32>,
}

/// An enrolment that waits for its answer. It lives as long as the call; after a crash begin anew.
#[derive(Debug)]
pub struct AgentEnrolment {
    request: EnrolmentRequestV2,
    transcript_hash: [u8; 32],
    token: TokenHash,
    /// Nothing when the shared secret has to tell.
    server_id: Option<ServerId>,
    server_url: String,
    seeds: AgentSeeds,
}

/// Why an answer is not taken. The agent is then not enrolled and keeps nothing of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FinishError {
    /// Another server, or somebody in between.
    #[error(
        "this is not the server that the join token is for: someone may be in between, or the token is of another server"
    )]
    WrongServer,
    /// The answer is not what the server signed, or it answers another request.
    #[error("the server's answer was changed on its way")]
    NotAuthentic,
    /// It names no TLS key or too many keys.
    #[error("the server's answer names no TLS key, or more than {KEYS_MAX} keys")]
    Keys,
    /// Its exchange key is of low order.
    #[error(transparent)]
    LowOrderKey(#[from] LowOrderKey),
}

impl AgentSeeds {
    /// Keys for a machine that never enrolled.
    ///
    /// # Errors
    /// When the system has no random numbers.
    pub fn random() -> Result<Self, getrandom::Error> {
        Self::again(Secret::random()?)
    }

    /// Keys for a machine that enrols again.
    ///
    /// # Errors
    /// When the system has no random numbers.
    pub fn again(identity: Secret<32>) -> Result<Self, getrandom::Error> {
        Ok(Self {
            identity,
            exchange: Secret::random()?,
        })
    }
}

impl AgentEnrolment {
    /// Makes the request.
    ///
    /// # Errors
    /// When the server would refuse the facts.
    pub fn begin(
        token: &JoinToken,
        server_url: &str,
        machine_facts: MachineFactsV2,
        seeds: AgentSeeds,
    ) -> Result<Self, FactsError> {
        let known = Some(token.server_id());
        Self::ask(token.id(), token.hash(), known, server_url, machine_facts, seeds)
    }

    /// Makes a request that the cluster's shared secret proves. An administrator must approve it.
    ///
    /// # Errors
    /// When the server would refuse the facts.
    pub fn begin_shared(
        secret: TokenHash,
        server_url: &str,
        machine_facts: MachineFactsV2,
        seeds: AgentSeeds,
    ) -> Result<Self, FactsError> {
        Self::ask(SHARED_SECRET_ID, secret, None, server_url, machine_facts, seeds)
    }

    fn ask(
        token_id: TokenId,
        token: TokenHash,
        server_id: Option<ServerId>,
        server_url: &str,
        machine_facts: MachineFactsV2,
        seeds: AgentSeeds,
    ) -> Result<Self, FactsError> {
        machine_facts.check()?;
        let identity = SigningKey::from_bytes(seeds.identity.expose());
        let mut request = EnrolmentRequestV2 {
            token_id,
            ak_pub: Base64Array(identity.verifying_key().to_bytes()),
            ex_pub: agreement::exchange_public(&seeds.exchange),
            machine_facts,
            mac: Base64Array([0; 32]),
            sig_ak: Base64Array([0; 64]),
        };
        let transcript = agreement::transcript(&request, server_id.unwrap_or(UNKNOWN_SERVER));
        request.mac = agreement::mac(&token, &transcript);
        request.sig_ak = Base64Array(identity.sign(&transcript).to_bytes());
        Ok(Self {
            request,
            transcript_hash: agreement::transcript_hash(&transcript),
            token,
            server_id,
            server_url: server_url.to_owned(),
            seeds,
        })
    }

    /// What to send. Sending it again is harmless.
    pub const fn request(&self) -> &EnrolmentRequestV2 {
        &self.request
    }

    /// Checks the answer and agrees on the root.
    ///
    /// # Errors
    /// See [`FinishError`].
    pub fn finish(&self, answer: &EnrolmentAnswerV2) -> Result<AgentIdentity, FinishError> {
        self.check(answer)?;
        let root = agreement::root(
            self.transcript_hash,
            &self.seeds.exchange,
            &answer.sx_pub,
            self.token.0.expose(),
        )?;
        Ok(AgentIdentity {
            format: AgentIdentity::FORMAT,
            server_url: self.server_url.clone(),
            server_id: ServerId::of(&answer.server_key.0),
            agent_id: answer.agent_id,
            machine_id: self.request.machine_facts.machine_id.trim().to_owned(),
            kid: answer.kid,
            epoch: answer.ep,
            root,
            identity_key: self.seeds.identity.clone(),
            tls_pins: answer.tls_pins.clone(),
            command_keys: answer.command_keys.clone(),
            operator_keys: answer.operator_keys.clone(),
            key_since_ms: answer.server_time_ms,
        })
    }

    fn check(&self, answer: &EnrolmentAnswerV2) -> Result<(), FinishError> {
        let signed = agreement::answer_bytes(answer, &self.transcript_hash);
        let is_right_one = match self.server_id {
            Some(server_id) => ServerId::of(&answer.server_key.0) == server_id,
            None => answer
                .mac
                .is_some_and(|mac| agreement::mac(&self.token, &signed).0.ct_eq(&mac.0).into()),
        };
        if !is_right_one {
            return Err(FinishError::WrongServer);
        }
        check_signature(&answer.server_key, &signed, &answer.sig)?;
        let (pins, keys) = (answer.tls_pins.len(), answer.command_keys.len());
        let operators = answer.operator_keys.len();
        if pins == 0 || pins > KEYS_MAX || keys > KEYS_MAX || operators > KEYS_MAX {
            return Err(FinishError::Keys);
        }
        Ok(())
    }
}

/// Whether a server signed these bytes.
pub(super) fn check_signature(
    server_key: &PublicKey,
    signed: &[u8],
    sig: &Signature,
) -> Result<(), FinishError> {
    VerifyingKey::from_bytes(&server_key.0)
        .and_then(|key| key.verify_strict(signed, &Ed25519Signature::from_bytes(&sig.0)))
        .map_err(|_| FinishError::NotAuthentic)
}
