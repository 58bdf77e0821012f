//! The published table of who may speak to the server. Immutable; each change publishes a new one,
//! which shares all that did not change with the one before.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use imbl::HashMap;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::api_key::{self, ApiKey};
use super::session::Session;
use crate::clock::Timestamp;
use crate::limits::SESSION_IDLE_MAX;
use crate::model::{MachineId, UserName};

/// SHA-256 of a secret: all that is kept of it.
pub type Digest = [u8; 32];

/// The digest of a secret. A plain hash is enough, since these secrets are 256 random bits.
#[must_use]
pub fn digest(secret: &[u8]) -> Digest {
    Sha256::digest(secret).into()
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
#[derive(Clone, Debug)]
pub struct Credentials {
    pub(super) sessions: HashMap<Digest, Arc<Session>>,
    /// For how long a session may go unused.
    pub(super) idle_max: Duration,
    /// API keys by their ids.
    pub(super) keys: HashMap<String, Arc<ApiKey>>,
    agents: HashMap<String, Arc<AgentCredential>>,
    /// Which key speaks for a machine.
    speakers: HashMap<MachineId, String>,
}

impl Default for Credentials {
    fn default() -> Self {
        Self {
            sessions: HashMap::default(),
            idle_max: SESSION_IDLE_MAX,
            keys: HashMap::default(),
            agents: HashMap::default(),
            speakers: HashMap::default(),
        }
    }
}

impl Credentials {
    /// The session of that token, unless it has ended; this is a use of it.
    #[must_use]
    pub fn session(&self, token: &str, now: Timestamp) -> Option<Arc<Session>> {
        let session = self.sessions.get(&digest(token.as_bytes()))?;
        let open = session.is_open(self.idle_max, now).then_some(session)?;
        open.seen.note(now);
        Some(Arc::clone(open))
    }

    /// The session as it is now, unless it has ended; this is no use of it.
    #[must_use]
    pub fn current(&self, session: &Session, now: Timestamp) -> Option<Arc<Session>> {
        let current = self.sessions.get(&session.key)?;
        current.is_open(self.idle_max, now).then(|| Arc::clone(current))
    }

    /// A user's sessions that have not ended, the newest first.
    #[must_use]
    pub fn sessions_of(&self, user: &UserName, now: Timestamp) -> Vec<Arc<Session>> {
        let theirs = self.sessions.values();
        let mut theirs: Vec<_> = theirs
            .filter(|session| session.user == *user && session.is_open(self.idle_max, now))
            .cloned()
            .collect();
        theirs.sort_by_key(|session| std::cmp::Reverse(session.created_at));
        theirs
    }

    /// The API key of that text, unless it has ended or was revoked; this is a use of it.
    #[must_use]
    pub fn key(&self, text: &str, now: Timestamp) -> Option<Arc<ApiKey>> {
        let (id, secret) = api_key::parse(text)?;
        let key = self.keys.get(id).filter(|key| key.is_opened_by(secret, now))?;
        key.used.note(now);
        Some(Arc::clone(key))
    }

    /// Whether that API key still counts; this is no use of it.
    #[must_use]
    pub fn has_key(&self, key: &ApiKey, now: Timestamp) -> bool {
        self.keys.contains_key(&key.id) && key.expires_at > now
    }

    /// All API keys, the newest first.
    #[must_use]
    pub fn keys(&self) -> Vec<Arc<ApiKey>> {
        let mut keys: Vec<_> = self.keys.values().cloned().collect();
        keys.sort_by_key(|key| std::cmp::Reverse(key.created_at));
        keys
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
