//! `atlas key`: API keys, with which programs use the server. Asks the server on this machine.

use clap::{Args, Subcommand};
use reqwest::Method;
use serde_json::json;

use super::{Failure, Global};
use crate::local_server::LocalServer;
use crate::wire::views::{ApiKeysView, NewApiKeyView};

/// What to do with API keys.
#[derive(Debug, Args)]
pub struct KeyArgs {
    #[command(subcommand)]
    command: KeyCommand,
    /// The server's port, when it is not the one it was started with.
    #[arg(long, value_name = "PORT", global = true)]
    port: Option<u16>,
}

#[derive(Debug, Subcommand)]
enum KeyCommand {
    /// Make a key; it is shown this once.
    Create {
        /// Its name for people, for example what uses it.
        name: String,
        /// What it may do, for example machines:read; once for each. docs/api.md lists them.
        #[arg(long = "scope", value_name = "SCOPE", required = true)]
        scopes: Vec<String>,
        /// For how many days.
        #[arg(long, default_value_t = 90, value_name = "N")]
        days: u32,
    },
    /// List all keys, without their secrets.
    List,
    /// Revoke a key: the next request with it is refused.
    Revoke {
        /// The key's id, as the list shows it.
        id: String,
    },
}

/// Runs it.
///
/// # Errors
/// When the server on this machine does not run or refuses.
pub fn run(global: &Global, args: KeyArgs) -> Result<(), Failure> {
    actix_rt::System::new().block_on(async {
        let server = LocalServer::find(global, args.port)?;
        match args.command {
            KeyCommand::Create { name, scopes, days } => {
                let asked = json!({"name": name, "scopes": scopes, "days": days});
                create(global, server.post("/api/v2/keys", &asked).await?)
            }
            KeyCommand::List => list(global, &server.get("/api/v2/keys").await?),
            KeyCommand::Revoke { id } => revoke(global, &server, &id).await,
        }
    })
}

fn create(global: &Global, key: NewApiKeyView) -> Result<(), Failure> {
    if global.json {
        println!("{}", serde_json::to_string(&key)?);
        return Ok(());
    }
    println!("{}", key.key);
    if !global.quiet {
        eprintln!("Keep it: it is shown this once, and ends at {}.", key.expires_at);
    }
    Ok(())
}

fn list(global: &Global, list: &ApiKeysView) -> Result<(), Failure> {
    if global.json {
        println!("{}", serde_json::to_string(list)?);
        return Ok(());
    }
    println!(
        "{:<17} {:<20} {:<14} {:<25} {:<25} may",
        "id", "name", "made by", "ends", "last used"
    );
    for key in &list.keys {
        let used = key.last_used.as_deref().unwrap_or("never");
        println!(
            "{:<17} {:<20} {:<14} {:<25} {used:<25} {}",
            key.id,
            key.name,
            key.created_by,
            key.expires_at,
            key.scopes.join(" ")
        );
    }
    Ok(())
}

async fn revoke(global: &Global, server: &LocalServer, id: &str) -> Result<(), Failure> {
    if id.is_empty() || !id.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(Failure::new("that is no key's id: `atlas key list` shows them"));
    }
    let path = format!("/api/v2/keys/{id}");
    server.send(Method::DELETE, &path, None::<&()>).await?;
    if global.json {
        println!("{}", json!({"revoked": id}));
    } else if !global.quiet {
        println!("{id} is revoked");
    }
    Ok(())
}
