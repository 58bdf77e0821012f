//! What an agent and its server say to each other about commands, inside sealed envelopes: the agent
//! fetches, begins, and tells how it went until it is told that this is known.

use atlas_actors::command_queue::command::{CommandId, CommandState};
use ed25519_dalek::{Signature as Ed25519Signature, VerifyingKey};
use serde::{Deserialize, Serialize};

use super::base64::{Base64Array, Base64Bytes};
use super::enrolment::server::ServerIdentity;
use super::enrolment::{CommandKey, KEYS_MAX, PublicKey, Signature};
use super::hex_id::AgentId;
use super::length_prefixed::LengthPrefixed;
use super::pins::ServerId;
use super::signed_command::SignedCommand;

/// Where an agent fetches its commands.
pub const COMMANDS_ROUTE: &str = "/api/v2/agents/commands";
/// Where it tells how they went.
pub const RESULTS_ROUTE: &str = "/api/v2/agents/commands/results";
/// Bytes of output in one message. Reason: an eighth of what is kept.
pub const OUTPUT_PIECE_BYTES_MAX: usize = 32 * 1024;

/// An agent asks for its commands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FetchV2 {
    /// It was enrolled before there were commands: it needs the server's key for them.
    #[serde(default)]
    pub needs_keys: bool,
}

/// What it gets.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FetchedV2 {
    /// To be run, one after the other.
    pub commands: Vec<DeliveredCommand>,
    /// Not to be run any more, or to be ended.
    #[serde(default)]
    pub cancelled: Vec<String>,
    /// The server's key for commands, for an agent that has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keys: Option<CommandKeySet>,
}

/// One command, and what it needs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeliveredCommand {
    /// The command.
    pub command: SignedCommand,
    /// The script that it runs; its hash is in the signed bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub script: Option<Base64Bytes>,
}

/// An agent tells how a command goes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ResultV2 {
    /// Which command.
    pub command_id: String,
    /// How it stands: `started`, or one of its ends.
    pub state: String,
    /// A word for programs; empty when it went well.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub code: String,
    /// A sentence for people.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub message: String,
    /// The exit status of what was run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exit_code: Option<i32>,
    /// Whether there was more output than is kept.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_cut: bool,
    /// A piece of its output.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output: Option<OutputPiece>,
}

/// A piece of what a command wrote.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OutputPiece {
    /// Where it begins.
    pub offset: u32,
    /// The bytes.
    pub bytes: Base64Bytes,
}

/// What the agent is told in return.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HeardV2 {
    /// Bytes of output that the server has; the next piece begins there.
    pub output_bytes: u32,
    /// Somebody called it off: end it.
    pub is_cancelled: bool,
    /// How it ended is on the server's disk: forget it.
    pub is_settled: bool,
}

/// The state of that name, if an agent may say it.
#[must_use]
pub fn told_state(name: &str) -> Option<CommandState> {
    let said = CommandState::parse(name)?;
    (!matches!(said, CommandState::Queued | CommandState::Leased)).then_some(said)
}

/// The id in a message.
#[must_use]
pub fn command_id(text: &str) -> Option<CommandId> {
    text.parse().ok()
}

/// A server's keys for commands, signed by its identity for one agent. An agent that was enrolled
/// before there were commands learns them so, once; it never takes others in their place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CommandKeySet {
    keys: Vec<CommandKey>,
    server_key: PublicKey,
    sig: Signature,
}

/// The keys are not the server's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the keys for commands are not signed by this agent's server")]
pub struct NotTheServers;

impl CommandKeySet {
    /// The server's keys for that agent.
    #[must_use]
    pub fn sign(identity: &ServerIdentity, keys: Vec<CommandKey>, agent: AgentId) -> Self {
        let signed = key_set_bytes(&keys, agent);
        Self {
            keys,
            server_key: Base64Array(identity.public_key()),
            sig: Base64Array(identity.sign_bytes(&signed)),
        }
    }

    /// The keys, if they are that server's for that agent.
    ///
    /// # Errors
    /// When they are not, or there are none or too many.
    pub fn verify(&self, server: ServerId, agent: AgentId) -> Result<Vec<CommandKey>, NotTheServers> {
        let is_server = ServerId::of(&self.server_key.0) == server;
        if !is_server || self.keys.is_empty() || self.keys.len() > KEYS_MAX {
            return Err(NotTheServers);
        }
        let signed = key_set_bytes(&self.keys, agent);
        VerifyingKey::from_bytes(&self.server_key.0)
            .and_then(|key| key.verify_strict(&signed, &Ed25519Signature::from_bytes(&self.sig.0)))
            .map_err(|_| NotTheServers)?;
        Ok(self.keys.clone())
    }
}

fn key_set_bytes(keys: &[CommandKey], agent: AgentId) -> Vec<u8> {
    LengthPrefixed::new(b"atlas/command keys/2")
        .field(agent.as_bytes())
        .list(keys.iter().map(|key| key.kid.as_bytes().as_slice()))
        .list(keys.iter().map(|key| key.public_key.0.as_slice()))
        .into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::secret::Secret;
    use crate::wire::signed_command::CommandSigner;

    #[test]
    fn keys_are_believed_from_the_own_server_for_the_own_agent_only() {
        let identity = ServerIdentity::new(&Secret::new([7; 32]));
        let other = ServerIdentity::new(&Secret::new([8; 32]));
        let keys = vec![CommandSigner::of_server(&Secret::new([7; 32])).public_key()];
        let agent = AgentId::new([1; 16]);
        let set = CommandKeySet::sign(&identity, keys.clone(), agent);
        assert_eq!(set.verify(identity.id(), agent), Ok(keys.clone()));
        assert_eq!(set.verify(other.id(), agent), Err(NotTheServers));
        assert_eq!(
            set.verify(identity.id(), AgentId::new([2; 16])),
            Err(NotTheServers)
        );
        let forged = CommandKeySet {
            keys: vec![CommandSigner::of_server(&Secret::new([9; 32])).public_key()],
            ..set.clone()
        };
        assert_eq!(forged.verify(identity.id(), agent), Err(NotTheServers));
        let none = CommandKeySet::sign(&identity, Vec::new(), agent);
        assert_eq!(none.verify(identity.id(), agent), Err(NotTheServers));
    }

    #[test]
    fn an_agent_can_say_only_what_it_can_know() {
        assert_eq!(told_state("started"), Some(CommandState::Started));
        for other in ["queued", "leased", "done", ""] {
            assert_eq!(told_state(other), None);
        }
    }
}
