//! Services of systemd: the units in `systemd/`, as they are for the whole system, and with what an
//! ordinary user's manager can keep of them for one user.

use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};

use super::plan::{Failing, Plan, Step};
use super::{Level, PROGRAM, PlanError, Role, Wanted, text};

const SERVER_UNIT: &str = include_str!("../../systemd/atlas-server.service");
const AGENT_UNIT: &str = include_str!("../../systemd/atlas-agent.service");

/// What one user's manager can't keep: it has no rights to give up, and no users or system folders to
/// give. Everything else of a unit stays.
const NOT_FOR_ONE_USER: [&str; 17] = [
    "After",
    "CapabilityBoundingSet",
    "LimitNOFILE",
    "PrivateDevices",
    "PrivateTmp",
    "ProtectClock",
    "ProtectControlGroups",
    "ProtectHome",
    "ProtectHostname",
    "ProtectKernelLogs",
    "ProtectKernelModules",
    "ProtectKernelTunables",
    "ProtectSystem",
    "StateDirectory",
    "StateDirectoryMode",
    "User",
    "Wants",
];

/// What is there already.
#[derive(Clone, Debug, Default)]
pub struct Found {
    /// Whether the service's own user is there.
    pub has_user: bool,
    /// Whether the program is where a service of the system has it.
    pub is_in_place: bool,
    /// The enrolment of this machine that the service goes on with.
    pub enrolment: Option<PathBuf>,
    /// Whether the service has an enrolment already, or needs none.
    pub is_enrolled: bool,
    /// The other level's unit.
    pub other_level: Option<PathBuf>,
}

/// The name of a role's unit.
#[must_use]
pub const fn unit_name(role: Role) -> &'static str {
    match role {
        Role::Server => "atlas-server.service",
        Role::Agent => "atlas-agent.service",
    }
}

/// The name of a role's own user, and of its folder in /var/lib.
const fn own_user(role: Role) -> &'static str {
    match role {
        Role::Server => "atlas-server",
        Role::Agent => "atlas-agent",
    }
}

/// Where a service of the whole system keeps its data.
const fn state_folder(role: Role) -> &'static str {
    match role {
        Role::Server => "/var/lib/atlas-server",
        Role::Agent => "/var/lib/atlas-agent",
    }
}

/// The unit's file.
#[must_use]
pub fn file(wanted: &Wanted) -> PathBuf {
    file_of(wanted, wanted.level)
}

fn file_of(wanted: &Wanted, level: Level) -> PathBuf {
    let folder = match level {
        Level::System => PathBuf::from("/etc/systemd/system"),
        Level::User => wanted.home.join(".config/systemd/user"),
    };
    folder.join(unit_name(wanted.role))
}

/// Who the agent is, in a data folder.
const IDENTITY: &str = "agent/identity.json";

/// Where the service will keep its data.
fn data_folder(wanted: &Wanted) -> PathBuf {
    match wanted.level {
        Level::System => PathBuf::from(state_folder(wanted.role)),
        Level::User => users_data_folder(wanted),
    }
}

/// Where the user who asks keeps data.
fn users_data_folder(wanted: &Wanted) -> PathBuf {
    let named = wanted.data_dir.clone();
    named.unwrap_or_else(|| wanted.home.join(".fleet_monitoring/data"))
}

/// Looks at what is there already.
///
/// # Errors
/// When an agent uses the enrolment that should be taken over.
pub fn look(wanted: &Wanted) -> Result<Found, PlanError> {
    let users = fs::read_to_string("/etc/passwd").unwrap_or_default();
    let own = format!("{}:", own_user(wanted.role));
    let other = file_of(
        wanted,
        match wanted.level {
            Level::System => Level::User,
            Level::User => Level::System,
        },
    );
    let same = |a: &Path, b: &Path| fs::canonicalize(a).ok().zip(fs::canonicalize(b).ok());
    Ok(Found {
        has_user: users.lines().any(|line| line.starts_with(&own)),
        is_in_place: same(&wanted.program, Path::new(PROGRAM)).is_some_and(|(a, b)| a == b),
        enrolment: match (wanted.role, wanted.level) {
            (Role::Agent, Level::System) => enrolment_to_take(wanted)?,
            _ => None,
        },
        is_enrolled: wanted.role == Role::Server || data_folder(wanted).join(IDENTITY).exists(),
        other_level: other.exists().then_some(other),
    })
}

