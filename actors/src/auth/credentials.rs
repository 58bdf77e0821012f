//! The published table of who may speak to the server. Immutable; each change publishes a new one,
//! which shares all that did not change with the one before.

use std::sync::Arc;
use std::time::Duration;

use imbl::HashMap;
use sha2::{Digest as _, Sha256};

use super::agents::AgentTable;
use super::api_key::{self, ApiKey};
use super::operator_keys::OperatorKey;
use super::session::Session;
use crate::clock::Timestamp;
use crate::limits::SESSION_IDLE_MAX;
use crate::model::UserName;

/// SHA-256 of a secret: all that is kept of it.
pub type Digest = [u8; 32];

/// The digest of a secret. A plain hash is enough, since these secrets are 256 random bits.
#[must_use]
pub fn digest(secret: &[u8]) -> Digest {
    Sha256::digest(secret).into()
}

/// Who may speak to the server, as of now.
#[derive(Clone, Debug)]
pub struct Credentials {
    pub(super) sessions: HashMap<Digest, Arc<Session>>,
    /// For how long a session may go unused.
    pub(super) idle_max: Duration,
    /// API keys by their ids.
    pub(super) keys: HashMap<String, Arc<ApiKey>>,
    pub(super) operator_keys: Arc<Vec<OperatorKey>>,
    pub(super) agents: AgentTable,
}

impl Default for Credentials {
    fn default() -> Self {
        Self {
            sessions: HashMap::default(),
            idle_max: SESSION_IDLE_MAX,
            keys: HashMap::default(),
            operator_keys: Arc::default(),
            agents: AgentTable::default(),
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

    /// Operators' public keys that count now, the oldest first.
    #[must_use]
    pub const fn operator_keys(&self) -> &Arc<Vec<OperatorKey>> {
        &self.operator_keys
    }

    /// The enrolled agents.
    #[must_use]
    pub const fn agents(&self) -> &AgentTable {
        &self.agents
    }
}
