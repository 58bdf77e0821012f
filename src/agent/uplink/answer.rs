//! What to do after the server's answer: only what can pass is tried again.

use std::time::Duration;

use atlas_actors::audit_log::AuditHead;
use atlas_actors::clock::Timestamp;
use reqwest::StatusCode;
use serde::Deserialize;

use crate::tls::pinned::PinMismatch;
use crate::wire::audit_head;

/// What to do next with a report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// It has arrived: drop it.
    Settle {
        /// How far the server's audit log has come, as it says.
        audit_head: Option<AuditHead>,
        /// The server asks this agent to agree on another key.
        rekey: bool,
        /// What else it wants at once.
        wanted: Wanted,
    },
    /// It will never be taken: set it aside.
    Refuse(String),
    /// The agent itself is refused: wait long.
    Rejected(String),
    /// An administrator has yet to approve this agent.
    Pending(String),
    /// The agent was turned out, for good.
    Revoked(String),
    /// The server does not take this key any more, or not yet: agree on another one.
    KeyRefused(String),
    /// This machine's clock is off: use the server's, and send it again.
    SetClock(Timestamp),
    /// Send it again later.
    Retry {
        /// Not before.
        after: Option<Duration>,
        /// Why.
        sentence: String,
    },
    /// This machine reaches nobody: send it again later.
    NoNetwork(String),
    /// The server is well, and takes no more of these now.
    Paced {
        /// Not before.
        after: Option<Duration>,
        /// Why.
        sentence: String,
    },
    /// The server shows a TLS key that this agent does not know.
    UnknownKey(String),
    /// The breaker lets no call through.
    BreakerOpen(Duration),
}

impl Step {
    /// Whether the server itself is in trouble, which the breaker counts.
    #[must_use]
    pub const fn is_outage(&self) -> bool {
        matches!(
            self,
            Self::Retry { .. } | Self::NoNetwork(_) | Self::UnknownKey(_)
        )
    }
}

/// What the server wants of this agent, said with the answer to a report.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Somebody looks at the machine.
    pub report: bool,
    /// Commands wait.
    pub commands: bool,
}

#[derive(Default, Deserialize)]
struct Receipt {
    #[serde(default)]
    rekey: bool,
    #[serde(default)]
    report_now: bool,
    #[serde(default)]
    commands_due: u32,
}

#[derive(Default, Deserialize)]
struct ErrorBody {
    #[serde(default)]
    error: serde_json::Value,
    #[serde(default)]
    code: Option<String>,
    #[serde(default)]
    message: Option<String>,
}

impl ErrorBody {
    fn code(&self) -> &str {
        self.error
            .get("code")
            .and_then(|code| code.as_str())
            .or(self.code.as_deref())
            .unwrap_or_default()
    }

    fn sentence(&self, status: StatusCode) -> String {
        let nested = self.error.get("message").and_then(|message| message.as_str());
        let said = nested.or(self.message.as_deref()).map(ToOwned::to_owned);
        said.unwrap_or_else(|| format!("the server answered {status}"))
    }

    fn server_time(&self) -> Option<Timestamp> {
        Timestamp::parse(self.error.get("server_time")?.as_str()?).ok()
    }
}

/// What to do after this answer.
pub(in crate::agent) async fn step(response: reqwest::Response) -> Step {
    let status = response.status();
    let after = response
        .headers()
        .get("retry-after")
        .and_then(|seconds| seconds.to_str().ok()?.parse().ok())
        .map(Duration::from_secs);
    match response.bytes().await {
        Ok(body) => decide(status, after, &body),
        Err(error) => Step::Retry {
            after,
            sentence: unreachable(&error),
        },
    }
}

fn decide(status: StatusCode, after: Option<Duration>, body: &[u8]) -> Step {
    if status == StatusCode::OK {
        let receipt: Receipt = serde_json::from_slice(body).unwrap_or_default();
        return Step::Settle {
            audit_head: audit_head::told_in_receipt(body),
            rekey: receipt.rekey,
            wanted: Wanted {
                report: receipt.report_now,
                commands: receipt.commands_due > 0,
            },
        };
    }
    let body: ErrorBody = serde_json::from_slice(body).unwrap_or_default();
    let sentence = body.sentence(status);
    if body.code() == "clock_skew" {
        return match body.server_time() {
            Some(server_time) => Step::SetClock(server_time),
            None => Step::Retry { after, sentence },
        };
    }
    match body.code() {
        "agent_revoked" => return Step::Revoked(sentence),
        "agent_pending" => return Step::Pending(sentence),
        "key_retired" | "unknown_agent" => return Step::KeyRefused(sentence),
        _ => {}
    }
    match status {
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Step::Rejected(sentence),
        StatusCode::TOO_MANY_REQUESTS => Step::Paced { after, sentence },
        StatusCode::REQUEST_TIMEOUT => Step::Retry { after, sentence },
        // A proxy's own 4xx says nothing of the report: only the server's word sets one aside.
        status if status.is_client_error() && !body.code().is_empty() => Step::Refuse(sentence),
        _ => Step::Retry { after, sentence },
    }
}

