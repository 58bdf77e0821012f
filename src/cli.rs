//! The command line: what can be asked, and which status the process ends with.

pub mod agent;
pub mod config;
pub mod doctor;
pub mod logging;
pub mod service;
mod signal;

#[cfg(feature = "server")]
pub mod agents;
#[cfg(feature = "server")]
pub mod audit;
#[cfg(feature = "server")]
pub mod backup;
#[cfg(feature = "server")]
pub mod command;
#[cfg(feature = "server")]
pub mod key;
#[cfg(feature = "server")]
pub mod migrate;
#[cfg(feature = "server")]
pub mod open;
#[cfg(feature = "server")]
pub mod open_files;
#[cfg(feature = "server")]
pub mod operator;
#[cfg(feature = "server")]
pub mod query;
#[cfg(feature = "server")]
pub mod secret;
#[cfg(feature = "server")]
pub mod server;
#[cfg(feature = "server")]
mod server_command;
#[cfg(feature = "server")]
pub mod simulate;
#[cfg(feature = "server")]
pub mod token;
#[cfg(feature = "server")]
pub mod user;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

/// Watches a fleet of computers and acts on them.
#[cfg_attr(feature = "server", doc = "")]
#[cfg_attr(feature = "server", doc = "Without a command it does what `atlas up` does.")]
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
    #[cfg(feature = "server")]
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
    /// What comes with the server.
    #[cfg(feature = "server")]
    #[command(flatten)]
    Server(server_command::ServerCommand),
    /// Start the agent of this machine, or enrol it.
    #[command(display_order = 2)]
    Agent(agent::AgentArgs),
    /// Try everything that commonly goes wrong, and say what to do; exit status 1 if something is wrong.
    Doctor(doctor::DoctorArgs),
    /// Run the agent or the server as a service of this system, from its start on.
    Service(service::ServiceArgs),
    /// Show, check and change the settings.
    Config(config::ConfigArgs),
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
    let done = match cli.command {
        #[cfg(feature = "server")]
        Some(Command::Server(command)) => command.run(&global),
        Some(Command::Agent(args)) => agent::run(&global, args),
        Some(Command::Doctor(args)) => doctor::run(&global, args),
        Some(Command::Service(args)) => service::run(&global, &args),
        Some(Command::Config(args)) => config::run(&global, args),
        #[cfg(feature = "server")]
        None => server_command::ServerCommand::Up(cli.serve).run(&global),
        #[cfg(not(feature = "server"))]
        None => Err(Failure::with_status(2, "say what to do: `atlas --help` lists it")),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("atlas: {}", failure.sentence);
            ExitCode::from(failure.status)
        }
    }
}
