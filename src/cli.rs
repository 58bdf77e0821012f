//! The command line: what can be asked, and which status the process ends with.

pub mod agent;
pub mod agents;
pub mod audit;
pub mod backup;
pub mod config;
pub mod key;
pub mod logging;
pub mod migrate;
pub mod open_files;
pub mod operator;
pub mod secret;
pub mod server;
pub mod simulate;
pub mod token;
pub mod user;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

/// Watches a fleet of computers and acts on them.
///
/// Without a command it does what `atlas up` does.
#[derive(Debug, Parser)]
#[command(name = "atlas", version, propagate_version = true, max_term_width = 100)]
#[command(
    after_help = "Exit status: 0 done, 1 the thing asked for failed, 2 wrong usage, \
    70 an internal part could not be kept alive, 74 the disk failed, \
    77 this agent was revoked."
)]
pub struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(flatten)]
    serve: ServeArgs,
    #[command(subcommand)]
    command: Option<Command>,
}

/// What every command takes.
#[derive(Clone, Debug, Args)]
pub struct Global {
    /// The config file (YAML or JSON) [default: ~/.fleet_monitoring/config.yaml or .json, or where 2.0 has it, if there].
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// The folder for everything that is kept [default: ~/.fleet_monitoring/data].
    #[arg(long, global = true, value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
    /// Print JSON, for programs.
    #[arg(long, global = true)]
    pub json: bool,
    /// Print only what was asked for and what went wrong.
    #[arg(long, short, global = true)]
    pub quiet: bool,
}

/// How a server is started.
#[derive(Clone, Debug, Args)]
pub struct ServeArgs {
    /// The port to listen on [default: 8768].
    #[arg(long, value_name = "PORT")]
    pub port: Option<u16>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Start the server, and an agent for this very machine.
    Up(ServeArgs),
    /// Start the server alone.
    Server(ServeArgs),
    /// Start the agent of this machine, or enrol it.
    Agent(agent::AgentArgs),
    /// Send the reports of a fleet that does not exist, and measure.
    Simulate(simulate::SimulateArgs),
    /// Make, show and end tokens with which machines join.
    Token(token::TokenArgs),
    /// Look after the people who sign in, whether the server runs or not.
    User(user::UserArgs),
    /// Make, list and revoke API keys, with which programs use the server.
    Key(key::KeyArgs),
    /// Make and show the key with which an operator signs commands and opens what agents sealed.
    Operator(operator::OperatorArgs),
    /// Make the cluster secret of 1.x and 2.0.
    Secret(secret::SecretArgs),
    /// Back up everything, while the server runs.
    Backup(backup::BackupArgs),
    /// Put a backup back into an empty data folder, or check it.
    Restore(backup::RestoreArgs),
    /// Take over what ATLAS 1.x or 2.0 kept; the server must be stopped.
    Migrate(migrate::MigrateArgs),
    /// Show, check and change the settings.
    Config(config::ConfigArgs),
    /// Check the audit log.
    Audit(audit::AuditArgs),
    /// Show, approve and revoke enrolled agents, and rotate their keys.
    Agents(agents::AgentsArgs),
    /// Print the API's description (OpenAPI 3.1, JSON).
    #[command(hide = true)]
    Openapi,
}

/// Why a command failed: a sentence for the person who typed it, and the process's status.
#[derive(Debug)]
pub struct Failure {
    sentence: String,
    status: u8,
}

impl<E: std::error::Error> From<E> for Failure {
    fn from(error: E) -> Self {
        Self {
            sentence: error.to_string(),
            status: 1,
        }
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.sentence)
    }
}

impl Failure {
    /// A failure that ends the process with a status of its own.
    pub fn with_status(status: u8, sentence: impl Into<String>) -> Self {
        Self {
            sentence: sentence.into(),
            status,
        }
    }

    /// A failure with its sentence.
    pub fn new(sentence: impl Into<String>) -> Self {
        Self::with_status(1, sentence)
    }
}

/// Runs what the command line asks for.
#[must_use]
pub fn run() -> ExitCode {
    let cli = Cli::parse();
    let global = cli.global;
    let done = match cli.command.unwrap_or(Command::Up(cli.serve)) {
        Command::Up(args) => server::run(&global, &args, server::With::LocalAgent),
        Command::Server(args) => server::run(&global, &args, server::With::Nothing),
        Command::Agent(args) => agent::run(&global, args),
        Command::Simulate(args) => simulate::run(&global, args),
        Command::Token(args) => token::run(&global, args),
        Command::User(args) => user::run(&global, args),
        Command::Key(args) => key::run(&global, args),
        Command::Operator(args) => operator::run(&global, args),
        Command::Secret(args) => secret::run(&global, &args),
        Command::Backup(args) => backup::back_up(&global, &args),
        Command::Restore(args) => backup::restore(&global, &args),
        Command::Migrate(args) => migrate::run(&global, &args),
        Command::Config(args) => config::run(&global, args),
        Command::Audit(args) => audit::run(&global, args),
        Command::Agents(args) => agents::run(&global, args),
        Command::Openapi => {
            println!("{}", crate::http::openapi::text());
            Ok(())
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("atlas: {}", failure.sentence);
            ExitCode::from(failure.status)
        }
    }
}