/// What to do after no answer at all.
pub(in crate::agent) fn no_answer(error: &reqwest::Error) -> Step {
    let sentence = unreachable(error);
    if PinMismatch::find(error).is_some() {
        Step::UnknownKey(sentence)
    } else if is_of_the_network(error) {
        Step::NoNetwork(sentence)
    } else {
        Step::Retry {
            after: None,
            sentence,
        }
    }
}

/// Whether this machine's own network is why: it finds no name, or no way. A server that is away
/// refuses the connection, or is silent.
fn is_of_the_network(error: &(dyn std::error::Error + 'static)) -> bool {
    use std::io::ErrorKind::{AddrNotAvailable, HostUnreachable, NetworkDown, NetworkUnreachable};
    let mut cause = Some(error);
    while let Some(error) = cause {
        let kind = error.downcast_ref::<std::io::Error>().map(std::io::Error::kind);
        let no_way = matches!(
            kind,
            Some(AddrNotAvailable | HostUnreachable | NetworkDown | NetworkUnreachable)
        );
        // The type of this one is nobody's to name.
        if no_way || error.to_string() == "dns error" {
            return true;
        }
        cause = error.source();
    }
    false
}

/// Why there was no answer, in a sentence.
pub(in crate::agent) fn unreachable(error: &reqwest::Error) -> String {
    format!("the server can't be reached ({})", root_cause(error))
}

/// The innermost reason of an error, which is the one that helps.
#[must_use]
pub fn root_cause(error: &(dyn std::error::Error + 'static)) -> String {
    if let Some(mismatch) = PinMismatch::find(error) {
        return mismatch.to_string();
    }
    let mut cause = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decided(status: u16, body: &str) -> Step {
        decide(StatusCode::from_u16(status).unwrap(), None, body.as_bytes())
    }

    #[test]
    fn settles_only_what_was_acknowledged() {
        let settled = |rekey, audit_head| Step::Settle {
            audit_head,
            rekey,
            wanted: Wanted::default(),
        };
        assert_eq!(decided(200, "{}"), settled(false, None));
        assert_eq!(decided(200, r#"{"rekey":true}"#), settled(true, None));
        let head = format!(r#"{{"audit_head":{{"seq":7,"hash":"{}"}}}}"#, "ab".repeat(32));
        let hash = [0xab; 32];
        assert_eq!(
            decided(200, &head),
            settled(false, Some(AuditHead { seq: 7, hash }))
        );
        assert!(matches!(decided(204, ""), Step::Retry { .. }));
        assert!(matches!(decided(302, ""), Step::Retry { .. }));
    }

    #[test]
    fn hears_what_the_server_wants_besides() {
        let wanted = |body| match decided(200, body) {
            Step::Settle { wanted, .. } => (wanted.report, wanted.commands),
            step => panic!("{step:?}"),
        };
        assert_eq!(wanted(r#"{"commands_due":0}"#), (false, false));
        assert_eq!(wanted(r#"{"commands_due":2,"report_now":true}"#), (true, true));
    }

    #[test]
    fn tries_again_what_can_pass_and_nothing_else() {
        for status in [408, 500, 502, 503, 507] {
            assert!(decided(status, "").is_outage(), "{status}");
        }
        assert!(
            matches!(decided(429, ""), Step::Paced { .. }),
            "the server is well"
        );
        let ours = r#"{"error":{"code":"malformed_report","message":"m"}}"#;
        for status in [400, 404, 413, 422] {
            assert!(matches!(decided(status, ours), Step::Refuse(_)), "{status}");
            assert!(
                decided(status, "<html>proxy</html>").is_outage(),
                "{status} of a proxy"
            );
        }
        let refused = |code: &str| {
            let body = format!(r#"{{"error":"Unauthorized","code":"{code}","message":"m"}}"#);
            decided(401, &body)
        };
        assert_eq!(refused("wrong_api_key"), Step::Rejected("m".into()));
        assert_eq!(refused("key_retired"), Step::KeyRefused("m".into()));
        assert_eq!(refused("agent_pending"), Step::Pending("m".into()));
        assert_eq!(refused("agent_revoked"), Step::Revoked("m".into()));
    }

    #[test]
    fn tells_a_network_that_is_down_from_a_server_that_is() {
        use std::io::{Error, ErrorKind};
        for kind in [ErrorKind::NetworkUnreachable, ErrorKind::HostUnreachable] {
            assert!(is_of_the_network(&Error::from(kind)), "{kind}");
        }
        for kind in [
            ErrorKind::ConnectionRefused,
            ErrorKind::TimedOut,
            ErrorKind::ConnectionReset,
        ] {
            assert!(!is_of_the_network(&Error::from(kind)), "{kind}");
        }
        #[derive(Debug, thiserror::Error)]
        #[error("tcp connect error")]
        struct Around(#[source] Error);
        assert!(is_of_the_network(&Around(Error::from(
            ErrorKind::NetworkUnreachable
        ))));
    }

    #[test]
    fn takes_the_servers_time_when_its_own_is_off() {
        let body =
            r#"{"error":{"code":"clock_skew","message":"m","server_time":"2026-11-24T04:00:00.000Z"}}"#;
        assert!(matches!(decided(409, body), Step::SetClock(_)));
    }
}
