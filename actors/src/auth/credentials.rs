//! The published table of who may speak to the server. Immutable; each change publishes a new one,
//! which shares all that did not change with the one before.

use std::sync::Arc;

use imbl::HashMap;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::agents::AgentTable;
use crate::clock::Timestamp;
use crate::model::{Role, UserName};

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

/// Who may speak to the server, as of now.
#[derive(Clone, Debug, Default)]
pub struct Credentials {
    pub(super) sessions: HashMap<Digest, Arc<Session>>,
    pub(super) agents: AgentTable,
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

    /// The enrolled agents.
    #[must_use]
    pub const fn agents(&self) -> &AgentTable {
        &self.agents
    }

    /// Whether that very session has not been ended.
    #[must_use]
    pub fn is_live(&self, session: &Arc<Session>) -> bool {
        self.sessions.values().any(|live| Arc::ptr_eq(live, session))
    }
}
