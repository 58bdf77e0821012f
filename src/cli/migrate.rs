//! `atlas migrate`: the way over from 1.x and 2.0.

use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::json;

use super::backup::cluster_secret;
use super::{Failure, Global, config};
use crate::config::files;
use crate::data_dir::DataDir;
use crate::migrate::{self, Applied, RolledBack, Survey, Target};

/// From where, and how.
#[derive(Debug, Args)]
pub struct MigrateArgs {
    /// The home folder of the user that 1.x or 2.0 ran as [default: yours].
    #[arg(long, value_name = "HOME")]
    from: Option<PathBuf>,
    /// Only show what would be taken.
    #[arg(long, conflicts_with_all = ["yes", "rollback"])]
    dry_run: bool,
    /// Do not ask.
    #[arg(long, short)]
    yes: bool,
    /// Take a migration back: what it made is moved aside, what was there before is put back.
    #[arg(long, conflicts_with = "from")]
    rollback: bool,
}

/// Runs it.
///
/// # Errors
/// When nothing is there, the server runs, or a file can't be read or written.
pub fn run(global: &Global, args: &MigrateArgs) -> Result<(), Failure> {
    if args.rollback {
        return roll_back(global, args.yes);
    }
    let home = match &args.from {
        Some(home) => home.clone(),
        None => files::home().ok_or_else(|| Failure::new("there is no home folder: name one with --from"))?,
    };
    let data_dir = if args.dry_run {
        DataDir::find(global.data_dir.as_deref())?
    } else {
        DataDir::open(global.data_dir.as_deref())?
    };
    let copies = Copies::make(&data_dir)?;
    let survey = Survey::of(&home, &copies.0)?;
    show(global, &survey)?;
    if args.dry_run {
        return Ok(());
    }
    if !args.yes && !agrees("Take it over? The server must be stopped. [y/N] ")? {
        return Err(Failure::new("nothing was changed"));
    }
    // A broken config must not stop the way over: then the defaults say where things belong.
    let secret = match config::settings(global, None) {
        Ok(settings) => cluster_secret(&settings, &data_dir)?,
        Err(_) => data_dir.cluster_secret()?,
    };
    let new_config = || files::home().map(|home| files::new_in(&home));
    let target = Target {
        data_dir: &data_dir,
        config: global.config.clone().or_else(new_config).ok_or_else(|| {
            Failure::new("there is no home folder to keep a config file in: name one with --config")
        })?,
        cluster_secret: secret,
    };
    let is_shown = !global.quiet && !global.json && std::io::stderr().is_terminal();
    let progress = |what: &str| {
        if is_shown {
            eprintln!("  {what}");
        }
    };
    let applied = actix_rt::System::new().block_on(migrate::apply(&survey, &target, &progress))?;
    checklist(global, &survey, &applied);
    Ok(())
}

/// A folder for copies of the old databases, gone when all is done.
struct Copies(PathBuf);

impl Copies {
    /// How its name begins, beside the data folder.
    const NAME: &str = ".atlas-migration-";

    fn make(data_dir: &DataDir) -> Result<Self, Failure> {
        let beside = data_dir.path().parent().filter(|parent| parent.is_dir());
        if let Some(beside) = beside {
            Self::sweep(beside)?;
        }
        let folder = beside.map_or_else(std::env::temp_dir, Path::to_owned);
        let folder = folder.join(format!("{}{}", Self::NAME, std::process::id()));
        crate::secret_file::make_folder(&folder)?;
        Ok(Self(folder))
    }

    /// What a run left that was killed: copies hold old hashes.
    fn sweep(beside: &Path) -> Result<(), Failure> {
        for entry in std::fs::read_dir(beside)?.flatten() {
            if entry.file_name().to_string_lossy().starts_with(Self::NAME) {
                std::fs::remove_dir_all(entry.path())?;
            }
        }
        Ok(())
    }
}

impl Drop for Copies {
    fn drop(&mut self) {
        // They are copies; who can't delete them has been told of worse by then.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn agrees(question: &str) -> Result<bool, Failure> {
    if !std::io::stdin().is_terminal() {
        return Err(Failure::new("there is nobody to ask: say --yes to go on"));
    }
    eprint!("{question}");
    std::io::stderr().flush()?;
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer)?;
    Ok(["y", "yes"].contains(&answer.trim().to_lowercase().as_str()))
}

