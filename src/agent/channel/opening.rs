//! The requests of the channel: the one whose answer stays open, and the answers to pings.

use std::sync::Arc;
use std::time::Duration;

use actix::Addr;
use atlas_actors::breaker::{Admission, Admit, Breaker, CallOutcome, RecordOutcome};

use crate::agent::sealed_post::{Speaking, retry, sealed_post};
use crate::agent::uplink::answer::{self, Step};
use crate::agent::uplink::credential::Credential;
use crate::wire::channel::{CHANNEL_ROUTE, OpeningV2, PONG_ROUTE, PongV2};
use crate::wire::hex_id::ChannelId;

/// With what the server is asked.
pub(super) struct Asking {
    pub(super) speaking: Speaking,
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
    let request = sealed_post(&asking.speaking, CHANNEL_ROUTE, 0, &opening).await?;
    // The answer's head comes at once; its body never ends.
    let response = tokio::time::timeout(asking.timeout, request.send()).await;
    let response = response
        .map_err(|error| retry(&error))?
        .map_err(|error| answer::no_answer(&error))?;
    if !response.status().is_success() {
        return Err(answer::step(response).await);
    }
    Ok(Opened {
        id,
        credential: asking.speaking.credential,
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
    match sealed_post(&asking.speaking, PONG_ROUTE, ping, &pong).await {
        Ok(request) => {
            let sent = request.timeout(asking.timeout).send().await;
            if let Err(error) = sent {
                tracing::debug!(error = %answer::root_cause(&error), "a ping was not answered");
            }
        }
        Err(_) => tracing::debug!("an answer to a ping could not be sealed"),
    }
}
