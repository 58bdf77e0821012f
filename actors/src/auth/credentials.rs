//! The published table of who may speak to the server. Immutable; each change publishes a new one,
//! which shares all that did not change with the one before.

use std::fmt;
use std::sync::Arc;

use imbl::HashMap;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::clock::Timestamp;
use crate::model::{MachineId, Role, UserName};

/// SHA-256 of a secret: all that is kept of it.
pub type Digest = [u8; 32];

/// The digest of a secret. A plain hash is enough, since these secrets are 256 random bits.
#[must_use]
pub fn digest(secret: &[u8]) -> Digest {
    Sha256::digest(secret).into()
}

/// Somebody who signed in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// Who.
    pub user: UserName,
    /// What they may do.
    pub role: Role,
    /// When they signed in.
    pub created_at: Timestamp,
    /// When it ends, whatever they do.
    pub expires_at: Timestamp,
}

/// An agent that was enrolled: the keys under which its reports are sealed.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgentCredential {
    /// The id that its envelopes are bound to, drawn at random when it was enrolled.
    pub agent_id: String,
    /// The only machine that it may speak for.
    pub machine: MachineId,
    /// The name of its key; comes with each envelope.
    pub kid: String,
    /// How often its keys were agreed anew.
    pub epoch: u32,
    /// The secret from which the keys of both directions are derived.
    pub root: [u8; 32],
    /// Its Ed25519 identity key.
    pub identity: [u8; 32],
    /// When it was enrolled.
    pub created_at: Timestamp,
}

impl fmt::Debug for AgentCredential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AgentCredential")
            .field("machine", &self.machine)
            .field("kid", &self.kid)
            .finish_non_exhaustive()
    }
}

/// Who may speak to the server, as of now.
#[derive(Clone, Debug, Default)]
pub struct Credentials {
    pub(super) sessions: HashMap<Digest, Arc<Session>>,
    agents: HashMap<String, Arc<AgentCredential>>,
    /// Which key speaks for a machine.
    speakers: HashMap<MachineId, String>,
}

impl Credentials {
    /// The session of that token, unless it has ended.
    #[must_use]
    pub fn session(&self, token: &str, now: Timestamp) -> Option<Arc<Session>> {
        self.sessions
            .get(&digest(token.as_bytes()))
            .filter(|session| session.expires_at > now)
            .cloned()
    }

    /// The agent whose key has that name.
    #[must_use]
    pub fn agent(&self, kid: &str) -> Option<Arc<AgentCredential>> {
        self.agents.get(kid).cloned()
    }

    /// The agent that speaks for that machine: then nobody else may.
    #[must_use]
    pub fn speaker(&self, machine: &MachineId) -> Option<Arc<AgentCredential>> {
        self.speakers.get(machine).and_then(|kid| self.agent(kid))
    }

    /// Whether that very session has not been ended.
    #[must_use]
    pub fn is_live(&self, session: &Arc<Session>) -> bool {
        self.sessions.values().any(|live| Arc::ptr_eq(live, session))
    }

    /// How many agents are enrolled.
    #[must_use]
    pub fn agents(&self) -> usize {
        self.agents.len()
    }

    pub(super) fn add_agent(&mut self, agent: AgentCredential) {
        self.speakers.insert(agent.machine.clone(), agent.kid.clone());
        self.agents.insert(agent.kid.clone(), Arc::new(agent));
    }

    pub(super) fn remove_agent(&mut self, agent: &AgentCredential) {
        self.agents.remove(&agent.kid);
        if self.speakers.get(&agent.machine) == Some(&agent.kid) {
            self.speakers.remove(&agent.machine);
        }
    }
}
