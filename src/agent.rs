//! The agent: a small process on every machine. It measures, keeps what it measured on disk until
//! the server has it, and never imports the server.
//!
//! ```text
//! Watchers ─▶ Board ┐
//! Sampler ─▶ Collector (its own thread) ─▶ Spool (on disk) ─▶ Uplink ─▶ Breaker ─▶ POST /api/fleet/report
//!    ▲                                                         Channel ─▶ Breaker ─▶ POST /api/v2/agents/channel
//!    └────────────── the bells: what the server wants at once ─────┘
//! ```

pub mod channel;
pub mod collect;
pub mod csv_log;
pub mod diagnosis;
pub mod enrol;
pub mod identity_file;
pub mod monitors;
pub mod nudge;
pub mod probe;
pub mod repin;
pub mod sampler;
pub mod spool;
pub mod test_run;
pub mod uplink;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use actix::Addr;
use atlas_actors::breaker::{Breaker, CircuitRule};
use atlas_actors::supervision::ActorName;
use atlas_actors::supervision::keeper::keep;
use tokio::sync::watch;

use crate::config::SystemMetricsConfig;
use crate::wire::enrolment::identity::AgentIdentity;
use channel::{Channel, ChannelParts};
use collect::Collector;
use diagnosis::{Analyst, AnalystRule};
use monitors::board::Board;
use monitors::network_logs::NetworkLogs;
use monitors::{Plan, watcher};
use nudge::Bells;
use sampler::{ReportSoon, Sampler, SamplerParts, StopSampling};
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
    /// Which groups of the system's own metrics it measures.
    pub measured: SystemMetricsConfig,
    /// What it looks at beside the system itself.
    pub monitors: Vec<Plan>,
    /// Whether it keeps a channel open, over which the server can tell it something at once.
    pub channel: bool,
    /// How it tells where the network's trouble is.
    pub diagnosis: AnalystRule,
    /// Where it writes that, as 2.0 did.
    pub network_logs: NetworkLogs,
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
    /// It runs for as long as somebody has its address.
    _channel: Option<Addr<Channel>>,
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
    let credential = Arc::new(Credential::new(settings.identity, sealed_before)?);
    let (credential, published) = watch::channel(credential);
    let bells = Bells::new();
    let server_url = server_url.trim_end_matches('/').to_owned();
    let breaker = Breaker::start_with(&server_url, settings.outage.circuit, None);
    let channel = settings.channel.then(|| {
        Channel::start_supervised(ChannelParts {
            credential: published,
            server_url: server_url.clone(),
            spool: spool.clone(),
            breaker: breaker.clone(),
            retry: settings.outage.retry,
            timeout: settings.outage.timeout,
            bells: bells.clone(),
            revoked: revoked.clone(),
        })
    });
    let uplink = Uplink::start_supervised(UplinkParts {
        credential,
        server_url,
        folder: settings.folder,
        spool: spool.clone(),
        breaker,
        retry: settings.outage.retry,
        timeout: settings.outage.timeout,
        revoked,
        bells: bells.clone(),
    });
    let collector = Collector::start_thread(machine_id, settings.interval, settings.measured);
    let board = keep(
        ActorName::Board,
        None,
        Board::new(Analyst::new(settings.diagnosis), settings.network_logs),
    );
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
        _channel: channel,
        spool,
        revoked: has_been_revoked,
    };
    agent.stop_sampling_when_revoked();
    agent.report_soon_when_asked(&bells);
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

    fn report_soon_when_asked(&self, bells: &Bells) {
        let (sampler, mut asked) = (self.sampler.clone(), bells.on_report());
        actix_rt::spawn(async move {
            // Ends with the agent.
            while asked.changed().await.is_ok() && sampler.send(ReportSoon).await.is_ok() {}
        });
    }

    /// Ends it: what waits stays on disk.
    pub async fn stop(self) {
        // Actors that are gone have stopped already.
        let _ = self.sampler.send(StopSampling).await;
        let _ = self.spool.send(CloseSpool).await;
    }
}
