//! A command as it reaches a machine: bytes and who signed them. A machine checks the signatures over
//! exactly these bytes before it reads them (DSSE; security.md 2.6). The server signs all of them with
//! a key that is for nothing else; what can do harm is signed by an operator as well.

use std::fmt;

use atlas_actors::clock::Timestamp;
use atlas_actors::command_queue::action::Action;
use atlas_actors::command_queue::command::CommandId;
use ed25519_dalek::{Signature as Ed25519Signature, Signer as _, SigningKey, VerifyingKey};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::base64::{Base64Array, Base64Bytes};
use super::command_action;
use super::enrolment::{CommandKey, Signature};
use super::hex_id::{AgentId, KeyId};
use super::keyed_hash::{expand, sha256};
use super::operator_key::{OperatorKey, OperatorPublicKey};
use super::secret::Secret;

/// What the signed bytes are, to every signer and checker.
const PAYLOAD_TYPE: &str = "application/vnd.atlas.command.v1+json";
/// The only version.
const VERSION: u8 = 1;
/// Bytes of a command at most. Reason: 8 KiB of arguments, each character escaped once, and names.
pub const PAYLOAD_BYTES_MAX: usize = 24 * 1024;
/// Signatures of one command at most: the server's and a few people's.
pub const SIGNATURES_MAX: usize = 8;
/// For what the server's key for commands is derived.
const KEY_LABEL: &[u8] = b"atlas/command signing key/1";

/// A command and its signatures, as it travels.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignedCommand {
    /// The bytes that are signed.
    pub p: Base64Bytes,
    /// Who signed them.
    pub sigs: Vec<SignatureV1>,
}

/// One signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignatureV1 {
    /// Whose key.
    pub kid: KeyId,
    /// Ed25519 over the DSSE form of the bytes.
    pub sig: Signature,
}

/// What a command says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommandPayload {
    /// Its id.
    pub command_id: CommandId,
    /// Which agent may run it, and no other.
    pub agent_id: AgentId,
    /// What to do.
    pub action: Action,
    /// Nobody begins it before.
    pub not_before: Timestamp,
    /// Nobody begins it after.
    pub not_after: Timestamp,
    /// Its place in the agent's order.
    pub seq: u64,
    /// Who asked for it.
    pub issued_by: String,
    /// Which policy the agent had told then.
    pub policy_rev: String,
}

#[derive(Serialize)]
struct WrittenPayload<'a, A: Serialize> {
    v: u8,
    command_id: String,
    agent_id: AgentId,
    action: &'a str,
    args: A,
    not_before: i64,
    not_after: i64,
    seq: u64,
    issued_by: &'a str,
    policy_rev: &'a str,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ReadPayload {
    v: u8,
    command_id: String,
    agent_id: AgentId,
    action: String,
    args: Value,
    not_before: i64,
    not_after: i64,
    seq: u64,
    issued_by: String,
    policy_rev: String,
}

/// Why a command is not one, before anything in it is believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VerifyCommandError {
    /// Larger than one can be, or with too many signatures.
    #[error("the command is larger than one can be")]
    TooLarge,
    /// Nobody whom this machine knows has signed it, or it was changed.
    #[error("the command is not signed by this machine's server")]
    NotSigned,
    /// Signed, and still not what it should be.
    #[error("the command is signed and can't be read")]
    Malformed,
}

/// Keys that a machine believes.
#[derive(Clone, Debug, Default)]
pub struct KeyRing {
    server: Vec<(KeyId, VerifyingKey)>,
    operators: Vec<(KeyId, VerifyingKey)>,
}

/// A command whose signatures hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifiedCommand {
    /// What it says.
    pub payload: CommandPayload,
    /// Which operators signed it; each once.
    pub operators: Vec<KeyId>,
}

/// The name of a server's key: the beginning of its hash, so that no other key can have it.
fn key_name(public_key: &[u8; 32]) -> KeyId {
    let hash = sha256(public_key);
    let mut name = [0; 12];
    name.copy_from_slice(&hash[..12]);
    KeyId::new(name)
}

/// The bytes that are signed: DSSE's pre-authentication encoding.
fn signed_bytes(payload: &[u8]) -> Vec<u8> {
    let head = format!("DSSEv1 {} {PAYLOAD_TYPE} {} ", PAYLOAD_TYPE.len(), payload.len());
    [head.as_bytes(), payload].concat()
}

