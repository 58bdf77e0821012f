//! Learns the server's TLS keys anew, when it shows one that this agent does not know: a certificate
//! was replaced together with its key. The answer is believed by the server's identity key, which
//! this agent knows since it was enrolled, whatever TLS showed on the way.

#![expect(
    clippy::disallowed_types,
    reason = "talks to the agent's server, whose answer it checks"
)]

use std::path::Path;
use std::time::Duration;

use super::identity_file::{self, IdentityFileError};
use super::uplink::answer::root_cause;
use crate::tls::pinned::{FirstContact, client_config};
use crate::wire::base64::Base64Array;
use crate::wire::enrolment::identity::AgentIdentity;
use crate::wire::pin_set::{Nonce, PinSetError, PinSetV2};
use crate::wire::pins::TlsPin;

const TIMEOUT: Duration = Duration::from_secs(10);
/// An answer has a few hundred bytes.
const ANSWER_BYTES_MAX: usize = 16 * 1024;

/// The keys were not learnt; those that were known still are.
#[derive(Debug, thiserror::Error)]
pub enum RepinError {
    /// The server can't be reached.
    #[error("the server can't be reached: {0}")]
    Unreachable(String),
    /// It does not answer as it should.
    #[error("the server does not tell its keys ({0}): it may be older than this agent")]
    Refused(reqwest::StatusCode),
    /// The answer is not the server's.
    #[error("{0}: somebody may sit between this machine and the server")]
    Untrusted(#[from] PinSetError),
    /// The key that was seen is not the server's.
    #[error("the TLS key {0} is not the server's own: somebody sits between this machine and the server")]
    Intercepted(TlsPin),
    /// TLS can't be set up.
    #[error("TLS can't be set up: {0}")]
    Tls(#[from] rustls::Error),
    /// They can't be kept.
    #[error(transparent)]
    Keep(#[from] IdentityFileError),
    /// No question can be made.
    #[error("the operating system has no random numbers")]
    NoRandomness,
}

/// Asks the server for its keys.
///
/// # Errors
/// See [`RepinError`].
pub async fn fetch(server_url: &str, identity: &AgentIdentity) -> Result<Vec<TlsPin>, RepinError> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(|_| RepinError::NoRandomness)?;
    let nonce: Nonce = Base64Array(bytes);
    let first_contact = FirstContact::new();
    let unreachable = |error: reqwest::Error| RepinError::Unreachable(root_cause(&error));
    let client = reqwest::Client::builder()
        .tls_backend_preconfigured(client_config(first_contact.clone())?)
        .redirect(reqwest::redirect::Policy::none())
        .timeout(TIMEOUT)
        .build()
        .map_err(unreachable)?;
    let url = format!("{}/api/v2/pins", server_url.trim_end_matches('/'));
    let question = serde_json::json!({ "nonce": nonce });
    let answer = client
        .post(url)
        .json(&question)
        .send()
        .await
        .map_err(unreachable)?;
    if !answer.status().is_success() {
        return Err(RepinError::Refused(answer.status()));
    }
    let body = answer.bytes().await.map_err(unreachable)?;
    let body = body.get(..body.len().min(ANSWER_BYTES_MAX)).unwrap_or_default();
    let pins = PinSetV2::verify(body, identity.server_id, &nonce)?;
    match first_contact.seen() {
        Some(seen) if !pins.contains(&seen) => Err(RepinError::Intercepted(seen)),
        _ => Ok(pins),
    }
}

/// Asks the server for its keys and keeps them.
///
/// # Errors
/// See [`RepinError`].
pub async fn learn(
    server_url: &str,
    identity: &AgentIdentity,
    identity_dir: &Path,
) -> Result<AgentIdentity, RepinError> {
    let tls_pins = fetch(server_url, identity).await?;
    let mut identity = identity.clone();
    identity.tls_pins = tls_pins;
    identity_file::save(identity_dir, &identity)?;
    Ok(identity)
}
