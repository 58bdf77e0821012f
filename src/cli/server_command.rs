//! The commands that come with the server: it, its load, and the tools that look after it.

use clap::Subcommand;

use super::{Failure, Global, ServeArgs};
use super::{
    agents, audit, backup, command, key, migrate, open, operator, query, secret, server, simulate, token,
    user,
};

/// A command that comes with the server.
#[derive(Debug, Subcommand)]
pub(super) enum ServerCommand {
    /// Start the server, and an agent for this very machine.
    Up(ServeArgs),
    /// Start the server alone.
    Server(ServeArgs),
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
    /// Open what an agent sealed to operators, with one's own key.
    Open(open::OpenArgs),
    /// Make the cluster secret of 1.x and 2.0.
    Secret(secret::SecretArgs),
    /// Back up everything, while the server runs.
    Backup(backup::BackupArgs),
    /// Put a backup back into an empty data folder, or check it.
    Restore(backup::RestoreArgs),
    /// Take over what ATLAS 1.x or 2.0 kept; the server must be stopped.
    Migrate(migrate::MigrateArgs),
    /// Ask what machines measured: tables, small charts, CSV, JSON.
    Query(query::QueryArgs),
    /// Show what history takes on the disk, and when that will be full.
    Storage(query::StorageArgs),
    /// Check the audit log.
    Audit(audit::AuditArgs),
    /// Show, approve and revoke enrolled agents, and rotate their keys.
    Agents(agents::AgentsArgs),
    /// Have machines do something, and follow it.
    Command(Box<command::CommandArgs>),
    /// Print the API's description (OpenAPI 3.1, JSON).
    #[command(hide = true)]
    Openapi,
}

impl ServerCommand {
    /// Runs it.
    pub(super) fn run(self, global: &Global) -> Result<(), Failure> {
        match self {
            Self::Up(args) => server::run(global, &args, server::With::LocalAgent),
            Self::Server(args) => server::run(global, &args, server::With::Nothing),
            Self::Simulate(args) => simulate::run(global, args),
            Self::Token(args) => token::run(global, args),
            Self::User(args) => user::run(global, args),
            Self::Key(args) => key::run(global, args),
            Self::Operator(args) => operator::run(global, args),
            Self::Open(args) => open::run(global, &args),
            Self::Secret(args) => secret::run(global, &args),
            Self::Backup(args) => backup::back_up(global, &args),
            Self::Restore(args) => backup::restore(global, &args),
            Self::Migrate(args) => migrate::run(global, &args),
            Self::Query(args) => query::run(global, args),
            Self::Storage(args) => query::storage(global, &args),
            Self::Audit(args) => audit::run(global, args),
            Self::Agents(args) => agents::run(global, args),
            Self::Command(args) => command::run(global, *args),
            Self::Openapi => {
                println!("{}", crate::http::openapi::text());
                Ok(())
            }
        }
    }
}