/// The enrolment of the user who asks, when the service has none. One beside a server's store is the
/// server's own agent and stays.
fn enrolment_to_take(wanted: &Wanted) -> Result<Option<PathBuf>, PlanError> {
    let folder = users_data_folder(wanted);
    let agent = folder.join("agent");
    let has_own = data_folder(wanted).join(IDENTITY).exists();
    if has_own || !folder.join(IDENTITY).exists() || folder.join("store").exists() {
        return Ok(None);
    }
    let lock = File::open(agent.join("spool/lock")).ok();
    match lock.map(|lock| lock.try_lock()) {
        Some(Err(TryLockError::WouldBlock)) => Err(PlanError::AgentRuns(agent)),
        _ => Ok(Some(agent)),
    }
}

/// What must be done.
///
/// # Errors
/// See [`PlanError`].
pub fn install(wanted: &Wanted, found: &Found) -> Result<Plan, PlanError> {
    if let Some(path) = &found.other_level {
        return Err(PlanError::OtherLevel {
            role: wanted.role.name(),
            flag: match wanted.level {
                Level::System => Level::User.flag(),
                Level::User => Level::System.flag(),
            },
            path: path.clone(),
        });
    }
    let mut plan = Plan::default();
    if wanted.level == Level::System {
        prepare_system(wanted, found, &mut plan)?;
    } else if let Some(folder) = file(wanted).parent() {
        plan.steps.push(Step::Folder {
            path: folder.to_owned(),
            mode: 0o755,
        });
    }
    plan.steps.push(Step::Write {
        path: file(wanted),
        content: unit(wanted)?,
        mode: 0o644,
    });
    let unit = unit_name(wanted.role);
    plan.steps.push(systemctl(wanted, &["daemon-reload"]));
    plan.steps.push(systemctl(wanted, &["enable", unit]));
    plan.steps.push(systemctl(wanted, &["restart", unit]));
    plan.notes.extend(notes(wanted, found));
    Ok(plan)
}

fn prepare_system(wanted: &Wanted, found: &Found, plan: &mut Plan) -> Result<(), PlanError> {
    let state = state_folder(wanted.role);
    if wanted.data_dir.is_some() && found.enrolment.is_none() {
        return Err(PlanError::DataDir(state));
    }
    if !found.is_in_place {
        plan.steps.push(Step::Copy {
            from: wanted.program.clone(),
            to: PathBuf::from(PROGRAM),
        });
    }
    let user = wanted.run_as.as_deref().unwrap_or(own_user(wanted.role));
    if wanted.run_as.is_none() && !found.has_user {
        plan.steps.push(Step::run(&[
            "useradd",
            "--system",
            "--user-group",
            "--home-dir",
            state,
            "--no-create-home",
            "--shell",
            "/usr/sbin/nologin",
            user,
        ]));
    }
    if let Some(enrolment) = &found.enrolment {
        plan.steps.push(Step::Folder {
            path: PathBuf::from(state),
            mode: 0o700,
        });
        plan.steps.push(Step::run(&[
            "mv",
            "-T",
            text(enrolment)?,
            &format!("{state}/agent"),
        ]));
        plan.steps
            .push(Step::run(&["chown", "-R", &format!("{user}:"), state]));
    }
    Ok(())
}

