//! How a server ends: told by a signal, it takes no more connections, answers what it has begun,
//! writes everything down, and goes. Told twice, it goes at once; nothing acknowledged is lost then
//! either.

use std::time::Duration;

use super::Running;
use crate::cli::{Failure, signal};
use crate::http::limits::DRAIN;

/// How long the records may take to be written down; without it the next start is only slower.
const CHECKPOINT: Duration = Duration::from_secs(10);

/// Waits for the signal and stops.
pub(super) async fn wait(running: Running, agent: Option<crate::agent::AgentHandle>) -> Result<(), Failure> {
    signal::next().await?;
    tracing::info!("stopping");
    tokio::select! {
        () = stop(running, agent) => tracing::info!("stopped"),
        _ = signal::next() => tracing::warn!("stopped at once"),
    }
    Ok(())
}

async fn stop(running: Running, agent: Option<crate::agent::AgentHandle>) {
    if let Some(agent) = agent {
        agent.stop(crate::agent::farewell::why_told_to_end()).await;
    }
    // Live streams end by themselves; nobody else listens when all have ended.
    let _ = running.stop.send(true);
    if tokio::time::timeout(DRAIN + Duration::from_secs(1), running.server.stop(true))
        .await
        .is_err()
    {
        tracing::warn!("some connections did not end in time");
    }
    if tokio::time::timeout(CHECKPOINT, running.fleet.checkpoint())
        .await
        .is_err()
    {
        tracing::warn!("not all records were written down: the next start reads the journal");
    }
    running.store.close().await;
}
