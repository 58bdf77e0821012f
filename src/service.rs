//! Server and agent as services of the system, under systemd or launchd. Looks at what is there, plans
//! what must be written and run ([`plan`]), and leaves deciding to pure functions ([`systemd`],
//! [`launchd`]). The files in `systemd/` and `launchd/` are the only source of what is installed. The
//! launchd part was never run on a Mac.

pub mod launchd;
pub mod plan;
pub mod state;
pub mod systemd;

use std::path::{Path, PathBuf};

use self::plan::Plan;

/// Where a service of the whole system has the program.
pub const PROGRAM: &str = "/usr/local/bin/atlas";

/// What runs as a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The server.
    Server,
    /// The agent.
    Agent,
}

impl Role {
    /// As the command line calls it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Server => "server",
            Self::Agent => "agent",
        }
    }
}

/// For whom a service runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// From the machine's start on, as a user of its own.
    System,
    /// While its user is logged in, as that user.
    User,
}

impl Level {
    /// As the command line calls it.
    #[must_use]
    pub const fn flag(self) -> &'static str {
        match self {
            Self::System => "--system",
            Self::User => "--user",
        }
    }
}

/// What looks after services here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manager {
    /// Linux's.
    Systemd,
    /// macOS's.
    Launchd,
}

/// How a service is wanted.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// What runs.
    pub role: Role,
    /// For whom.
    pub level: Level,
    /// The program that runs now.
    pub program: PathBuf,
    /// The home of the user who asks.
    pub home: PathBuf,
    /// The number of the user who asks.
    pub uid: u32,
    /// The user as whom a service of the whole system runs, if not one of its own.
    pub run_as: Option<String>,
    /// The data folder, when one was named.
    pub data_dir: Option<PathBuf>,
    /// The config file, when one was named.
    pub config: Option<PathBuf>,
}

/// Why nothing was planned.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// There is nothing to remove.
    #[error("no service of the {0} is installed here ({1}): `atlas service status` looks at both levels")]
    NotInstalled(&'static str, PathBuf),
    /// A path that can't be written into a service's file.
    #[error("{0} can't be written into a service's file: choose a path of letters, digits and spaces")]
    Path(PathBuf),
    /// The other level has it already.
    #[error("a service of the {role} is installed already ({}): remove it first with `atlas service uninstall --{role} {flag}`", path.display())]
    OtherLevel {
        /// What runs.
        role: &'static str,
        /// How it is removed.
        flag: &'static str,
        /// Its file.
        path: PathBuf,
    },
    /// 2.0's service can't be replaced by an ordinary user.
    #[error(
        "{path} is a service of ATLAS 2.0 for the whole system: `sudo atlas service install --{role} --system` replaces it"
    )]
    OldOfSystem {
        /// What runs.
        role: &'static str,
        /// Its file.
        path: PathBuf,
    },
    /// No user was named whom a service could run as.
    #[error("a service of the whole system should not run as root: name an ordinary user with --run-as NAME")]
    NoUser,
    /// The service keeps its data in a place of its own.
    #[error("a service of the whole system keeps its data in {0}: leave --data-dir out")]
    DataDir(&'static str),
    /// An agent uses the enrolment that should be taken over.
    #[error("an agent runs with the enrolment in {0}: stop it first, the service goes on in its place")]
    AgentRuns(PathBuf),
}

/// What must be done so that it runs as a service.
///
/// # Errors
/// See [`PlanError`].
pub fn install(manager: Manager, wanted: &Wanted) -> Result<Plan, PlanError> {
    match manager {
        Manager::Systemd => systemd::install(wanted, &systemd::look(wanted)?),
        Manager::Launchd => launchd::install(wanted, &launchd::look(wanted)),
    }
}

/// What must be done so that it is no service any more. What it keeps stays.
///
/// # Errors
/// See [`PlanError`].
pub fn uninstall(manager: Manager, wanted: &Wanted) -> Result<Plan, PlanError> {
    let file = file(manager, wanted);
    if !file.exists() {
        return Err(PlanError::NotInstalled(wanted.role.name(), file));
    }
    Ok(match manager {
        Manager::Systemd => systemd::uninstall(wanted),
        Manager::Launchd => launchd::uninstall(wanted),
    })
}

/// The file by which the manager knows the service.
#[must_use]
pub fn file(manager: Manager, wanted: &Wanted) -> PathBuf {
    match manager {
        Manager::Systemd => systemd::file(wanted),
        Manager::Launchd => launchd::file(wanted),
    }
}

/// A path as text; one that would break a service's file is refused.
fn text(path: &Path) -> Result<&str, PlanError> {
    let text = path.to_str().filter(|text| !text.contains(char::is_control));
    text.ok_or_else(|| PlanError::Path(path.to_owned()))
}
