//! Tries the way to a server step by step: its name, its port, its TLS key, its clock, and whether it
//! takes this agent's credential. Nothing is stored anywhere. For `atlas agent --test` and `atlas doctor`.

#![expect(
    clippy::disallowed_types,
    reason = "talks to the agent's server, whose key it pins"
)]

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use atlas_actors::clock::{Clock, SystemClock, Timestamp};
use reqwest::StatusCode;
use serde::Deserialize;
use tokio::net::{TcpStream, lookup_host};

use super::uplink::REPORT_ROUTE;
use super::uplink::answer::root_cause;
use crate::wire::enrolment::identity::AgentIdentity;
use crate::wire::envelope_v2::{Compression, Context, Outgoing};

/// How long each step may take.
const STEP: Duration = Duration::from_secs(10);

/// What to do when not even a client can be made.
pub(super) const REINSTALL: &str = "install this program again";

/// A step that failed: what is wrong, and what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what}{}{advice}", if advice.is_empty() { "" } else { ": " })]
pub struct StepFailed {
    /// What is wrong.
    pub what: String,
    /// What to do; empty when the sentence says it.
    pub advice: String,
}

impl StepFailed {
    pub(super) fn new(what: impl Into<String>, advice: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            advice: advice.into(),
        }
    }
}

/// Where a server should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Its address.
    pub url: String,
    /// Its name.
    pub host: String,
    /// Its port.
    pub port: u16,
}

/// What a server says of itself to everybody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Greeting {
    /// Its version.
    pub version: Option<String>,
    /// How far its clock is ahead of this machine's, in milliseconds.
    pub clock_ahead_ms: Option<i64>,
}

#[derive(Deserialize)]
struct Health {
    #[serde(default)]
    version: Option<String>,
    #[serde(default)]
    timestamp: Option<String>,
}

impl Place {
    /// The place that an address names.
    ///
    /// # Errors
    /// When it is none.
    pub fn of(url: &str) -> Result<Self, StepFailed> {
        let parsed = reqwest::Url::parse(url).ok();
        let host = parsed.as_ref().and_then(|url| url.host_str());
        let host = host.ok_or_else(|| {
            StepFailed::new(
                format!("{url} is no address"),
                "it should look like https://name:8768",
            )
        })?;
        Ok(Self {
            url: url.trim_end_matches('/').to_owned(),
            // An IPv6 address has brackets in a URL alone.
            host: host.trim_matches(['[', ']']).to_owned(),
            port: parsed
                .as_ref()
                .and_then(reqwest::Url::port_or_known_default)
                .unwrap_or(8768),
        })
    }

    /// The addresses that its name has.
    ///
    /// # Errors
    /// When it has none.
    pub async fn resolve(&self) -> Result<Vec<SocketAddr>, StepFailed> {
        let unknown = |error: &dyn std::fmt::Display| {
            StepFailed::new(
                format!("the name {} is not known ({error})", self.host),
                "check its spelling and this machine's DNS",
            )
        };
        let found = tokio::time::timeout(STEP, lookup_host((self.host.as_str(), self.port))).await;
        let found = found.map_err(|_| unknown(&"no name server answers"))?;
        Ok(found.map_err(|error| unknown(&error))?.collect())
    }

    /// Whether anything answers there.
    ///
    /// # Errors
    /// When nothing does.
    pub async fn connect(&self, addresses: &[SocketAddr]) -> Result<(), StepFailed> {
        let (host, port) = (&self.host, self.port);
        match tokio::time::timeout(STEP, TcpStream::connect(addresses)).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(StepFailed::new(
                format!("nothing answers at {host} port {port} ({error})"),
                "is the server running, and does a firewall let this through?",
            )),
            Err(_) => Err(StepFailed::new(
                format!("{host} port {port} does not answer in time"),
                "a firewall may drop it",
            )),
        }
    }

    /// Whether it is the server that this agent knows; what it says of itself.
    ///
    /// # Errors
    /// When TLS fails, or it shows another key.
    pub async fn greet(&self, client: &reqwest::Client) -> Result<Greeting, StepFailed> {
        let began = Instant::now();
        let url = format!("{}/api/fleet/health", self.url);
        let answer = client.get(url).timeout(STEP).send().await.map_err(|error| {
            StepFailed::new(
                format!("TLS fails: {}", root_cause(&error)),
                "the server was set up anew, or this is another one: `atlas agent repin` asks it for its keys; \
                 if that is refused, enrol again",
            )
        })?;
        // The server looked at its clock somewhere within the call.
        let here =
            SystemClock.now().as_millis() - i64::try_from(began.elapsed().as_millis() / 2).unwrap_or(0);
        let health = answer.json().await.unwrap_or(Health {
            version: None,
            timestamp: None,
        });
        let there = health.timestamp.and_then(|time| Timestamp::parse(&time).ok());
        Ok(Greeting {
            version: health.version,
            clock_ahead_ms: there.map(|there| there.as_millis() - here),
        })
    }
}

