//! What an agent speaks with: who it is, the key that seals, and a client that takes its server's TLS
//! keys only. A new key is agreed on with the server, written down, and only then used.

#![expect(
    clippy::disallowed_types,
    reason = "talks to the agent's server, whose key it pins"
)]

use std::path::Path;
use std::time::Duration;

use atlas_actors::clock::Timestamp;
use atlas_actors::limits::KEY_AGE_MAX;

use super::answer::{self, Step};
use crate::agent::{StartAgentError, enrol, identity_file, repin};
use crate::tls::pinned::PinMismatch;
use crate::wire::enrolment::identity::AgentIdentity;
use crate::wire::enrolment::rekey::{AgentRekey, REKEY_ROUTE, RekeyAnswerV2};
use crate::wire::envelope_v2::SealKey;
use crate::wire::secret::Secret;

/// After a key could not be renewed, reports go on under the old one for so long.
pub(super) const RENEW_AGAIN_AFTER: Duration = Duration::from_secs(60);

/// An agent's identity, ready for use.
pub struct Credential {
    pub(in crate::agent) identity: AgentIdentity,
    pub(in crate::agent) key: SealKey,
    pub(in crate::agent) client: reqwest::Client,
}

impl Credential {
    /// Prepares an identity; its key has sealed so many messages in earlier runs.
    ///
    /// # Errors
    /// When no HTTPS client can be made.
    pub fn new(identity: AgentIdentity, sealed_before: u64) -> Result<Self, StartAgentError> {
        Ok(Self {
            client: enrol::pinned_client(&identity)?,
            key: identity.seal_key(sealed_before),
            identity,
        })
    }

    /// Whether its key has sealed much, or is old: then another one is due, whatever the server says.
    pub(super) fn is_worn(&self, now: Timestamp) -> bool {
        let since = Timestamp::from_millis(self.identity.key_since_ms);
        self.key.wants_rekey() || now.since(since) > KEY_AGE_MAX
    }

    /// Learns the server's TLS keys anew and writes them down; the key that seals stays.
    ///
    /// # Errors
    /// Why not, in a sentence.
    pub(super) async fn learn_pins(&self, server_url: &str, folder: &Path) -> Result<Self, String> {
        let learnt = repin::learn(server_url, &self.identity, folder).await;
        let identity = learnt.map_err(|error| error.to_string())?;
        Self::new(identity, self.key.sealed()).map_err(|error| error.to_string())
    }

    /// Agrees on another key and writes it down.
    ///
    /// # Errors
    /// What to do instead; this credential stays as it is.
    pub(super) async fn renew(
        &self,
        server_url: &str,
        folder: &Path,
        now: Timestamp,
        timeout: Duration,
    ) -> Result<Self, Step> {
        let exchange = Secret::random().map_err(|error| retry(&error))?;
        let rekey = AgentRekey::begin(&self.identity, exchange, now);
        let body = serde_json::to_vec(rekey.request()).map_err(|error| retry(&error))?;
        let request = self
            .client
            .post(format!("{server_url}{REKEY_ROUTE}"))
            .header("content-type", "application/json");
        let response = request.timeout(timeout).body(body).send().await;
        let response = response.map_err(|error| match PinMismatch::find(&error) {
            Some(_) => Step::UnknownKey(answer::unreachable(&error)),
            None => Step::Retry {
                after: None,
                sentence: answer::unreachable(&error),
            },
        })?;
        if !response.status().is_success() {
            return Err(answer::step(response).await);
        }
        let body = response.bytes().await.map_err(|error| retry(&error))?;
        let answer = RekeyAnswerV2::parse(&body).map_err(|error| retry(&error))?;
        let identity = rekey
            .finish(&self.identity, &answer)
            .map_err(|error| retry(&error))?;
        let renewed = Self::new(identity, 0).map_err(|error| retry(&error))?;
        identity_file::save(folder, &renewed.identity).map_err(|error| retry(&error))?;
        Ok(renewed)
    }
}

fn retry(error: &dyn std::error::Error) -> Step {
    Step::Retry {
        after: None,
        sentence: format!("no new key could be agreed on: {error}"),
    }
}
