//! A sealed request that is no report: what the channel, and an agent that falls silent, send.

use std::sync::Arc;

use actix::Addr;
use atlas_actors::clock::Timestamp;
use serde::Serialize;

use super::spool::{ReserveSeal, Spool};
use super::uplink::answer::Step;
use super::uplink::credential::Credential;
use crate::wire::envelope_v2::{Compression, Context, Outgoing};

/// With what the server is spoken to.
#[derive(Clone)]
pub struct Speaking {
    /// The key that seals, and the client that knows the server.
    pub credential: Arc<Credential>,
    /// Where the server is.
    pub server_url: String,
    /// Writes down how often the key seals.
    pub spool: Addr<Spool>,
    /// The server's time, as far as this agent knows it.
    pub now: Timestamp,
}

/// A request to that route with this content, sealed and ready to be sent. `seq` numbers it where the
/// route's rules want that.
///
/// # Errors
/// To try again later: it could not be sealed.
pub async fn sealed_post(
    speaking: &Speaking,
    route: &'static str,
    seq: u64,
    content: &impl Serialize,
) -> Result<reqwest::RequestBuilder, Step> {
    let credential = &speaking.credential;
    let reserve = ReserveSeal {
        key: credential.key.name(),
        sealed: credential.key.sealed(),
    };
    // A key must not seal more often than is written down.
    let reserved = speaking.spool.send(reserve).await;
    reserved
        .map_err(|error| retry(&error))?
        .map_err(|error| retry(&error))?;
    let plaintext = serde_json::to_vec(content).map_err(|error| retry(&error))?;
    let envelope = credential.key.seal(&Outgoing {
        seq,
        sent_at: speaking.now,
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
        .post(format!("{}{route}", speaking.server_url))
        .header("content-type", "application/json")
        .body(body))
}

/// Something failed that may pass.
pub(super) fn retry(error: &dyn std::error::Error) -> Step {
    Step::Retry {
        after: None,
        sentence: error.to_string(),
    }
}
