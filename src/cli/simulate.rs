//! `atlas simulate`: a fleet over real HTTPS against a running server.

use std::io::IsTerminal;
use std::time::Duration;

use clap::Args;

use super::{Failure, Global, open_files, token};
use crate::local_server::LocalServer;
use crate::simulate::{self, Plan};

/// How big a fleet, and for how long.
#[derive(Clone, Debug, Args)]
pub struct SimulateArgs {
    /// The server [default: the one on this machine].
    #[arg(long, value_name = "URL")]
    server: Option<String>,
    /// How many agents.
    #[arg(long, default_value_t = 100, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    agents: u32,
    /// For how many seconds.
    #[arg(long, default_value_t = 60, value_name = "S", value_parser = clap::value_parser!(u64).range(1..))]
    duration: u64,
    /// Seconds between two reports of one agent.
    #[arg(long, default_value_t = 30, value_name = "S", value_parser = clap::value_parser!(u64).range(1..=3_600))]
    interval: u64,
    /// First report so many hours of the past, one report an interval, as after an outage. The figures
    /// of latency leave these out.
    #[arg(long, default_value_t = 0, value_name = "H", value_parser = clap::value_parser!(u64).range(0..=720))]
    history: u64,
    /// An enrolment token that is good for all agents [default: one is made, if the server is on this
    /// machine].
    #[arg(long, value_name = "TOKEN")]
    token: Option<String>,
    /// Each agent sends its next report as soon as the last one is acknowledged.
    #[arg(long)]
    flat_out: bool,
    /// Agents deal with a server that goes away as real ones do, with their pauses and breakers; shows how
    /// they came back. Stop and start the server yourself meanwhile.
    #[arg(long, conflicts_with_all = ["flat_out", "yardstick", "history"])]
    outage: bool,
    /// Send to the route that only reads the body: the yardstick for the rest. The server must run
    /// with `ATLAS_YARDSTICK=1`.
    #[arg(long)]
    yardstick: bool,
}

/// Runs it.
///
/// # Errors
/// When the agents can't be enrolled, or reports were lost.
pub fn run(global: &Global, args: SimulateArgs) -> Result<(), Failure> {
    open_files::raise_limit();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    let summary = runtime.block_on(async {
        let plan = plan(global, &args).await?;
        simulate::run(plan).await.map_err(Failure::from)
    })?;
    if global.json {
        println!("{}", serde_json::to_string(&summary)?);
    } else {
        print!("{}", summary.text());
    }
    Ok(())
}

async fn plan(global: &Global, args: &SimulateArgs) -> Result<Plan, Failure> {
    let port = args.server.as_deref().and_then(port_of);
    let (server_url, token) = match (&args.server, &args.token) {
        (Some(server), Some(token)) => (server.trim_end_matches('/').to_owned(), token.clone()),
        (server, None) => {
            let local = LocalServer::find(global, port)?;
            let made = token::create(&local, args.agents, 3_600).await?;
            (server.clone().unwrap_or_else(|| local.url.clone()), made.token)
        }
        (None, Some(token)) => (LocalServer::find(global, port)?.url, token.clone()),
    };
    Ok(Plan {
        server_url,
        token,
        agents: args.agents,
        duration: Duration::from_secs(args.duration),
        interval: Duration::from_secs(args.interval),
        history: Duration::from_secs(args.history * 3_600),
        flat_out: args.flat_out,
        yardstick: args.yardstick,
        outage: args.outage,
        progress: !global.quiet && !global.json && std::io::stderr().is_terminal(),
    })
}

fn port_of(url: &str) -> Option<u16> {
    reqwest::Url::parse(url).ok()?.port_or_known_default()
}
