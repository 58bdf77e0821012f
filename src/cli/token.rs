//! `atlas token create|list|revoke`: tokens with which machines join the server on this machine.

use clap::{Args, Subcommand};
use reqwest::Method;
use serde_json::json;

use super::{Failure, Global};
use crate::local_server::LocalServer;
use crate::wire::views::{TokenView, TokensView};

/// What to do with tokens.
#[derive(Debug, Args)]
pub struct TokenArgs {
    #[command(subcommand)]
    command: TokenCommand,
    /// The server's port, when it is not the one it was started with.
    #[arg(long, global = true, value_name = "PORT")]
    port: Option<u16>,
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
    },
    /// Show the tokens that are open, without their secrets.
    List,
    /// End a token before its time.
    Revoke {
        /// Its name, as `atlas token list` shows it.
        id: String,
    },
}

/// Runs it.
///
/// # Errors
/// When the server on this machine does not run or refuses.
pub fn run(global: &Global, args: TokenArgs) -> Result<(), Failure> {
    actix_rt::System::new().block_on(async {
        let server = LocalServer::find(global, args.port)?;
        match args.command {
            TokenCommand::Create { uses, minutes } => {
                let token = create(&server, uses, minutes * 60).await?;
                if global.json {
                    println!("{}", serde_json::to_string(&token)?);
                } else {
                    println!("{}", token.command);
                }
            }
            TokenCommand::List => {
                let tokens: TokensView = server.get("/api/v2/tokens").await?;
                show(global, &tokens)?;
            }
            TokenCommand::Revoke { id } => {
                let path = format!("/api/v2/tokens/{}", super::agents::path_segment(&id)?);
                server.done(Method::DELETE, &path).await?;
            }
        }
        Ok(())
    })
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

fn show(global: &Global, tokens: &TokensView) -> Result<(), Failure> {
    if global.json {
        println!("{}", serde_json::to_string(tokens)?);
        return Ok(());
    }
    for token in &tokens.tokens {
        let by = token.created_by.as_deref().unwrap_or("-");
        println!(
            "{}  {} of {} left  until {}  made by {by}",
            token.id, token.uses_left, token.uses_max, token.expires_at
        );
    }
    Ok(())
}
