//! `atlas agent`: runs the agent, enrols this machine, or tries everything once.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{Args, Subcommand};

use super::{Failure, Global, logging, signal};
use crate::agent::enrol::EnrolWith;
use crate::agent::uplink::backoff::RetryRule;
use atlas_actors::model::Announcement;

use crate::agent::{self, AgentSettings, OutageRule, enrol, identity_file, test_run};
use crate::config::{AgentConfig, Config};
use crate::data_dir::DataDir;
use crate::service::{Role, launchd};
use crate::wire::enrolment::identity::AgentIdentity;
use crate::wire::enrolment::token::{JoinToken, TokenHash};

/// The process's status when this agent was revoked (`EX_NOPERM` of sysexits): a service need not start
/// it again.
const STATUS_REVOKED: u8 = 77;

/// How to run the agent.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct AgentArgs {
    /// Collect one report, show it, try the server, and say what is wrong if something is.
    #[arg(long)]
    test: bool,
    #[command(subcommand)]
    command: Option<AgentCommand>,
}

#[derive(Debug, Subcommand)]
enum AgentCommand {
    /// Enrol this machine at a server with a token from its dashboard or `atlas token create`.
    Enroll {
        /// The server, as https://name:8768.
        url: String,
        /// The token.
        #[arg(long, value_name = "TOKEN", required_unless_present = "cluster_secret_file")]
        token: Option<String>,
        /// The cluster secret of 1.x and 2.0, in place of a token; an administrator must then approve
        /// this machine.
        #[arg(long, value_name = "FILE", conflicts_with = "token")]
        cluster_secret_file: Option<PathBuf>,
        /// Forget who this machine was at the server: after it was revoked, or for a copy of a disk.
        #[arg(long)]
        new_identity: bool,
        /// The id to report under [default: the host name].
        #[arg(long, value_name = "ID")]
        machine_id: Option<String>,
    },
    /// Learn the server's TLS keys anew, when this agent does not know the one that it shows.
    Repin {
        /// A token of that server, which names it; it is not used up.
        #[arg(long, value_name = "TOKEN")]
        token: Option<String>,
    },
}

/// Runs it.
///
/// # Errors
/// When this machine is not enrolled, or the server refuses.
pub fn run(global: &Global, args: AgentArgs) -> Result<(), Failure> {
    let settings = super::config::settings(global, None)?;
    let config = &settings.config;
    logging::start(&config.logging, global.quiet)?;
    if let Some(sentence) = settings.retired_sentence() {
        tracing::warn!("{sentence}");
    }
    let data_dir = DataDir::open(global.data_dir.as_deref())?;
    actix_rt::System::new().block_on(async {
        match args.command {
            Some(AgentCommand::Enroll {
                url,
                token,
                cluster_secret_file,
                new_identity,
                machine_id,
            }) => {
                let machine_id = machine_id.or_else(|| config.fleet.agent.machine_id.clone());
                let proof = proof(token.as_deref(), cluster_secret_file.as_deref())?;
                enroll(&data_dir, &url, proof, machine_id, new_identity).await
            }
            Some(AgentCommand::Repin { token }) => repin(config, &data_dir, token.as_deref()).await,
            None if args.test => test(global, config, &data_dir).await,
            None => run_agent(config, &data_dir).await,
        }
    })
}

/// With what this machine asks to be enrolled.
fn proof(token: Option<&str>, cluster_secret_file: Option<&Path>) -> Result<EnrolWith, Failure> {
    match cluster_secret_file {
        Some(file) => {
            let text = std::fs::read_to_string(file).map_err(|error| {
                Failure::new(format!(
                    "the cluster secret in {} can't be read: {error}",
                    file.display()
                ))
            })?;
            Ok(TokenHash::of_shared_secret(&text)?.into())
        }
        None => Ok(token.unwrap_or_default().parse::<JoinToken>()?.into()),
    }
}

async fn enroll(
    data_dir: &DataDir,
    url: &str,
    proof: EnrolWith,
    machine_id: Option<String>,
    is_new: bool,
) -> Result<(), Failure> {
    let earlier = identity_file::load(&data_dir.agent())?.filter(|_| !is_new);
    let machine_id = machine_id.unwrap_or_else(enrol::default_machine_id);
    let enrolled = enrol::enrol(url.trim_end_matches('/'), proof, &machine_id, earlier.as_ref()).await?;
    identity_file::save(&data_dir.agent(), &enrolled.identity)?;
    if enrolled.is_pending {
        println!(
            "Asked to enrol as {machine_id} at {url}: an administrator must approve agent {} there \
             (`atlas agents approve`). Start the agent with `atlas agent`; its reports wait until then.",
            enrolled.identity.agent_id
        );
    } else {
        println!("Enrolled as {machine_id} at {url}. Start the agent with `atlas agent`.");
    }
    Ok(())
}

async fn repin(config: &Config, data_dir: &DataDir, token: Option<&str>) -> Result<(), Failure> {
    let identity = enrolled(data_dir)?;
    let token: Option<JoinToken> = token.map(str::parse).transpose()?;
    if token.is_some_and(|token| token.server_id() != identity.server_id) {
        return Err(Failure::new(
            "the token is another server's than the one that this machine is enrolled at: enrol it there with `atlas agent enroll`",
        ));
    }
    let url = server_url(config, &identity);
    let learnt = agent::repin::learn(&url, &identity, &data_dir.agent()).await?;
    let pins: Vec<_> = learnt.tls_pins.iter().map(ToString::to_string).collect();
    println!(
        "The server at {url} is known by {}. Restart the agent.",
        pins.join(", ")
    );
    Ok(())
}

