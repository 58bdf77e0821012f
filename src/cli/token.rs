//! `atlas token create`: asks the server on this machine for an enrolment token.

use clap::{Args, Subcommand};
use serde_json::json;

use super::{Failure, Global};
use crate::local_server::LocalServer;
use crate::wire::views::TokenView;

/// What to do with tokens.
#[derive(Debug, Args)]
pub struct TokenArgs {
    #[command(subcommand)]
    command: TokenCommand,
}

#[derive(Debug, Subcommand)]
enum TokenCommand {
    /// Make a token with which machines join this server.
    Create {
        /// How many machines may use it.
        #[arg(long, default_value_t = 1, value_name = "N")]
        uses: u32,
        /// For how many minutes.
        #[arg(long, default_value_t = 60, value_name = "N")]
        minutes: u64,
        /// The server's port, when it is not the one it was started with.
        #[arg(long, value_name = "PORT")]
        port: Option<u16>,
    },
}

/// Runs it.
///
/// # Errors
/// When the server on this machine does not run or refuses.
pub fn run(global: &Global, args: TokenArgs) -> Result<(), Failure> {
    let TokenCommand::Create { uses, minutes, port } = args.command;
    let token = actix_rt::System::new().block_on(async {
        let server = LocalServer::find(global, port)?;
        create(&server, uses, minutes * 60).await
    })?;
    if global.json {
        println!("{}", serde_json::to_string(&token)?);
    } else {
        println!("{}", token.command);
    }
    Ok(())
}

/// Asks for a token.
///
/// # Errors
/// As for [`run`].
pub async fn create(server: &LocalServer, uses: u32, ttl_s: u64) -> Result<TokenView, Failure> {
    server
        .post("/api/v2/tokens", &json!({"max_uses": uses, "ttl_s": ttl_s}))
        .await
}
