//! How an agent gets keys of its own: the words of `POST /api/v2/enroll` (security.md 2.1).
//!
//! A join token carries a secret and the server's id. The agent proves that it has the secret
//! without sending it, and the server signs its answer with the identity key whose hash the token
//! carries. So the TLS connection of the first contact need not be trusted: whoever sits in it
//! learns two public keys and a machine's name, and can change nothing. Both sides end with the
//! same root, from which [`super::envelope_v2`] derives its keys.
//!
//! Agents of a cluster of 1.x and 2.0 may ask with the secret that all of it shares, in place of a
//! token: then neither knows the other's key beforehand, and the server proves that it has the secret
//! as the agent does. [`rekey`] is how an agent gets another key later.
//!
//! Here are plain functions and what they exchange. Whether a token is alive, was used or may
//! enrol, and where keys are kept, is decided by those who call them.

use atlas_actors::clock::Timestamp;
use atlas_actors::model::{MachineId, MachineIdError};
use serde::{Deserialize, Serialize};

use super::base64::Base64Array;
use super::hex_id::{AgentId, KeyId, TokenId};
use super::operator_key::OperatorPublicKey;
use super::pins::TlsPin;

pub mod agent;
mod agreement;
pub mod credential;
pub mod identity;
pub mod rekey;
pub mod server;
pub mod token;

/// The epoch of the root that enrolment agrees on.
pub const FIRST_EPOCH: u32 = 1;
/// A request has at most this many bytes. Reason: six facts of [`FACT_BYTES_MAX`], each character
/// escaped, and 300 bytes of keys.
pub const REQUEST_BYTES_MAX: usize = 16 << 10;
/// An answer has at most this many bytes. Reason: full lists of keys and pins are 6 KiB.
pub const ANSWER_BYTES_MAX: usize = 16 << 10;
/// One fact has at most this many bytes, as a machine's id has.
pub const FACT_BYTES_MAX: usize = 255;
/// A server names at most this many command keys, and as many TLS keys.
pub const KEYS_MAX: usize = 16;

/// An Ed25519 or X25519 public key.
pub type PublicKey = Base64Array<32>;
/// An Ed25519 signature.
pub type Signature = Base64Array<64>;

/// What an agent sends to be enrolled.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EnrolmentRequestV2 {
    /// Which token; its secret is not here.
    pub token_id: TokenId,
    /// The agent's identity key, Ed25519.
    pub ak_pub: PublicKey,
    /// The agent's half of the key agreement, X25519, new for each request.
    pub ex_pub: PublicKey,
    /// Whom the server may expect.
    pub machine_facts: MachineFactsV2,
    /// Proves that the sender has the token's secret.
    pub mac: PublicHash,
    /// Proves that the sender has the private half of `ak_pub`.
    pub sig_ak: Signature,
}

/// A SHA-256 or HMAC-SHA-256 that is no secret.
pub type PublicHash = Base64Array<32>;

/// What a machine says of itself when it joins. Not trusted; shown to who approves it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MachineFactsV2 {
    /// The id under which it wants to report.
    pub machine_id: String,
    /// Its host name.
    pub hostname: String,
    /// "Darwin", "Linux".
    pub os: String,
    /// The system's version.
    pub os_version: String,
    /// "arm64", "x86_64".
    pub architecture: String,
    /// The agent's version.
    pub agent_version: String,
}

/// What a server answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EnrolmentAnswerV2 {
    /// The agent's name from now on.
    pub agent_id: AgentId,
    /// The server's half of the key agreement, X25519, new for each agent.
    pub sx_pub: PublicKey,
    /// The name of the key that was agreed on.
    pub kid: KeyId,
    /// Its epoch.
    pub ep: u32,
    /// Keys whose signatures the agent takes commands from.
    pub command_keys: Vec<CommandKey>,
    /// Operators whose signatures the agent takes beside the server's.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub operator_keys: Vec<OperatorPublicKey>,
    /// TLS keys that the agent takes from now on: the active one and its successors.
    pub tls_pins: Vec<TlsPin>,
    /// The server's clock.
    pub server_time_ms: i64,
    /// The server's identity key, Ed25519; its hash is in the token.
    pub server_key: PublicKey,
    /// By the identity key, over all of this and the request.
    pub sig: Signature,
    /// Proves that the server has the secret too; only for an agent that does not know the server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mac: Option<PublicHash>,
}

/// A key that signs commands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CommandKey {
    /// Its name in a command's signatures.
    pub kid: KeyId,
    /// Ed25519.
    pub public_key: PublicKey,
}

/// Why a body is no request or no answer. The source may repeat parts of it: for the log only.
#[derive(Debug, thiserror::Error)]
pub enum ParseEnrolmentError {
    /// Larger than one can be.
    #[error("the enrolment message is larger than {limit_bytes} bytes")]
    TooLarge {
        /// What is taken.
        limit_bytes: usize,
    },
    /// Not the JSON it should be.
    #[error("the enrolment message is malformed")]
    Malformed(#[source] serde_json::Error),
}

/// Why a machine can't join with these facts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FactsError {
    /// It has no usable id.
    #[error("the machine id can't be used")]
    MachineId(#[from] MachineIdError),
    /// A fact is too long or has control characters.
    #[error("{field} must be at most {FACT_BYTES_MAX} bytes without control characters")]
    Fact {
        /// Which.
        field: &'static str,
    },
}

impl EnrolmentRequestV2 {
    /// Reads a request; nothing in it is checked yet.
    ///
    /// # Errors
    /// See [`ParseEnrolmentError`].
    pub fn parse(body: &[u8]) -> Result<Self, ParseEnrolmentError> {
        parse(body, REQUEST_BYTES_MAX)
    }
}

impl EnrolmentAnswerV2 {
    /// Reads an answer; nothing in it is checked yet.
    ///
    /// # Errors
    /// See [`ParseEnrolmentError`].
    pub fn parse(body: &[u8]) -> Result<Self, ParseEnrolmentError> {
        parse(body, ANSWER_BYTES_MAX)
    }

    /// The server's clock when it answered.
    pub const fn server_time(&self) -> Timestamp {
        Timestamp::from_millis(self.server_time_ms)
    }
}

fn parse<'a, T: Deserialize<'a>>(body: &'a [u8], limit_bytes: usize) -> Result<T, ParseEnrolmentError> {
    if body.len() > limit_bytes {
        return Err(ParseEnrolmentError::TooLarge { limit_bytes });
    }
    serde_json::from_slice(body).map_err(ParseEnrolmentError::Malformed)
}

impl MachineFactsV2 {
    /// All facts, in the order in which they are signed.
    fn fields(&self) -> [(&'static str, &str); 6] {
        [
            ("machine_id", &self.machine_id),
            ("hostname", &self.hostname),
            ("os", &self.os),
            ("os_version", &self.os_version),
            ("architecture", &self.architecture),
            ("agent_version", &self.agent_version),
        ]
    }

    /// Checks the facts; both sides do, so that an agent hears of it before it asks.
    ///
    /// # Errors
    /// See [`FactsError`].
    pub fn check(&self) -> Result<MachineId, FactsError> {
        for (field, fact) in self.fields() {
            if fact.len() > FACT_BYTES_MAX || fact.chars().any(char::is_control) {
                return Err(FactsError::Fact { field });
            }
        }
        Ok(MachineId::parse(&self.machine_id)?)
    }
}

#[cfg(test)]
mod tests;
