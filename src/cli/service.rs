//! `atlas service`: installs the server or the agent as a service of this system, removes it, and says
//! how it is.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand, ValueEnum};
use serde_json::json;

use super::{Failure, Global};
use crate::service::plan::{Plan, Step, carry_out};
use crate::service::state::{self, Installed};
use crate::service::{self, Level, Manager, Role, Wanted};

/// What to do with services.
#[derive(Debug, Args)]
pub struct ServiceArgs {
    #[command(subcommand)]
    command: ServiceCommand,
}

#[derive(Debug, Subcommand)]
enum ServiceCommand {
    /// Install and start it; replaces what ATLAS 2.0 installed. A second time it takes a new program.
    Install {
        #[command(flatten)]
        which: Which,
        /// The user as whom a service of the whole system runs [default: under systemd one of its own;
        /// under launchd the user who called sudo].
        #[arg(long, value_name = "NAME", value_parser = user_name)]
        run_as: Option<String>,
        /// Only show what would be written and run.
        #[arg(long)]
        dry_run: bool,
    },
    /// Stop and remove it; what it kept stays.
    Uninstall {
        #[command(flatten)]
        which: Which,
        /// Only show what would be removed and run.
        #[arg(long)]
        dry_run: bool,
    },
    /// Say what is installed and whether it runs; exit status 1 unless all that is installed runs.
    Status {
        /// What looks after services here [default: what this system has].
        #[arg(long, value_name = "MANAGER")]
        manager: Option<ManagerName>,
    },
}

#[derive(Clone, Copy, Debug, Args)]
struct Which {
    /// The agent.
    #[arg(long, conflicts_with = "server")]
    agent: bool,
    /// The server.
    #[arg(long)]
    server: bool,
    /// For the whole system, from the machine's start on [default for root].
    #[arg(long, conflicts_with = "user")]
    system: bool,
    /// For this user alone [default for others].
    #[arg(long)]
    user: bool,
    /// What looks after services here [default: what this system has].
    #[arg(long, value_name = "MANAGER")]
    manager: Option<ManagerName>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum ManagerName {
    Systemd,
    Launchd,
}

impl From<ManagerName> for Manager {
    fn from(name: ManagerName) -> Self {
        match name {
            ManagerName::Systemd => Self::Systemd,
            ManagerName::Launchd => Self::Launchd,
        }
    }
}

fn user_name(text: &str) -> Result<String, &'static str> {
    let is_first = |c: char| c.is_ascii_alphabetic() || c == '_';
    let is_other = |c: char| c.is_ascii_alphanumeric() || "_-.".contains(c);
    let is_name = text.starts_with(is_first) && text.chars().all(is_other);
    is_name.then(|| text.to_owned()).ok_or("that is no user's name")
}

/// Runs it.
///
/// # Errors
/// When a step fails, or what is installed does not run.
pub fn run(global: &Global, args: &ServiceArgs) -> Result<(), Failure> {
    match &args.command {
        ServiceCommand::Install {
            which,
            run_as,
            dry_run,
        } => {
            let (manager, wanted) = wanted(global, *which, run_as.clone())?;
            let plan = service::install(manager, &wanted)?;
            follow(global, &plan, *dry_run, wanted.level)
        }
        ServiceCommand::Uninstall { which, dry_run } => {
            let (manager, wanted) = wanted(global, *which, None)?;
            let plan = service::uninstall(manager, &wanted)?;
            follow(global, &plan, *dry_run, wanted.level)
        }
        ServiceCommand::Status { manager } => status(global, *manager),
    }
}

fn here(manager: Option<ManagerName>) -> Manager {
    let of_this_system = if cfg!(target_os = "macos") {
        Manager::Launchd
    } else {
        Manager::Systemd
    };
    manager.map_or(of_this_system, Manager::from)
}

