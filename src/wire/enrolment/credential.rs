//! What the server keeps of an enrolled agent. Its root is a secret: wrap the serialised form before
//! it is stored.

use atlas_actors::clock::Timestamp;
use atlas_actors::model::MachineId;
use serde::{Deserialize, Serialize};

use super::PublicKey;
use crate::wire::envelope_v2::keys::{Channel, Direction, OpenKey, SealKey};
use crate::wire::hex_id::{AgentId, KeyId};
use crate::wire::pins::ServerId;
use crate::wire::secret::Secret;

/// One agent's credential in one epoch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AgentCredential {
    /// The agent.
    pub agent_id: AgentId,
    /// The machine that it speaks for, and no other.
    pub machine_id: MachineId,
    /// The name of its key.
    pub kid: KeyId,
    /// The epoch of its root.
    pub epoch: u32,
    /// What its keys are derived from.
    pub root: Secret<32>,
    /// Its identity key, Ed25519.
    pub ak_pub: PublicKey,
    /// When it was enrolled.
    pub created: Timestamp,
}

impl AgentCredential {
    /// Opens what the agent sends.
    pub fn open_key(&self, server_id: ServerId) -> OpenKey {
        OpenKey::derive(&self.root, &self.channel(server_id, Direction::AgentToServer))
    }

    /// Seals what is sent to the agent; for `sealed_before` see [`SealKey::derive`].
    pub fn seal_key(&self, server_id: ServerId, sealed_before: u64) -> SealKey {
        let channel = self.channel(server_id, Direction::ServerToAgent);
        SealKey::derive(&self.root, &channel, sealed_before)
    }

    const fn channel(&self, server_id: ServerId, direction: Direction) -> Channel {
        Channel {
            direction,
            agent_id: self.agent_id,
            server_id,
            kid: self.kid,
            epoch: self.epoch,
        }
    }
}
