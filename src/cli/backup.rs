//! `atlas backup` and `atlas restore`.

use std::path::{Path, PathBuf};

use atlas_actors::clock::{Clock, SystemClock};
use clap::Args;
use serde_json::json;

use super::{Failure, Global, config};
use crate::backup::{self, Manifest, Outside};
use crate::config::{Settings, files};
use crate::data_dir::DataDir;

/// Where to.
#[derive(Debug, Args)]
pub struct BackupArgs {
    /// The folder for the backup; it must not exist yet, or be empty.
    #[arg(long, value_name = "DIR")]
    to: PathBuf,
}

/// Where from.
#[derive(Debug, Args)]
pub struct RestoreArgs {
    /// The backup.
    #[arg(long, value_name = "DIR")]
    from: PathBuf,
    /// Only check it: each file's sum, and all that is in its store. Nothing is put back.
    #[arg(long)]
    verify: bool,
}

/// Makes a backup.
///
/// # Errors
/// When there is nothing to back up, or the folder can't be written to.
pub fn back_up(global: &Global, args: &BackupArgs) -> Result<(), Failure> {
    let settings = config::settings(global, None)?;
    let data_dir = DataDir::find(global.data_dir.as_deref())?;
    let outside = Outside {
        cluster_secret: Some(cluster_secret(&settings, &data_dir)?),
        config: settings.file.clone(),
    };
    let manifest = backup::back_up(&data_dir, &outside, &args.to, SystemClock.now())?;
    say(global, &manifest, &format!("backed up to {}", args.to.display()));
    if !global.json && !global.quiet {
        println!("It holds every key and password hash: keep it as such. `atlas restore` puts it back.");
    }
    Ok(())
}

/// Checks a backup, and puts it back unless only that was asked for.
///
/// # Errors
/// When it is damaged, or the data folder is not empty.
pub fn restore(global: &Global, args: &RestoreArgs) -> Result<(), Failure> {
    if args.verify {
        let manifest = backup::check(&args.from)?;
        say(global, &manifest, &format!("{} is whole", args.from.display()));
        return Ok(());
    }
    let data_dir = DataDir::find(global.data_dir.as_deref())?;
    let settings = config::settings(global, None)?;
    let new_config = || Some(files::new_in(&files::home()?));
    let outside = Outside {
        cluster_secret: Some(cluster_secret(&settings, &data_dir)?),
        config: settings.file.clone().or_else(new_config),
    };
    let restored = backup::restore(&args.from, &data_dir, &outside)?;
    let what = format!("restored to {}", data_dir.path().display());
    say(global, &restored.manifest, &what);
    if !global.json && !global.quiet {
        for file in &restored.outside {
            println!("{} is back too", file.display());
        }
        for (kept, place) in &restored.left {
            println!(
                "{} stays as it is; the backup's is {}",
                place.display(),
                kept.display()
            );
        }
        println!(
            "Start the server with `atlas server`. Agents that enrolled after the backup must enrol again."
        );
    }
    Ok(())
}

fn say(global: &Global, manifest: &Manifest, what: &str) {
    let bytes: u64 = manifest.files.iter().map(|file| file.bytes).sum();
    let files = manifest.files.len();
    if global.json {
        println!(
            "{}",
            json!({"made_at": manifest.made_at, "files": files, "bytes": bytes, "is_whole": true})
        );
    } else if !global.quiet {
        println!(
            "{what}: {files} files, {bytes} bytes, of {}, all sums right",
            manifest.made_at
        );
    }
}

/// Where the cluster secret is.
pub(super) fn cluster_secret(settings: &Settings, data_dir: &DataDir) -> Result<PathBuf, Failure> {
    let named = settings.config.fleet.encryption.cluster_secret_file.as_deref();
    match named {
        Some(named) => Ok(files::expand_home(named)),
        None => Ok(data_dir.cluster_secret()?),
    }
    .map(|path: PathBuf| absolute(&path))
}

fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}