/// The unit's text.
fn unit(wanted: &Wanted) -> Result<String, PlanError> {
    let shipped = match wanted.role {
        Role::Server => SERVER_UNIT,
        Role::Agent => AGENT_UNIT,
    };
    let start = format!("ExecStart={}", command_line(wanted)?);
    let mut lines: Vec<String> = Vec::new();
    for line in shipped.lines() {
        let key = line.split_once('=').map_or("", |(key, _)| key);
        let is_comment = line.starts_with('#') && !lines.is_empty();
        let is_left_out = wanted.level == Level::User && (is_comment || NOT_FOR_ONE_USER.contains(&key));
        if is_left_out || (line.is_empty() && lines.last().is_some_and(String::is_empty)) {
            continue;
        }
        lines.push(match (key, wanted.level, &wanted.run_as) {
            ("ExecStart", ..) => start.clone(),
            ("User", _, Some(user)) => format!("User={user}"),
            ("EnvironmentFile", Level::User, _) => line.replace("/etc/atlas/", "%h/.config/atlas/"),
            ("WantedBy", Level::User, _) => "WantedBy=default.target".to_owned(),
            _ => line.to_owned(),
        });
    }
    lines.push(String::new());
    Ok(lines.join("\n"))
}

/// How the program is started.
fn command_line(wanted: &Wanted) -> Result<String, PlanError> {
    let (program, data_dir) = match wanted.level {
        Level::System => (Path::new(PROGRAM), Some(Path::new(state_folder(wanted.role)))),
        Level::User => (wanted.program.as_path(), wanted.data_dir.as_deref()),
    };
    let mut words = vec![quoted(program)?, wanted.role.name().to_owned()];
    for (flag, path) in [("--data-dir", data_dir), ("--config", wanted.config.as_deref())] {
        if let Some(path) = path {
            words.extend([flag.to_owned(), quoted(path)?]);
        }
    }
    Ok(words.join(" "))
}

/// A word of a command line as systemd reads it: `%` and `$` mean something to it, and spaces.
fn quoted(path: &Path) -> Result<String, PlanError> {
    let word = text(path)?
        .replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('%', "%%")
        .replace('$', "$$");
    let is_plain = word
        .chars()
        .all(|c| c.is_ascii_alphanumeric() || "/._-+%$".contains(c));
    Ok(if is_plain { word } else { format!("\"{word}\"") })
}

fn systemctl(wanted: &Wanted, arguments: &[&str]) -> Step {
    Step::run(&systemctl_words(wanted.level, arguments))
}

/// The words of a call of systemctl.
#[must_use]
pub fn systemctl_words<'a>(level: Level, arguments: &[&'a str]) -> Vec<&'a str> {
    let mut words = vec!["systemctl"];
    if level == Level::User {
        words.push("--user");
    }
    words.extend(arguments);
    words
}

fn notes(wanted: &Wanted, found: &Found) -> Vec<String> {
    let mut notes = Vec::new();
    if !found.is_enrolled && found.enrolment.is_none() {
        let how = match wanted.level {
            Level::System => {
                "sudo -u atlas-agent atlas agent enroll URL --token TOKEN --data-dir /var/lib/atlas-agent"
            }
            Level::User => "atlas agent enroll URL --token TOKEN",
        };
        notes.push(format!(
            "This machine is not enrolled yet, and the service waits for it: {how}"
        ));
    }
    if wanted.level == Level::User {
        notes.push(
            "It runs while you are logged in; `loginctl enable-linger` lets it run from the machine's start on."
                .to_owned(),
        );
        notes.push(format!(
            "It starts {}: leave the program there.",
            wanted.program.display()
        ));
    }
    let user = match wanted.level {
        Level::System => "",
        Level::User => "--user ",
    };
    notes.push(format!("Its log: journalctl {user}-u {}", unit_name(wanted.role)));
    notes
}

/// What must be done so that it is no service any more.
#[must_use]
pub fn uninstall(wanted: &Wanted) -> Plan {
    let unit = unit_name(wanted.role);
    let words = systemctl_words(wanted.level, &["disable", "--now", unit]);
    let kept = match wanted.level {
        Level::System => state_folder(wanted.role).to_owned(),
        Level::User => "the data folder".to_owned(),
    };
    Plan {
        steps: vec![
            // A unit that was never loaded has nothing to stop.
            Step::command(&words, Failing::IsFine),
            Step::Remove { path: file(wanted) },
            systemctl(wanted, &["daemon-reload"]),
        ],
        notes: vec![format!("What it kept stays in {kept}.")],
    }
}

#[cfg(test)]
mod tests;