fn enrolled(data_dir: &DataDir) -> Result<AgentIdentity, Failure> {
    identity_file::load(&data_dir.agent())?.ok_or_else(|| {
        Failure::new(
            "this machine is not enrolled: paste the line that the server printed, or that its dashboard shows under 'Add a machine'",
        )
    })
}

/// Where the server is.
pub(super) fn server_url(config: &Config, identity: &AgentIdentity) -> String {
    let url = config
        .fleet
        .agent
        .server_url
        .as_deref()
        .unwrap_or(&identity.server_url);
    url.trim_end_matches('/').to_owned()
}

/// How the agent deals with a server that does not answer.
pub(super) fn outage_rule(config: &AgentConfig) -> OutageRule {
    let retry = config.retry;
    let longest = Duration::from_secs_f64(retry.max_delay);
    OutageRule {
        timeout: Duration::from_secs(config.timeout),
        retry: RetryRule {
            attempts: if retry.enabled { retry.max_attempts } else { 1 },
            first: Duration::from_secs_f64(retry.backoff),
            multiplier: retry.multiplier,
            longest,
            rest: longest.min(Duration::from_secs(config.report_interval)),
            budget: retry.budget,
        },
        circuit: config.circuit_breaker.into(),
    }
}

/// launchd knows no status after which a service stays stopped but 0; it tells a service its label.
fn revoked_status() -> u8 {
    let label = launchd::label(Role::Agent);
    if std::env::var("XPC_SERVICE_NAME").is_ok_and(|name| name == label) {
        0
    } else {
        STATUS_REVOKED
    }
}

async fn run_agent(config: &Config, data_dir: &DataDir) -> Result<(), Failure> {
    let identity = enrolled(data_dir)?;
    let server_url = server_url(config, &identity);
    tracing::info!(machine = %identity.machine_id, server = %server_url, "the agent reports");
    let agent = agent::start(AgentSettings {
        monitors: agent::monitors::planned_for(config, &data_dir.agent(), &server_url),
        server_url: Some(server_url),
        interval: Duration::from_secs(config.fleet.agent.report_interval),
        folder: data_dir.agent(),
        identity,
        spool_bytes_max: config.fleet.agent.spool_size,
        outage: outage_rule(&config.fleet.agent),
        measured: config.system.metrics,
        channel: config.fleet.agent.channel.enabled,
        diagnosis: agent::diagnosis::AnalystRule::of(config),
        can_restart: cfg!(unix),
        network_logs: agent::monitors::network_logs::NetworkLogs::of(config),
    })?;
    let ended = loop {
        tokio::select! {
            told = signal::next() => {
                told?;
                break Ended::Told;
            }
            told = signal::sleep() => {
                told?;
                agent.announce(Announcement::Sleep).await;
            }
            sentence = agent.revoked() => break Ended::Revoked(sentence),
            () = agent.is_to_restart() => break Ended::ToRestart,
        }
    };
    agent.stop(agent::farewell::why_told_to_end()).await;
    match ended {
        Ended::Told => Ok(()),
        Ended::Revoked(sentence) => Err(Failure::with_status(
            revoked_status(),
            format!("this agent stops, since its server refuses it for good: {sentence}"),
        )),
        Ended::ToRestart => Err(start_anew()),
    }
}

/// Why an agent ends.
enum Ended {
    Told,
    Revoked(String),
    ToRestart,
}

/// Puts a new process in this one's place, with the same number and the same command line; whoever
/// watches over it need not notice. Returns only when that fails.
#[cfg(unix)]
fn start_anew() -> Failure {
    use std::os::unix::process::CommandExt;
    let program = std::env::current_exe().ok().filter(|program| program.exists());
    let program = program.or_else(|| std::env::args_os().next().map(PathBuf::from));
    let Some(program) = program else {
        return Failure::new("the agent can't start anew: it does not know its own program");
    };
    let error = std::process::Command::new(&program)
        .args(std::env::args_os().skip(1))
        .exec();
    Failure::new(format!(
        "the agent can't start {} anew: {error}",
        program.display()
    ))
}

#[cfg(not(unix))]
fn start_anew() -> Failure {
    Failure::new("the agent was asked to start anew: its service starts it")
}

async fn test(global: &Global, config: &Config, data_dir: &DataDir) -> Result<(), Failure> {
    let identity = identity_file::load(&data_dir.agent())?;
    let machine_id = identity
        .as_ref()
        .map_or_else(enrol::default_machine_id, |one| one.machine_id.clone());
    let report = test_run::collect(machine_id, config).await;
    let report = report.ok_or_else(|| Failure::new("no report could be collected: the log says why"))?;
    let mut out = std::io::stdout();
    if global.json {
        writeln!(out, "{}", String::from_utf8_lossy(&report.to_json()?))?;
    } else {
        test_run::show(&report, &mut out)?;
    }
    let identity = enrolled(data_dir)?;
    let url = server_url(config, &identity);
    let mut steps: Box<dyn Write> = if global.json {
        Box::new(std::io::stderr())
    } else {
        Box::new(out)
    };
    writeln!(steps, "server {url}")?;
    Ok(test_run::try_server(&identity, &url, &report, &mut steps).await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_config_says_of_outages_reaches_the_agent() {
        let mut config = AgentConfig {
            report_interval: 20,
            ..AgentConfig::default()
        };
        config.circuit_breaker.enabled = false;
        config.retry.max_attempts = 7;
        let rule = outage_rule(&config);
        assert_eq!(rule.retry.attempts, 7);
        assert_eq!(rule.retry.rest, Duration::from_secs(20));
        assert_eq!(rule.circuit.failures_to_open, u32::MAX);
        config.retry.enabled = false;
        config.circuit_breaker.enabled = true;
        let rule = outage_rule(&config);
        assert_eq!((rule.retry.attempts, rule.circuit.failures_to_open), (1, 5));
    }
}