impl CommandPayload {
    /// The bytes to be signed; the same command always gives the same ones.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let written = WrittenPayload {
            v: VERSION,
            command_id: self.command_id.to_string(),
            agent_id: self.agent_id,
            action: self.action.name(),
            args: command_action::args(&self.action),
            not_before: self.not_before.as_millis(),
            not_after: self.not_after.as_millis(),
            seq: self.seq,
            issued_by: &self.issued_by,
            policy_rev: &self.policy_rev,
        };
        // Texts and numbers always serialise.
        serde_json::to_vec(&written).unwrap_or_default()
    }

    /// Reads bytes; whoever asks has checked their signatures, or shows them to a person.
    ///
    /// # Errors
    /// When they are not what they should be.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, VerifyCommandError> {
        let malformed = VerifyCommandError::Malformed;
        if bytes.len() > PAYLOAD_BYTES_MAX {
            return Err(VerifyCommandError::TooLarge);
        }
        let read: ReadPayload = serde_json::from_slice(bytes).map_err(|_| malformed)?;
        if read.v != VERSION {
            return Err(malformed);
        }
        Ok(Self {
            command_id: read.command_id.parse().map_err(|_| malformed)?,
            agent_id: read.agent_id,
            action: command_action::read(&read.action, read.args).map_err(|_| malformed)?,
            not_before: Timestamp::from_millis(read.not_before),
            not_after: Timestamp::from_millis(read.not_after),
            seq: read.seq,
            issued_by: read.issued_by,
            policy_rev: read.policy_rev,
        })
    }
}

impl SignedCommand {
    /// Checks who signed, and only then reads.
    ///
    /// # Errors
    /// See [`VerifyCommandError`].
    pub fn verify(&self, keys: &KeyRing) -> Result<VerifiedCommand, VerifyCommandError> {
        if self.p.0.len() > PAYLOAD_BYTES_MAX || self.sigs.len() > SIGNATURES_MAX {
            return Err(VerifyCommandError::TooLarge);
        }
        let signed = signed_bytes(&self.p.0);
        let holds = |key: &VerifyingKey, sig: &Signature| {
            key.verify_strict(&signed, &Ed25519Signature::from_bytes(&sig.0))
                .is_ok()
        };
        let is_by = |known: &[(KeyId, VerifyingKey)], one: &SignatureV1| {
            let key = known.iter().find(|(kid, _)| *kid == one.kid);
            key.is_some_and(|(_, key)| holds(key, &one.sig))
        };
        if !self.sigs.iter().any(|one| is_by(&keys.server, one)) {
            return Err(VerifyCommandError::NotSigned);
        }
        let by_operators = self.sigs.iter().filter(|one| is_by(&keys.operators, one));
        let mut operators: Vec<_> = by_operators.map(|one| one.kid).collect();
        operators.sort();
        operators.dedup();
        Ok(VerifiedCommand {
            payload: CommandPayload::from_bytes(&self.p.0)?,
            operators,
        })
    }
}

impl KeyRing {
    /// Those keys; one that is none is left out, and so is an operator's that is the server's.
    #[must_use]
    pub fn new(server: &[CommandKey], operators: &[OperatorPublicKey]) -> Self {
        let read = |bytes: &[u8; 32]| VerifyingKey::from_bytes(bytes).ok();
        let server: Vec<_> = server
            .iter()
            .filter_map(|key| Some((key.kid, read(&key.public_key.0)?)))
            .collect();
        let is_servers = |key: &VerifyingKey| server.iter().any(|(_, servers)| servers == key);
        let operators = operators
            .iter()
            .filter_map(|key| Some((key.id(), read(&key.verifying_key().0)?)))
            .filter(|(_, key)| !is_servers(key))
            .collect();
        Self { server, operators }
    }

    /// Whether there is a server's key at all.
    #[must_use]
    pub const fn knows_its_server(&self) -> bool {
        !self.server.is_empty()
    }
}

/// The server's key for commands.
pub struct CommandSigner {
    signing: SigningKey,
    kid: KeyId,
}

impl CommandSigner {
    /// The one that is derived from a server's identity for this one purpose.
    #[must_use]
    pub fn of_server(identity: &Secret<32>) -> Self {
        let signing = SigningKey::from_bytes(expand(identity, KEY_LABEL).expose());
        let kid = key_name(&signing.verifying_key().to_bytes());
        Self { signing, kid }
    }

    /// Its public half, as machines keep it.
    #[must_use]
    pub fn public_key(&self) -> CommandKey {
        CommandKey {
            kid: self.kid,
            public_key: Base64Array(self.signing.verifying_key().to_bytes()),
        }
    }

    /// Signs a command's bytes.
    #[must_use]
    pub fn sign(&self, payload: &[u8]) -> SignatureV1 {
        SignatureV1 {
            kid: self.kid,
            sig: Base64Array(self.signing.sign(&signed_bytes(payload)).to_bytes()),
        }
    }
}

/// An operator signs a command's bytes.
#[must_use]
pub fn sign_as_operator(key: &OperatorKey, payload: &[u8]) -> SignatureV1 {
    SignatureV1 {
        kid: key.id(),
        sig: Base64Array(key.sign(&signed_bytes(payload))),
    }
}

/// Whether that is an operator's signature of a command's bytes.
#[must_use]
pub fn is_by_operator(key: &OperatorPublicKey, payload: &[u8], signature: &SignatureV1) -> bool {
    signature.kid == key.id() && key.is_signature(&signed_bytes(payload), &signature.sig.0)
}

impl fmt::Debug for CommandSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CommandSigner({})", self.kid)
    }
}

#[cfg(test)]
mod tests;
