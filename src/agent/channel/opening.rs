//! The requests of the channel: the one whose answer stays open, and the answers to pings.

use std::sync::Arc;
use std::time::Duration;

use actix::Addr;
use atlas_actors::breaker::{Admission, Admit, Breaker, CallOutcome, RecordOutcome};
use atlas_actors::clock::Timestamp;
use serde::Serialize;

use crate::agent::spool::{ReserveSeal, Spool};
use crate::agent::uplink::answer::{self, Step};
use crate::agent::uplink::credential::Credential;
use crate::tls::pinned::PinMismatch;
use crate::wire::channel::{CHANNEL_ROUTE, OpeningV2, PONG_ROUTE, PongV2};
use crate::wire::envelope_v2::{Compression, Context, Outgoing};
use crate::wire::hex_id::ChannelId;

/// With what the server is asked.
pub(super) struct Asking {
    pub(super) credential: Arc<Credential>,
    pub(super) server_url: String,
    pub(super) spool: Addr<Spool>,
    pub(super) now: Timestamp,
    pub(super) timeout: Duration,
}

/// A channel that was just opened.
pub(super) struct Opened {
    pub(super) id: ChannelId,
    pub(super) credential: Arc<Credential>,
    pub(super) response: reqwest::Response,
}

/// Opens a channel, if the breaker lets the call through.
///
/// # Errors
/// What to do instead.
pub(super) async fn open(asking: Asking, breaker: Addr<Breaker>) -> Result<Opened, Step> {
    let permit = match breaker.send(Admit).await {
        Ok(Admission::Allowed(permit)) => permit,
        Ok(Admission::Refused { retry_in }) => return Err(Step::BreakerOpen(retry_in)),
        Err(error) => return Err(retry(&error)),
    };
    let opened = try_to_open(asking).await;
    let outcome = match &opened {
        Err(step) if step.is_outage() => CallOutcome::Failure,
        _ => CallOutcome::Success,
    };
    // A breaker that is gone is being restarted: it begins closed.
    let _ = breaker.send(RecordOutcome { permit, outcome }).await;
    opened
}

async fn try_to_open(asking: Asking) -> Result<Opened, Step> {
    let id = ChannelId::random().map_err(|error| retry(&error))?;
    let opening = OpeningV2 {
        channel: id,
        agent_version: env!("CARGO_PKG_VERSION").to_owned(),
    };
    // It carries no number of its own: the id says which opening it is.
    let request = sealed(&asking, CHANNEL_ROUTE, 0, &opening).await?;
    // The answer's head comes at once; its body never ends.
    let response = tokio::time::timeout(asking.timeout, request.send()).await;
    let response =
        response
            .map_err(|error| retry(&error))?
            .map_err(|error| match PinMismatch::find(&error) {
                Some(_) => Step::UnknownKey(answer::unreachable(&error)),
                None => Step::Retry {
                    after: None,
                    sentence: answer::unreachable(&error),
                },
            })?;
    if !response.status().is_success() {
        return Err(answer::step(response).await);
    }
    Ok(Opened {
        id,
        credential: asking.credential,
        response,
    })
}

/// Answers a ping. An answer that is lost is no harm: the server sees that none came.
pub(super) async fn answer(asking: Asking, channel: ChannelId, ping: u64, uptime: Duration) {
    let pong = PongV2 {
        channel,
        id: ping,
        uptime_s: uptime.as_secs(),
    };
    match sealed(&asking, PONG_ROUTE, ping, &pong).await {
        Ok(request) => {
            let sent = request.timeout(asking.timeout).send().await;
            if let Err(error) = sent {
                tracing::debug!(error = %answer::root_cause(&error), "a ping was not answered");
            }
        }
        Err(_) => tracing::debug!("an answer to a ping could not be sealed"),
    }
}

async fn sealed(
    asking: &Asking,
    route: &'static str,
    seq: u64,
    content: &impl Serialize,
) -> Result<reqwest::RequestBuilder, Step> {
    let credential = &asking.credential;
    let reserve = ReserveSeal {
        key: credential.key.name(),
        sealed: credential.key.sealed(),
    };
    // A key must not seal more often than is written down.
    let reserved = asking.spool.send(reserve).await;
    reserved
        .map_err(|error| retry(&error))?
        .map_err(|error| retry(&error))?;
    let plaintext = serde_json::to_vec(content).map_err(|error| retry(&error))?;
    let envelope = credential.key.seal(&Outgoing {
        seq,
        sent_at: asking.now,
        context: Context {
            method: "POST",
            route,
        },
        compression: Compression::Never,
        plaintext: &plaintext,
    });
    let envelope = envelope.map_err(|error| retry(&error))?;
    let body = serde_json::to_vec(&envelope).map_err(|error| retry(&error))?;
    Ok(credential
        .client
        .post(format!("{}{route}", asking.server_url))
        .header("content-type", "application/json")
        .body(body))
}

fn retry(error: &dyn std::error::Error) -> Step {
    Step::Retry {
        after: None,
        sentence: error.to_string(),
    }
}
