//! Enrolling: one call to the server that a token names, over TLS that need not be trusted, since
//! the answer is signed by the key whose hash the token carries.

#![expect(
    clippy::disallowed_types,
    reason = "talks to the agent's server, whose answer it checks"
)]

use std::time::Duration;

use sysinfo::System;

use crate::tls::pinned::{BesidePin, FirstContact, PinnedVerifier, client_config};
use crate::wire::enrolment::agent::{AgentEnrolment, AgentSeeds, FinishError};
use crate::wire::enrolment::identity::AgentIdentity;
use crate::wire::enrolment::token::{JoinToken, TokenHash};
use crate::wire::enrolment::{EnrolmentAnswerV2, FactsError, MachineFactsV2};
use crate::wire::pins::TlsPin;

const TIMEOUT: Duration = Duration::from_secs(20);
/// How often a connection with something under way is asked whether it still lives.
const CONNECTION_CHECK_PERIOD: Duration = Duration::from_secs(30);
/// How long the answer to that may take.
const CONNECTION_CHECK_TIMEOUT: Duration = Duration::from_secs(10);

/// This machine was not enrolled.
#[derive(Debug, thiserror::Error)]
pub enum EnrolAgentError {
    /// The machine's id can't be one.
    #[error("this machine can't be enrolled under that id ({0}): choose another with --machine-id")]
    Facts(#[from] FactsError),
    /// The server can't be reached.
    #[error("the server can't be reached at {url}: {reason}")]
    Unreachable {
        /// Where it was tried.
        url: String,
        /// Why not.
        reason: String,
    },
    /// The server refuses.
    #[error("the server refuses: {0}")]
    Refused(String),
    /// The answer is not what it should be.
    #[error(
        "the server's answer can't be trusted ({0}): somebody may sit between this machine and the server"
    )]
    Untrusted(#[from] FinishError),
    /// The TLS key that was seen is not the server's.
    #[error("the TLS key {0} is not the server's own: somebody sits between this machine and the server")]
    Intercepted(TlsPin),
    /// No connection can be made at all.
    #[error("TLS can't be set up: {0}")]
    Tls(#[from] rustls::Error),
    /// No connection can be made at all.
    #[error("an HTTPS client can't be made: {0}")]
    Client(#[from] reqwest::Error),
    /// No keys can be made.
    #[error("the operating system has no random numbers")]
    NoRandomness,
}

/// The id under which this machine reports, unless told otherwise: its host name.
#[must_use]
pub fn default_machine_id() -> String {
    System::host_name()
        .ok()
        .filter(|name| !name.trim().is_empty())
        .unwrap_or_else(|| "unnamed".to_owned())
}

/// With what a machine asks to be enrolled.
pub enum EnrolWith {
    /// A join token.
    Token(JoinToken),
    /// The secret that a cluster of 1.x and 2.0 shares; an administrator must approve then.
    SharedSecret(TokenHash),
}

impl From<JoinToken> for EnrolWith {
    fn from(token: JoinToken) -> Self {
        Self::Token(token)
    }
}

impl From<TokenHash> for EnrolWith {
    fn from(secret: TokenHash) -> Self {
        Self::SharedSecret(secret)
    }
}

/// A machine that is enrolled.
pub struct Enrolled {
    /// Who it is now.
    pub identity: AgentIdentity,
    /// Whether an administrator must approve it first.
    pub is_pending: bool,
}

/// Enrols this machine. With the identity key that it had it stays the same agent.
///
/// # Errors
/// See [`EnrolAgentError`].
pub async fn enrol(
    server_url: &str,
    with: EnrolWith,
    machine_id: &str,
    earlier: Option<&AgentIdentity>,
) -> Result<Enrolled, EnrolAgentError> {
    let seeds = match earlier {
        Some(identity) => AgentSeeds::again(identity.identity_key.clone()),
        None => AgentSeeds::random(),
    };
    let seeds = seeds.map_err(|_| EnrolAgentError::NoRandomness)?;
    let enrolment = match with {
        EnrolWith::Token(token) => AgentEnrolment::begin(&token, server_url, facts(machine_id), seeds)?,
        EnrolWith::SharedSecret(secret) => {
            AgentEnrolment::begin_shared(secret, server_url, facts(machine_id), seeds)?
        }
    };
    let first_contact = FirstContact::new();
    let tls = client_config(first_contact.clone())?;
    let client = reqwest::Client::builder()
        .tls_backend_preconfigured(tls)
        .timeout(TIMEOUT)
        .build()?;
    let (answer, is_pending) = ask(&client, server_url, &enrolment).await?;
    let identity = enrolment.finish(&answer)?;
    match first_contact.seen() {
        Some(seen) if !identity.trusts_tls_key(&seen) => Err(EnrolAgentError::Intercepted(seen)),
        _ => Ok(Enrolled { identity, is_pending }),
    }
}

fn facts(machine_id: &str) -> MachineFactsV2 {
    MachineFactsV2 {
        machine_id: machine_id.to_owned(),
        hostname: System::host_name().unwrap_or_default(),
        os: std::env::consts::OS.to_owned(),
        os_version: System::os_version().unwrap_or_default(),
        architecture: std::env::consts::ARCH.to_owned(),
        agent_version: env!("CARGO_PKG_VERSION").to_owned(),
    }
}

async fn ask(
    client: &reqwest::Client,
    server_url: &str,
    enrolment: &AgentEnrolment,
) -> Result<(EnrolmentAnswerV2, bool), EnrolAgentError> {
    let url = format!("{}/api/v2/enroll", server_url.trim_end_matches('/'));
    let unreachable = |error: reqwest::Error| EnrolAgentError::Unreachable {
        url: url.clone(),
        reason: super::uplink::answer::root_cause(&error),
    };
    let answer = client
        .post(&url)
        .json(enrolment.request())
        .send()
        .await
        .map_err(unreachable)?;
    let status = answer.status();
    let body = answer.bytes().await.map_err(unreachable)?;
    if !status.is_success() {
        let said: serde_json::Value = serde_json::from_slice(&body).unwrap_or_default();
        let message = said.pointer("/error/message").or(said.get("message"));
        let message = message.and_then(serde_json::Value::as_str);
        return Err(EnrolAgentError::Refused(
            message.map_or_else(|| status.to_string(), ToOwned::to_owned),
        ));
    }
    let answer =
        EnrolmentAnswerV2::parse(&body).map_err(|error| EnrolAgentError::Refused(error.to_string()))?;
    Ok((answer, status == reqwest::StatusCode::ACCEPTED))
}

/// An HTTPS client that takes the keys of the identity's server and no other.
///
/// # Errors
/// When TLS can't be set up.
pub fn pinned_client(identity: &AgentIdentity) -> Result<reqwest::Client, super::StartAgentError> {
    let mut tls = client_config(PinnedVerifier::new(identity.tls_pins.clone(), BesidePin::Nothing))?;
    // Reports and the channel share one connection where the server has HTTP/2.
    tls.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(reqwest::Client::builder()
        .tls_backend_preconfigured(tls)
        // A connection that died unseen (the machine slept, the network changed) must not swallow
        // reports until the system notices.
        .http2_keep_alive_interval(CONNECTION_CHECK_PERIOD)
        .http2_keep_alive_timeout(CONNECTION_CHECK_TIMEOUT)
        .build()?)
}
