//! `atlas secret generate`: the cluster secret of 1.x and 2.0.

use clap::{Args, Subcommand};
use serde_json::json;

use super::backup::cluster_secret;
use super::{Failure, Global, config};
use crate::data_dir::DataDir;
use crate::secret_file;

/// What to do with the secret.
#[derive(Debug, Args)]
pub struct SecretArgs {
    #[command(subcommand)]
    command: SecretCommand,
}

#[derive(Debug, Subcommand)]
enum SecretCommand {
    /// Make a new cluster secret in a file that only its owner can read; it is not shown.
    Generate {
        /// How many random bytes; written as twice as many hex characters.
        #[arg(long, default_value_t = 32, value_name = "N", value_parser = clap::value_parser!(u16).range(32..=1_024))]
        bytes: u16,
        /// Put it in the place of one that is there: who knows only that one is locked out.
        #[arg(long)]
        force: bool,
    },
}

/// Runs it.
///
/// # Errors
/// When there is a secret already, or the file can't be written.
pub fn run(global: &Global, args: &SecretArgs) -> Result<(), Failure> {
    let SecretCommand::Generate { bytes, force } = args.command;
    let settings = config::settings(global, None)?;
    let data_dir = DataDir::find(global.data_dir.as_deref())?;
    let path = cluster_secret(&settings, &data_dir)?;
    if path.exists() && !force {
        return Err(Failure::new(format!(
            "there is a cluster secret already, {}: --force puts a new one in its place",
            path.display()
        )));
    }
    let folder = path.parent().unwrap_or(&path);
    secret_file::make_folder(folder)
        .and_then(|()| secret_file::random_hex_of(usize::from(bytes)))
        .and_then(|secret| secret_file::write(&path, secret.as_bytes()))
        .map_err(|error| {
            Failure::new(format!(
                "the cluster secret {} can't be written ({error}): check the permissions of its folder",
                path.display()
            ))
        })?;
    if global.json {
        println!("{}", json!({"file": path, "bytes": bytes}));
    } else if !global.quiet {
        println!(
            "{} has a new secret of {bytes} bytes; a server takes it at its next start",
            path.display()
        );
    }
    if settings.config.fleet.encryption.cluster_secret.is_some() {
        let source = settings.source_of("fleet.encryption.cluster_secret");
        eprintln!("atlas: another secret is set ({source}) and wins over the file");
    }
    Ok(())
}