fn show(global: &Global, survey: &Survey) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    if global.json {
        let users: Vec<_> = survey
            .users
            .iter()
            .map(|one| json!({"username": one.user.name.as_str(), "role": one.user.role.name(), "hash": one.hash_kind()}))
            .collect();
        let counts = survey.counts;
        let found = json!({
            "from": survey.sources.home, "config": survey.sources.config,
            "settings": survey.settings.as_ref().map_or(0, |(_, keys)| *keys),
            "cluster_secret": survey.sources.cluster_secret, "users": users, "machines": counts.machines,
            "history": counts.history, "commands": counts.commands, "widget_logs": counts.widget_logs,
            "left": survey.left,
        });
        writeln!(out, "{found}")?;
        return Ok(());
    }
    if global.quiet {
        return Ok(());
    }
    writeln!(out, "Found in {}:", survey.sources.home.display())?;
    for (what, becomes) in rows(survey) {
        writeln!(out, "  {what:<16} {becomes}")?;
    }
    for one in &survey.left {
        writeln!(out, "  left: {one}")?;
    }
    Ok(())
}

fn rows(survey: &Survey) -> Vec<(&'static str, String)> {
    let mut rows = Vec::new();
    if let (Some(file), Some((_, keys))) = (&survey.sources.config, &survey.settings) {
        rows.push(("config", format!("{keys} settings of {}", file.display())));
    }
    if let Some(file) = &survey.sources.cluster_secret {
        rows.push(("cluster secret", file.display().to_string()));
    }
    for one in &survey.users {
        let (name, role) = (one.user.name.as_str(), one.user.role.name());
        rows.push((
            "user",
            format!("{name}, {role}, {} in {}", one.hash_kind(), one.file.display()),
        ));
    }
    let counts = survey.counts;
    let history = format!("{} rows; those of the last 30 days are taken", counts.history);
    let commands = format!(
        "{} stay where they are: an old command must not run late",
        counts.commands
    );
    let widget_logs = format!("{} stay where they are", counts.widget_logs);
    let counted = [
        ("machines", counts.machines, counts.machines.to_string()),
        ("history", counts.history, history),
        ("commands", counts.commands, commands),
        ("widget logs", counts.widget_logs, widget_logs),
    ];
    let some = counted.into_iter().filter(|(_, count, _)| *count > 0);
    rows.extend(some.map(|(what, _, becomes)| (what, becomes)));
    rows
}

fn checklist(global: &Global, survey: &Survey, applied: &Applied) {
    if global.json {
        println!(
            "{}",
            json!({"users": applied.users, "machines": applied.machines, "history": applied.history,
                "history_left": applied.history_left, "made": applied.made, "left": applied.left})
        );
        return;
    }
    if global.quiet {
        return;
    }
    println!("\nTaken over; the old files are as they were.");
    println!(
        "  [x] users: {}, machines: {}, rows of history: {} (too old or unreadable: {})",
        applied.users, applied.machines, applied.history, applied.history_left
    );
    for file in &applied.made {
        println!("  [x] made {}", file.display());
    }
    for one in &applied.left {
        println!("  [!] {one}");
    }
    println!("  [ ] stop the 2.0 server for good (launchctl bootout), and start `atlas server`");
    println!("  [ ] sign in with a name and password of before");
    if survey
        .users
        .iter()
        .any(|one| one.hash_kind() == "SHA-256 without salt")
    {
        println!(
            "  [ ] let users whose hash had no salt choose a new password: copies of old files may tell it"
        );
    }
    println!(
        "  [ ] see that each machine reports; agents of 2.0 need their shared key (fleet.server.api_key)"
    );
    println!(
        "  [ ] delete the old users files and databases, and their backups, when all is well: they hold old hashes"
    );
    println!(
        "Times without a zone were read in this machine's. `atlas migrate --rollback` takes it all back."
    );
}

fn roll_back(global: &Global, yes: bool) -> Result<(), Failure> {
    let data_dir = DataDir::find(global.data_dir.as_deref())?;
    if !yes && !agrees("Take the migration back? What came since is moved aside. [y/N] ")? {
        return Err(Failure::new("nothing was changed"));
    }
    let back: RolledBack = actix_rt::System::new().block_on(migrate::roll_back(&data_dir))?;
    if global.json {
        println!(
            "{}",
            json!({"aside": back.aside, "is_restored": back.is_restored, "moved": back.moved})
        );
    } else if !global.quiet {
        println!("Taken back. What there was since is in {}.", back.aside.display());
        if back.is_restored {
            println!("{} is as it was before.", data_dir.path().display());
        }
        for file in &back.moved {
            println!("{} was moved aside too.", file.display());
        }
    }
    Ok(())
}
