//! `atlas agents list|approve|revoke|rotate|rotation`: the agents that are enrolled at the server on
//! this machine.

use clap::{Args, Subcommand};
use reqwest::Method;

use super::{Failure, Global};
use crate::local_server::LocalServer;
use crate::wire::views::{EnrolledAgentsView, RotationRequest, RotationView};

/// What to do with agents.
#[derive(Debug, Args)]
pub struct AgentsArgs {
    #[command(subcommand)]
    command: AgentsCommand,
    /// The server's port, when it is not the one it was started with.
    #[arg(long, global = true, value_name = "PORT")]
    port: Option<u16>,
}

#[derive(Debug, Subcommand)]
enum AgentsCommand {
    /// Show all enrolled agents.
    List,
    /// Let a pending agent in; whoever spoke for its machine is revoked. Of an active agent it says
    /// that it is no duplicate.
    Approve {
        /// Its name, as `atlas agents list` shows it.
        agent: String,
    },
    /// Turn an agent out: its next report is refused, and it stops.
    Revoke {
        /// Its name, as `atlas agents list` shows it.
        agent: String,
    },
    /// Have all agents agree on new keys.
    Rotate {
        /// Earlier keys are dead at once. No agent is locked out.
        #[arg(long)]
        emergency: bool,
        /// Ask all agents within so many hours [default: 72].
        #[arg(long, value_name = "N", conflicts_with = "emergency")]
        within_hours: Option<u16>,
    },
    /// Show where the rotation of keys stands.
    Rotation,
}

/// Runs it.
///
/// # Errors
/// When the server on this machine does not run or refuses.
pub fn run(global: &Global, args: AgentsArgs) -> Result<(), Failure> {
    actix_rt::System::new().block_on(async {
        let server = LocalServer::find(global, args.port)?;
        match args.command {
            AgentsCommand::List => show(global, &server.get("/api/v2/agents").await?),
            AgentsCommand::Approve { agent } => {
                let path = format!("/api/v2/agents/{}/approve", path_segment(&agent)?);
                server.done(Method::POST, &path).await
            }
            AgentsCommand::Revoke { agent } => {
                let path = format!("/api/v2/agents/{}", path_segment(&agent)?);
                server.done(Method::DELETE, &path).await
            }
            AgentsCommand::Rotate {
                emergency,
                within_hours,
            } => {
                let asked = RotationRequest {
                    emergency,
                    within_s: within_hours.map(|hours| u32::from(hours) * 3_600),
                };
                show_rotation(global, &server.post("/api/v2/agents/rotation", &asked).await?)
            }
            AgentsCommand::Rotation => show_rotation(global, &server.get("/api/v2/agents/rotation").await?),
        }
    })
}

/// A name that may stand in a path: names are hexadecimal.
pub(super) fn path_segment(name: &str) -> Result<&str, Failure> {
    let is_hex = !name.is_empty() && name.bytes().all(|digit| digit.is_ascii_hexdigit());
    is_hex.then_some(name).ok_or_else(|| {
        Failure::new("there is none of that name: names are hexadecimal digits, as `list` shows them")
    })
}

fn show(global: &Global, view: &EnrolledAgentsView) -> Result<(), Failure> {
    if global.json {
        println!("{}", serde_json::to_string(view)?);
        return Ok(());
    }
    for agent in &view.agents {
        let warning = if agent.possible_duplicate {
            "  POSSIBLE DUPLICATE"
        } else {
            ""
        };
        println!(
            "{}  {:<8}  key {} {:<8}  {}  last report {}{warning}",
            agent.agent_id,
            agent.state,
            agent.epoch,
            agent.key_state,
            agent.machine_id,
            agent.last_report.as_deref().unwrap_or("-"),
        );
    }
    if view.legacy_machines > 0 {
        println!(
            "and {} machines with an agent of 1.x or 2.0",
            view.legacy_machines
        );
    }
    Ok(())
}

fn show_rotation(global: &Global, view: &RotationView) -> Result<(), Failure> {
    if global.json {
        println!("{}", serde_json::to_string(view)?);
        return Ok(());
    }
    println!(
        "generation {}: {} have moved, {} have not; earlier keys are taken until {}",
        view.generation,
        view.moved,
        view.waiting,
        view.retiring_until.as_deref().unwrap_or("now")
    );
    Ok(())
}