/// The service of that kind and level, for whoever asks.
fn service_of(role: Role, level: Level) -> Result<Wanted, Failure> {
    let home = std::env::home_dir().filter(|home| !home.as_os_str().is_empty());
    Ok(Wanted {
        role,
        level,
        program: std::env::current_exe()?,
        home: home.ok_or_else(|| Failure::new("there is no home folder: set HOME"))?,
        uid: uid(),
        run_as: None,
        data_dir: None,
        config: None,
    })
}

#[cfg(unix)]
fn uid() -> u32 {
    rustix::process::getuid().as_raw()
}

#[cfg(not(unix))]
const fn uid() -> u32 {
    0
}

fn wanted(global: &Global, which: Which, run_as: Option<String>) -> Result<(Manager, Wanted), Failure> {
    let manager = here(which.manager);
    let role = match (which.agent, which.server) {
        (_, true) if !cfg!(feature = "server") => {
            return Err(Failure::with_status(
                2,
                "this program was built without the server",
            ));
        }
        (_, true) => Role::Server,
        (true, _) => Role::Agent,
        _ if !cfg!(feature = "server") => Role::Agent,
        _ => return Err(Failure::with_status(2, "say which service: --agent or --server")),
    };
    let is_root = uid() == 0;
    let level = if which.system || (is_root && !which.user) {
        Level::System
    } else {
        Level::User
    };
    if run_as.is_some() && level == Level::User {
        return Err(Failure::with_status(
            2,
            "--run-as goes with --system: one user's service runs as that user",
        ));
    }
    let mut wanted = service_of(role, level)?;
    let caller = std::env::var("SUDO_USER")
        .ok()
        .filter(|name| level == Level::System && name != "root");
    if let Some(name) = &caller {
        // Services of 2.0 and the enrolment are in the home of who called sudo.
        let home = match manager {
            Manager::Launchd => Some(Path::new("/Users").join(name)),
            Manager::Systemd => home_of(name),
        };
        wanted.home = home.filter(|home| home.is_dir()).unwrap_or(wanted.home);
    }
    wanted.run_as =
        run_as.or_else(|| caller.filter(|name| manager == Manager::Launchd && user_name(name).is_ok()));
    wanted.data_dir = absolute(global.data_dir.as_deref())?;
    wanted.config = absolute(global.config.as_deref())?;
    Ok((manager, wanted))
}

/// A user's home, as Linux has it.
fn home_of(name: &str) -> Option<PathBuf> {
    let users = std::fs::read_to_string("/etc/passwd").ok()?;
    let user = users.lines().map(|line| line.split(':').collect::<Vec<_>>());
    let user = user.into_iter().find(|fields| fields.first() == Some(&name))?;
    user.get(5).map(PathBuf::from)
}

fn absolute(path: Option<&Path>) -> Result<Option<PathBuf>, Failure> {
    Ok(path.map(std::path::absolute).transpose()?)
}

/// Shows the plan, and carries it out unless it is only to be shown.
fn follow(global: &Global, plan: &Plan, is_dry: bool, level: Level) -> Result<(), Failure> {
    if is_dry {
        show(global, plan)?;
        return Ok(());
    }
    if level == Level::System && uid() != 0 {
        return Err(Failure::new(
            "a service of the whole system is root's to change: call it with sudo, or choose --user",
        ));
    }
    actix_rt::System::new().block_on(async {
        for (index, step) in plan.steps.iter().enumerate() {
            carry_out(step).await.map_err(|error| {
                let done = match index {
                    0 => "nothing was changed".to_owned(),
                    steps => format!(
                        "{steps} of {} steps were done; call it again once that is mended",
                        plan.steps.len()
                    ),
                };
                Failure::new(format!("{error} ({done})"))
            })?;
            if !global.quiet && !global.json {
                println!("  ok  {step}");
            }
        }
        Ok::<_, Failure>(())
    })?;
    if global.json {
        println!("{}", as_json(plan));
    } else if !global.quiet {
        plan.notes.iter().for_each(|note| println!("{note}"));
    }
    Ok(())
}

