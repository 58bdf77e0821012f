//! The agent: a small process on every machine. It measures, keeps what it measured on disk until
//! the server has it, and never imports the server.
//!
//! ```text
//! Watchers ─▶ Board ┐
//! Sampler ─▶ Collector (its own thread) ─▶ Spool (on disk) ─▶ Uplink ─▶ Breaker ─▶ POST /api/fleet/report
//! ```

pub mod collect;
pub mod enrol;
pub mod identity_file;
pub mod monitors;
pub mod repin;
pub mod sampler;
pub mod spool;
pub mod test_run;
pub mod uplink;

use std::path::PathBuf;
use std::time::Duration;

use actix::Addr;
use atlas_actors::breaker::{Breaker, CircuitRule};
use atlas_actors::supervision::ActorName;
use atlas_actors::supervision::keeper::keep;
use tokio::sync::watch;

use crate::wire::enrolment::identity::AgentIdentity;
use collect::Collector;
use monitors::board::Board;
use monitors::{Plan, watcher};
use sampler::{Sampler, SamplerParts, StopSampling};
use spool::disk::OpenSpoolError;
use spool::{CloseSpool, SPOOL_BYTES_MAX, Spool};
use uplink::backoff::RetryRule;
use uplink::credential::Credential;
use uplink::{Uplink, UplinkParts};

/// What an agent needs to run.
pub struct AgentSettings {
    /// Who it is and whose.
    pub identity: AgentIdentity,
    /// Where the server is, when that is not what the identity says.
    pub server_url: Option<String>,
    /// Between two reports.
    pub interval: Duration,
    /// Where its identity is and its reports wait.
    pub folder: PathBuf,
    /// How it deals with a server that does not answer.
    pub outage: OutageRule,
    /// What it looks at beside the system itself.
    pub monitors: Vec<Plan>,
}

/// How an agent deals with a server that does not answer.
#[derive(Clone, Copy, Debug)]
pub struct OutageRule {
    /// How long an answer may take.
    pub timeout: Duration,
    /// When a report that did not arrive is sent again.
    pub retry: RetryRule,
    /// When the server is left alone for a while.
    pub circuit: CircuitRule,
}

/// The agent can't start.
#[derive(Debug, thiserror::Error)]
pub enum StartAgentError {
    /// Its spool can't be opened.
    #[error("the agent's spool can't be used: {0}")]
    Spool(#[from] OpenSpoolError),
    /// TLS can't be set up.
    #[error("TLS can't be set up: {0}")]
    Tls(#[from] rustls::Error),
    /// An HTTPS client can't be made.
    #[error("an HTTPS client can't be made: {0}")]
    Client(#[from] reqwest::Error),
}

/// A running agent.
pub struct AgentHandle {
    sampler: Addr<Sampler>,
    spool: Addr<Spool>,
    revoked: watch::Receiver<Option<String>>,
}

/// Starts an agent in the current arbiter.
///
/// # Errors
/// See [`StartAgentError`].
pub fn start(settings: AgentSettings) -> Result<AgentHandle, StartAgentError> {
    let server_url = settings
        .server_url
        .unwrap_or_else(|| settings.identity.server_url.clone());
    let machine_id = settings.identity.machine_id.clone();
    let spool_dir = settings.folder.join("spool");
    let sealed_before = spool::sealed_before(&spool_dir, &settings.identity.key_name());
    let spool = Spool::start(spool_dir, SPOOL_BYTES_MAX)?;
    let (revoked, has_been_revoked) = watch::channel(None);
    let uplink = Uplink::start_supervised(UplinkParts {
        credential: Credential::new(settings.identity, sealed_before)?,
        server_url: server_url.trim_end_matches('/').to_owned(),
        folder: settings.folder,
        spool: spool.clone(),
        breaker: Breaker::start_with(&server_url, settings.outage.circuit, None),
        retry: settings.outage.retry,
        timeout: settings.outage.timeout,
        revoked,
    });
    let collector = Collector::start_thread(machine_id, settings.interval);
    let board = keep(ActorName::Board, None, Board::default());
    watcher::start_all(settings.monitors, &board);
    let sampler = Sampler::start_supervised(SamplerParts {
        collector,
        board,
        spool: spool.clone(),
        uplink,
        interval: settings.interval,
    });
    let agent = AgentHandle {
        sampler,
        spool,
        revoked: has_been_revoked,
    };
    agent.stop_sampling_when_revoked();
    Ok(agent)
}

impl AgentHandle {
    /// Waits until the server refuses this agent for good; says why.
    pub async fn revoked(&self) -> String {
        let mut revoked = self.revoked.clone();
        let sentence = revoked.wait_for(Option::is_some).await;
        match sentence.map(|sentence| sentence.clone().unwrap_or_default()) {
            Ok(sentence) => sentence,
            // The uplink has ended with the agent: nobody will ever say so.
            Err(_) => std::future::pending().await,
        }
    }

    fn stop_sampling_when_revoked(&self) {
        let (sampler, mut revoked) = (self.sampler.clone(), self.revoked.clone());
        actix_rt::spawn(async move {
            if revoked.wait_for(Option::is_some).await.is_ok() {
                // Gone = stopped already.
                let _ = sampler.send(StopSampling).await;
            }
        });
    }

    /// Ends it: what waits stays on disk.
    pub async fn stop(self) {
        // Actors that are gone have stopped already.
        let _ = self.sampler.send(StopSampling).await;
        let _ = self.spool.send(CloseSpool).await;
    }
}