/// What the server thinks of a credential.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Opinion {
    /// It takes this agent's reports.
    Accepted,
    /// It does not take them yet, or not now; the agent sees to it, or an administrator.
    NotNow(String),
    /// It refuses this agent.
    Refused(String),
}

/// Asks whether the server takes this agent's credential: with a sealed message that is no report. The
/// server must open it to see that, and then stores nothing.
///
/// # Errors
/// When there is no answer.
pub async fn ask_opinion(
    identity: &AgentIdentity,
    server_url: &str,
    client: &reqwest::Client,
) -> Result<Opinion, StepFailed> {
    let answer = post_sealed(identity, server_url, client, b"{}").await;
    answer.map(opinion).map_err(|why| StepFailed::new(why, ""))
}

fn opinion(answer: SealedAnswer) -> Opinion {
    let status = answer.status;
    let sentence = answer
        .message
        .unwrap_or_else(|| format!("the server answered {status}"));
    match answer.code.as_deref().unwrap_or_default() {
        // It was opened: only then can be seen that no machine is named.
        "missing_machine_id" => Opinion::Accepted,
        "agent_pending" | "key_retired" => Opinion::NotNow(sentence),
        _ if status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS => Opinion::NotNow(sentence),
        _ => Opinion::Refused(sentence),
    }
}

/// What the server said to a sealed message.
pub(super) struct SealedAnswer {
    pub(super) status: StatusCode,
    pub(super) code: Option<String>,
    pub(super) message: Option<String>,
}

/// Seals a message as a report and sends it; why not, in a sentence.
pub(super) async fn post_sealed(
    identity: &AgentIdentity,
    server_url: &str,
    client: &reqwest::Client,
    plaintext: &[u8],
) -> Result<SealedAnswer, String> {
    let sealed = identity.seal_key(0).seal(&Outgoing {
        seq: 0,
        sent_at: SystemClock.now(),
        context: Context {
            method: "POST",
            route: REPORT_ROUTE,
        },
        compression: Compression::Allowed,
        plaintext,
    });
    let envelope = sealed.map_err(|error| error.to_string())?;
    let request = client
        .post(format!("{server_url}{REPORT_ROUTE}"))
        .timeout(STEP)
        .json(&envelope);
    let answer = request.send().await.map_err(|error| root_cause(&error))?;
    let status = answer.status();
    let said: serde_json::Value = answer.json().await.unwrap_or_default();
    let text = |nested: &str, flat: &str| {
        let found = said.pointer(nested).or(said.get(flat))?;
        found.as_str().map(ToOwned::to_owned)
    };
    Ok(SealedAnswer {
        status,
        code: text("/error/code", "code"),
        message: text("/error/message", "message"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_read_from_an_address() {
        let place = |url: &str| Place::of(url).map(|place| (place.host, place.port));
        assert_eq!(place("https://atlas:9000/"), Ok(("atlas".to_owned(), 9000)));
        assert_eq!(place("https://[::1]:9000"), Ok(("::1".to_owned(), 9000)));
        assert_eq!(place("https://atlas"), Ok(("atlas".to_owned(), 443)));
        assert!(place("atlas:9000").is_err() && place("").is_err());
    }

    #[test]
    fn only_what_was_opened_counts_as_accepted() {
        let said = |status: u16, code: &str| {
            opinion(SealedAnswer {
                status: StatusCode::from_u16(status).unwrap(),
                code: Some(code.to_owned()),
                message: Some("m".to_owned()),
            })
        };
        assert_eq!(said(400, "missing_machine_id"), Opinion::Accepted);
        for (status, code) in [
            (403, "agent_pending"),
            (401, "key_retired"),
            (507, "storage_full"),
        ] {
            assert_eq!(said(status, code), Opinion::NotNow("m".to_owned()), "{code}");
        }
        for (status, code) in [
            (401, "agent_revoked"),
            (401, "unknown_agent"),
            (400, "decrypt_failed"),
            (404, ""),
            (200, ""),
        ] {
            assert_eq!(said(status, code), Opinion::Refused("m".to_owned()), "{code}");
        }
    }
}