fn show(global: &Global, plan: &Plan) -> Result<(), Failure> {
    if global.json {
        println!("{}", as_json(plan));
        return Ok(());
    }
    println!("Nothing is done. It would:");
    for step in &plan.steps {
        println!("  {step}");
        if let Step::Write { content, .. } = step {
            content.lines().for_each(|line| println!("      {line}"));
        }
    }
    plan.notes.iter().for_each(|note| println!("{note}"));
    Ok(())
}

fn as_json(plan: &Plan) -> serde_json::Value {
    let steps = plan.steps.iter().map(|step| match step {
        Step::Write { path, content, mode } => {
            json!({"step": step.to_string(), "path": path, "content": content, "mode": format!("{mode:o}")})
        }
        Step::Run { words, .. } => json!({"step": step.to_string(), "command": words}),
        step => json!({"step": step.to_string()}),
    });
    json!({"steps": steps.collect::<Vec<_>>(), "notes": plan.notes})
}

fn status(global: &Global, manager: Option<ManagerName>) -> Result<(), Failure> {
    let found = installed(here(manager))?;
    if global.json {
        let rows: Vec<_> = found.iter().map(|(wanted, one)| row(wanted, one)).collect();
        println!("{}", json!({ "services": rows }));
    } else {
        for (wanted, one) in &found {
            println!("{}", line(wanted, one));
        }
    }
    let is_down = |(_, one): &(Wanted, Installed)| !one.state.as_ref().is_ok_and(|state| state.is_running);
    match found.iter().filter(|one| is_down(one)).count() {
        _ if found.is_empty() => Err(Failure::new(
            "no service is installed here: `atlas service install` makes one",
        )),
        0 => Ok(()),
        down => Err(Failure::new(format!(
            "{down} of {} services do not run",
            found.len()
        ))),
    }
}

/// All services of ATLAS that are installed here.
///
/// # Errors
/// When there is no home folder to look into.
pub(super) fn installed_here() -> Result<Vec<(Wanted, Installed)>, Failure> {
    installed(here(None))
}

fn installed(manager: Manager) -> Result<Vec<(Wanted, Installed)>, Failure> {
    let mut found = Vec::new();
    for role in [Role::Server, Role::Agent] {
        for level in [Level::System, Level::User] {
            let wanted = service_of(role, level)?;
            if let Some(one) = state::look(manager, &wanted) {
                found.push((wanted, one));
            }
        }
    }
    Ok(found)
}

/// A service in one line for people.
pub(super) fn line(wanted: &Wanted, installed: &Installed) -> String {
    let what = format!(
        "{} ({})",
        wanted.role.name(),
        wanted.level.flag().trim_start_matches('-')
    );
    let state = match &installed.state {
        Err(why) => format!("installed; whether it runs is not known: {why}"),
        Ok(state) => {
            let mut parts = vec![state.word.clone()];
            parts.extend(state.pid.map(|pid| format!("process {pid}")));
            parts.extend(state.since.as_ref().map(|since| format!("since {since}")));
            parts.extend(
                state
                    .last_status
                    .map(|status| format!("ended last with status {status}")),
            );
            parts.extend(
                state
                    .restarts
                    .filter(|count| *count > 0)
                    .map(|count| format!("started again {count} times")),
            );
            parts.join(", ")
        }
    };
    format!("{what}: {state}; {}", installed.file.display())
}

fn row(wanted: &Wanted, installed: &Installed) -> serde_json::Value {
    let state = installed.state.as_ref();
    json!({
        "role": wanted.role.name(),
        "level": wanted.level.flag().trim_start_matches('-'),
        "file": installed.file,
        "is_running": state.ok().map(|state| state.is_running),
        "state": state.ok().map(|state| &state.word),
        "pid": state.ok().and_then(|state| state.pid),
        "last_status": state.ok().and_then(|state| state.last_status),
        "restarts": state.ok().and_then(|state| state.restarts),
        "error": state.err(),
    })
}
