//! What an enrolled agent keeps: one JSON file, readable by its owner only. Writing it safely is the
//! agent's business.

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::CommandKey;
use crate::wire::envelope_v2::keys::{self, Channel, Direction, OpenKey, SealKey};
use crate::wire::hex_id::{AgentId, KeyId};
use crate::wire::operator_key::OperatorPublicKey;
use crate::wire::pins::{ServerId, TlsPin};
use crate::wire::secret::Secret;

/// An agent's identity at one server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AgentIdentity {
    /// Which version of this file; [`AgentIdentity::FORMAT`].
    pub(super) format: u32,
    /// Where the server is.
    pub server_url: String,
    /// Who the server is.
    pub server_id: ServerId,
    /// What the server calls this agent.
    pub agent_id: AgentId,
    /// The machine that it reports for.
    pub machine_id: String,
    /// The name of its key.
    pub kid: KeyId,
    /// The epoch of its root.
    pub epoch: u32,
    /// What its keys are derived from.
    pub root: Secret<32>,
    /// The private half of its identity key, Ed25519.
    pub identity_key: Secret<32>,
    /// TLS keys of the server.
    pub tls_pins: Vec<TlsPin>,
    /// Keys whose commands it takes.
    pub command_keys: Vec<CommandKey>,
    /// Operators whose signatures count, as they were at enrolment.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub operator_keys: Vec<OperatorPublicKey>,
    /// When its key was agreed on, by the server's clock; 0 when that is not known.
    #[serde(default)]
    pub key_since_ms: i64,
}

/// Why a file is no identity. None of these repeats the file, which holds secrets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReadIdentityError {
    /// Damaged.
    #[error("the identity file is damaged at line {line}; enrol this machine again")]
    Malformed {
        /// Where.
        line: usize,
    },
    /// Written by a newer agent, or by none.
    #[error(
        "the identity file has format {found}, this agent reads {}; use a newer agent",
        AgentIdentity::FORMAT
    )]
    Format {
        /// The format it has.
        found: u32,
    },
}

/// The one field that every format has.
#[derive(Deserialize)]
struct AnyFormat {
    format: u32,
}

impl AgentIdentity {
    /// The format that is written, and the only one so far.
    pub const FORMAT: u32 = 1;

    /// Reads an identity file.
    ///
    /// # Errors
    /// See [`ReadIdentityError`].
    pub fn from_json(file: &[u8]) -> Result<Self, ReadIdentityError> {
        let malformed = |error: serde_json::Error| ReadIdentityError::Malformed { line: error.line() };
        let AnyFormat { format: found } = serde_json::from_slice(file).map_err(malformed)?;
        if found != Self::FORMAT {
            return Err(ReadIdentityError::Format { found });
        }
        serde_json::from_slice(file).map_err(malformed)
    }

    /// The identity file; wiped when dropped.
    ///
    /// # Errors
    /// None that can happen with these types; `serde_json` has no way to say so.
    pub fn to_json(&self) -> Result<Zeroizing<Vec<u8>>, serde_json::Error> {
        serde_json::to_vec_pretty(self).map(Zeroizing::new)
    }

    /// The name of the key that seals.
    #[must_use]
    pub fn key_name(&self) -> String {
        keys::name(self.kid, self.epoch)
    }

    /// Seals what the agent sends; for `sealed_before` see [`SealKey::derive`].
    pub fn seal_key(&self, sealed_before: u64) -> SealKey {
        SealKey::derive(&self.root, &self.channel(Direction::AgentToServer), sealed_before)
    }

    /// Opens what the server sends.
    pub fn open_key(&self) -> OpenKey {
        OpenKey::derive(&self.root, &self.channel(Direction::ServerToAgent))
    }

    /// Whether a TLS key is the server's. Ask it for the key that was seen during enrolment: if it is
    /// not, somebody sits in between, and every later connection would be refused.
    pub fn trusts_tls_key(&self, seen: &TlsPin) -> bool {
        self.tls_pins.contains(seen)
    }

    const fn channel(&self, direction: Direction) -> Channel {
        Channel {
            direction,
            agent_id: self.agent_id,
            server_id: self.server_id,
            kid: self.kid,
            epoch: self.epoch,
        }
    }
}
