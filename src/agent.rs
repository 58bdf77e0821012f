//! The agent: a small process on every machine. It measures, keeps what it measured on disk until
//! the server has it, and never imports the server.
//!
//! ```text
//! Watchers ─▶ Board ┐
//! Sampler ─▶ Collector (its own thread) ─▶ Spool (on disk) ─▶ Uplink ─▶ Breaker ─▶ POST /api/fleet/report
//!    ▲                                                         Channel ─▶ Breaker ─▶ POST /api/v2/agents/channel
//!    └────────────── the bells: what the server wants at once ─────┤
//!                                                  CommandRunner ◀──┘
//! ```

pub mod attendance;
pub mod channel;
pub mod collect;
#[cfg(feature = "commands")]
pub mod commands;
pub mod csv_log;
pub mod diagnosis;
pub mod enrol;
pub mod farewell;
pub mod identity_file;
pub mod monitors;
pub mod nudge;
pub mod probe;
pub mod repin;
pub mod sampler;
pub mod sealed_post;
pub mod spool;
pub mod test_run;
pub mod uplink;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use actix::Addr;
use atlas_actors::breaker::{Breaker, CircuitRule};
use atlas_actors::clock::{Clock, SystemClock};
use atlas_actors::model::Announcement;
use atlas_actors::supervision::ActorName;
use atlas_actors::supervision::keeper::keep;
use tokio::sync::watch;

use crate::config::SystemMetricsConfig;
use crate::wire::enrolment::identity::AgentIdentity;
use crate::wire::policy_summary::PolicySummaryV1;
use attendance::{Alive, Attendance};
use channel::{Channel, ChannelParts};
use collect::Collector;
use diagnosis::{Analyst, AnalystRule};
use monitors::board::Board;
use monitors::network_logs::NetworkLogs;
use monitors::{Plan, watcher};
use nudge::Bells;
use sampler::{ReportSoon, Sampler, SamplerParts, StopSampling};
use sealed_post::Speaking;
use spool::disk::OpenSpoolError;
use spool::{CloseSpool, Spool};
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
    /// Bytes that reports may take on disk while they wait.
    pub spool_bytes_max: u64,
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
    /// Whether whoever started it starts it anew when it asks for that.
    pub can_restart: bool,
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

/// What an agent needs to say something for itself.
struct Speaks {
    credential: watch::Receiver<Arc<Credential>>,
    server_url: String,
    folder: PathBuf,
}

/// A running agent.
pub struct AgentHandle {
    sampler: Addr<Sampler>,
    speaks: Speaks,
    /// It runs for as long as somebody has its address.
    _channel: Option<Addr<Channel>>,
    spool: Addr<Spool>,
    revoked: watch::Receiver<Option<String>>,
    /// The same for what carries out commands.
    #[cfg(feature = "commands")]
    _commands: Addr<commands::CommandRunner>,
    restart: watch::Receiver<bool>,
}

