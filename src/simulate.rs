//! A fleet that does not exist: agents over real HTTPS against a running server, each with its own
//! connection, key and machine, and values that move as real ones do. Counts what was sent,
//! acknowledged and lost, and how long it took.

mod agent;
mod enrol;
mod machine;
mod outage;
mod tally;

use std::sync::Arc;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use tokio::sync::watch;

pub use outage::OutageSummary;
pub use tally::Summary;

use agent::SimulatedAgent;
use tally::Tally;

/// What is simulated.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The server.
    pub server_url: String,
    /// An enrolment token that is good for all agents.
    pub token: String,
    /// How many agents.
    pub agents: u32,
    /// For how long.
    pub duration: Duration,
    /// Between two reports of one agent.
    pub interval: Duration,
    /// So much of the past is reported first, one report an interval, as after an outage.
    pub history: Duration,
    /// Whether each agent sends its next report as soon as the last one is acknowledged.
    pub flat_out: bool,
    /// Whether reports go to the route that only reads them, the yardstick.
    pub yardstick: bool,
    /// Whether agents deal with a server that goes away as real ones do.
    pub outage: bool,
    /// Whether to draw progress.
    pub progress: bool,
}

/// The simulation could not go on.
#[derive(Debug, thiserror::Error)]
pub enum SimulateError {
    /// The token is none.
    #[error("the token can't be used: {0}")]
    Token(#[from] crate::wire::enrolment::token::JoinTokenError),
    /// An agent was not enrolled.
    #[error("agent {machine} could not be enrolled: {reason}")]
    Enrol {
        /// Which one.
        machine: String,
        /// Why.
        reason: String,
    },
    /// A client can't be made.
    #[error("an HTTPS client can't be made: {0}")]
    Client(#[from] reqwest::Error),
    /// TLS can't be set up.
    #[error("TLS can't be set up: {0}")]
    Tls(#[from] rustls::Error),
    /// The operating system gives no randomness.
    #[error("no random numbers are to be had")]
    NoRandomness,
}

/// Runs the plan.
///
/// # Errors
/// When the agents can't be enrolled. Reports that fail are counted, not errors.
pub async fn run(plan: Plan) -> Result<Summary, SimulateError> {
    let plan = Arc::new(plan);
    let bar = bar(&plan, u64::from(plan.agents), "enrolling");
    let agents = enrol::all(&plan, &bar).await?;
    bar.finish_and_clear();
    let (stop, stopping) = watch::channel(false);
    let tally = Arc::new(Tally::new(plan.duration));
    let started = Instant::now();
    let running: Vec<_> = agents
        .into_iter()
        .map(|agent| {
            let (plan, tally, stopping) = (Arc::clone(&plan), Arc::clone(&tally), stopping.clone());
            if plan.outage {
                tokio::spawn(outage::report_until(agent, plan, tally, started, stopping))
            } else {
                tokio::spawn(report_until(agent, plan, tally, stopping))
            }
        })
        .collect();
    show_until_over(&plan, &tally, started).await;
    // Nobody listens when all have ended already.
    let _ = stop.send(true);
    let elapsed = started.elapsed();
    let mut summary = Summary::new(plan.agents, elapsed, &tally);
    for agent in running {
        if let Ok(latencies) = agent.await {
            summary.add(&latencies);
        }
    }
    Ok(summary.finished(&tally))
}

async fn report_until(
    mut agent: SimulatedAgent,
    plan: Arc<Plan>,
    tally: Arc<Tally>,
    mut stopping: watch::Receiver<bool>,
) -> Vec<Duration> {
    let mut latencies = Vec::new();
    tokio::select! {
        () = agent.catch_up(&plan, &tally) => {}
        _ = stopping.changed() => return latencies,
    }
    let mut next = tokio::time::Instant::now();
    if !plan.flat_out {
        next += agent.phase(plan.interval);
    }
    loop {
        tokio::select! {
            () = tokio::time::sleep_until(next) => {}
            _ = stopping.changed() => return latencies,
        }
        if *stopping.borrow() {
            return latencies;
        }
        latencies.extend(agent.report(&plan, &tally).await);
        next = if plan.flat_out {
            tokio::time::Instant::now()
        } else {
            next + plan.interval
        };
    }
}

async fn show_until_over(plan: &Plan, tally: &Tally, started: Instant) {
    let bar = bar(plan, plan.duration.as_secs(), "reporting");
    while started.elapsed() < plan.duration {
        let left = plan.duration.saturating_sub(started.elapsed());
        tokio::time::sleep(left.min(Duration::from_millis(250))).await;
        bar.set_position(started.elapsed().as_secs());
        bar.set_message(tally.line());
    }
    bar.finish_and_clear();
}

fn bar(plan: &Plan, length: u64, what: &'static str) -> ProgressBar {
    let target = if plan.progress {
        ProgressDrawTarget::stderr()
    } else {
        ProgressDrawTarget::hidden()
    };
    let style = ProgressStyle::with_template("{prefix:>10} {bar:30} {pos}/{len} {msg}");
    let bar = ProgressBar::with_draw_target(Some(length), target).with_prefix(what);
    match style {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}