/// Starts an agent in the current arbiter.
///
/// # Errors
/// See [`StartAgentError`].
#[expect(
    clippy::too_many_lines,
    reason = "one page on which all actors of the agent meet"
)]
pub fn start(settings: AgentSettings) -> Result<AgentHandle, StartAgentError> {
    let server_url = settings
        .server_url
        .unwrap_or_else(|| settings.identity.server_url.clone());
    let (identity, machine_id) = (settings.identity.clone(), settings.identity.machine_id.clone());
    let spool_dir = settings.folder.join("spool");
    let sealed_before = spool::sealed_before(&spool_dir, &settings.identity.key_name());
    let spool = Spool::start(spool_dir, settings.spool_bytes_max)?;
    let (revoked, has_been_revoked) = watch::channel(None);
    let credential = Arc::new(Credential::new(settings.identity, sealed_before)?);
    let (credential, published) = watch::channel(credential);
    let bells = Bells::new();
    let server_url = server_url.trim_end_matches('/').to_owned();
    let breaker = Breaker::start_with(&server_url, settings.outage.circuit, None);
    let started = Alive::now(None);
    // A report may be late by one interval and nobody is silent.
    let usual = settings.interval.saturating_mul(2);
    let earlier = Alive::read(&settings.folder).and_then(|last| last.explain(&started, usual));
    let (cut_off, heard) = watch::channel(None);
    let speaks = Speaks {
        credential: published.clone(),
        server_url: server_url.clone(),
        folder: settings.folder.clone(),
    };
    let channel = settings.channel.then(|| {
        Channel::start_supervised(ChannelParts {
            credential: published.clone(),
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
        server_url: server_url.clone(),
        folder: settings.folder.clone(),
        spool: spool.clone(),
        breaker,
        retry: settings.outage.retry,
        timeout: settings.outage.timeout,
        revoked,
        bells: bells.clone(),
        cut_off,
        cut_off_min: usual,
    });
    let (restart, is_to_restart) = watch::channel(false);
    let pinned_operators = identity.operator_keys.len();
    #[cfg(feature = "commands")]
    let runner = commands::CommandRunner::start_supervised(commands::RunnerParts {
        identity,
        folder: settings.folder.clone(),
        exchange: commands::ExchangeParts {
            credential: published,
            server_url,
            spool: spool.clone(),
            timeout: settings.outage.timeout,
        },
        retry: settings.outage.retry,
        bells: bells.clone(),
        uplink: uplink.clone(),
        restart: settings.can_restart.then_some(restart),
    });
    #[cfg(not(feature = "commands"))]
    drop((identity, published, server_url, restart));
    let collector = Collector::start_thread(machine_id, settings.interval, settings.measured);
    let board = start_monitors(settings.monitors, settings.diagnosis, settings.network_logs);
    let sampler = Sampler::start_supervised(SamplerParts {
        collector,
        board,
        attendance: Attendance::new(earlier, heard),
        spool: spool.clone(),
        uplink,
        interval: settings.interval,
        policy: policy_teller(settings.folder, pinned_operators),
    });
    let agent = AgentHandle {
        sampler,
        speaks,
        _channel: channel,
        spool,
        revoked: has_been_revoked,
        #[cfg(feature = "commands")]
        _commands: runner,
        restart: is_to_restart,
    };
    agent.stop_sampling_when_revoked();
    agent.report_soon_when_asked(&bells);
    Ok(agent)
}

/// Has all monitors look, and gives the board on which they write.
fn start_monitors(plans: Vec<Plan>, rule: diagnosis::AnalystRule, logs: NetworkLogs) -> Addr<Board> {
    let board = keep(ActorName::Board, None, Board::new(Analyst::new(rule), logs));
    watcher::start_all(plans, &board);
    board
}

/// What the report says of this machine's policy.
#[cfg(feature = "commands")]
fn policy_teller(folder: PathBuf, pinned_operators: usize) -> Box<dyn Fn() -> PolicySummaryV1> {
    commands::policy_teller(folder, pinned_operators)
}

/// This build has nothing that could carry out a command.
#[cfg(not(feature = "commands"))]
fn policy_teller(_: PathBuf, _: usize) -> Box<dyn Fn() -> PolicySummaryV1> {
    Box::new(|| PolicySummaryV1 {
        monitor_only: true,
        problem: Some("this agent was built without commands".to_owned()),
        ..PolicySummaryV1::default()
    })
}

impl AgentHandle {
    /// Waits until the agent is to be started anew.
    pub async fn is_to_restart(&self) {
        let mut restart = self.restart.clone();
        if restart.wait_for(|asked| *asked).await.is_err() {
            // Nobody can ask for it.
            std::future::pending::<()>().await;
        }
    }

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

    /// Says that the machine, or this agent, falls silent, and why.
    pub async fn announce(&self, what: Announcement) {
        let speaking = Speaking {
            credential: Arc::clone(&self.speaks.credential.borrow()),
            server_url: self.speaks.server_url.clone(),
            spool: self.spool.clone(),
            now: SystemClock.now(),
        };
        farewell::announce(speaking, what).await;
    }

    /// Ends it, and says why: what waits stays on disk.
    pub async fn stop(self, why: Announcement) {
        if self.revoked.borrow().is_none() {
            self.announce(why).await;
        }
        // Actors that are gone have stopped already.
        let _ = self.sampler.send(StopSampling).await;
        let _ = self.spool.send(CloseSpool).await;
        Alive::now(Some(why)).write(&self.speaks.folder);
    }
}
