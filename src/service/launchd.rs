//! Services of launchd: the property lists in `launchd/`, with this machine's paths in them. Finds the
//! services of ATLAS 1.x and 2.0 and puts these in their place. Never run on a Mac so far.

use std::fs;
use std::path::{Path, PathBuf};

use super::plan::{Failing, Plan, Step};
use super::{Level, PROGRAM, PlanError, Role, Wanted, text};

const SERVER_PLIST: &str = include_str!("../../launchd/com.atlas.fleet.server.plist");
const AGENT_PLIST: &str = include_str!("../../launchd/com.atlas.fleet.agent.plist");

/// The log's place in the shipped property lists, where launchd can write on any Mac.
const SHIPPED_LOGS: &str = "/Users/Shared/";

/// Where launchd looks for services that the user who asks can't change.
const SYSTEM_FOLDERS: [&str; 2] = ["/Library/LaunchDaemons", "/Library/LaunchAgents"];

/// What is there already.
#[derive(Clone, Debug, Default)]
pub struct Found {
    /// Services of 2.0 that the user who asks can replace.
    pub old: Vec<PathBuf>,
    /// Services of 2.0 for the whole system, when an ordinary user asks.
    pub old_of_system: Option<PathBuf>,
    /// What the service's file holds now.
    pub present: Option<String>,
    /// The other level's file.
    pub other_level: Option<PathBuf>,
    /// Whether the program is where a service of the system has it.
    pub is_in_place: bool,
}

/// The label by which launchd knows a role.
#[must_use]
pub const fn label(role: Role) -> &'static str {
    match role {
        Role::Server => "com.atlas.fleet.server",
        Role::Agent => "com.atlas.fleet.agent",
    }
}

/// The labels that 2.0 gave to what does the role's work there.
const fn old_labels(role: Role) -> &'static [&'static str] {
    match role {
        Role::Server => &["com.atlas.fleetserver"],
        Role::Agent => &["com.atlas.agent.core", "com.atlas.menubar"],
    }
}

/// Where the log goes: 2.0's places.
fn log_file(wanted: &Wanted) -> PathBuf {
    match (wanted.level, wanted.role) {
        (Level::User, Role::Server) => wanted.home.join("Library/Logs/fleet_server.log"),
        (Level::User, Role::Agent) => wanted.home.join("Library/Logs/fleet_agent.log"),
        (Level::System, Role::Server) => PathBuf::from("/var/log/atlas-fleetserver.log"),
        (Level::System, Role::Agent) => PathBuf::from("/var/log/atlas-agent.log"),
    }
}

fn folder(wanted: &Wanted, level: Level) -> PathBuf {
    match level {
        Level::System => PathBuf::from("/Library/LaunchDaemons"),
        Level::User => wanted.home.join("Library/LaunchAgents"),
    }
}

/// The property list's file.
#[must_use]
pub fn file(wanted: &Wanted) -> PathBuf {
    folder(wanted, wanted.level).join(format!("{}.plist", label(wanted.role)))
}

/// Under which name launchd has a service.
#[must_use]
pub fn target(wanted: &Wanted, label: &str) -> String {
    format!("{}/{label}", domain(wanted))
}

fn domain(wanted: &Wanted) -> String {
    match wanted.level {
        Level::System => "system".to_owned(),
        Level::User => format!("gui/{}", wanted.uid),
    }
}

/// Looks at what is there already.
#[must_use]
pub fn look(wanted: &Wanted) -> Found {
    let old_in = |folder: PathBuf| {
        let files = old_labels(wanted.role)
            .iter()
            .map(move |label| folder.join(format!("{label}.plist")));
        files.filter(|file| file.exists())
    };
    let mut old: Vec<_> = old_in(folder(wanted, Level::User)).collect();
    let mut of_system: Vec<_> = SYSTEM_FOLDERS
        .into_iter()
        .flat_map(|folder| old_in(PathBuf::from(folder)))
        .collect();
    if wanted.level == Level::System {
        old.append(&mut of_system);
    }
    let other = match wanted.level {
        Level::System => Level::User,
        Level::User => Level::System,
    };
    let other = folder(wanted, other).join(format!("{}.plist", label(wanted.role)));
    let same = fs::canonicalize(&wanted.program)
        .ok()
        .zip(fs::canonicalize(PROGRAM).ok());
    Found {
        old,
        old_of_system: of_system.into_iter().next(),
        present: fs::read_to_string(file(wanted)).ok(),
        other_level: other.exists().then_some(other),
        is_in_place: same.is_some_and(|(a, b)| a == b),
    }
}

/// What must be done.
///
/// # Errors
/// See [`PlanError`].
pub fn install(wanted: &Wanted, found: &Found) -> Result<Plan, PlanError> {
    let role = wanted.role.name();
    if let Some(path) = found.old_of_system.clone() {
        return Err(PlanError::OldOfSystem { role, path });
    }
    if let Some(path) = found.other_level.clone() {
        let flag = match wanted.level {
            Level::System => Level::User.flag(),
            Level::User => Level::System.flag(),
        };
        return Err(PlanError::OtherLevel { role, flag, path });
    }
    let content = property_list(wanted)?;
    let mut plan = Plan::default();
    plan.steps
        .extend(found.old.iter().flat_map(|old| replace_old(wanted, old)));
    if let Some(present) = &found.present {
        let stop = ["launchctl", "bootout", &target(wanted, label(wanted.role))];
        plan.steps.push(Step::command(&stop, Failing::IsFine));
        if *present != content {
            plan.steps.push(set_aside(&file(wanted)));
        }
    }
    prepare(wanted, found, &mut plan)?;
    let path = file(wanted);
    let shown = text(&path)?.to_owned();
    plan.steps.push(Step::Write {
        path,
        content,
        mode: 0o644,
    });
    let (domain, target) = (domain(wanted), target(wanted, label(wanted.role)));
    plan.steps.push(Step::run(&["launchctl", "enable", &target]));
    plan.steps.push(Step::command(
        &["launchctl", "bootstrap", &domain, &shown],
        Failing::IsTriedAgain,
    ));
    plan.steps.push(Step::run(&["launchctl", "kickstart", &target]));
    plan.notes
        .push(format!("Its log: {}", log_file(wanted).display()));
    if wanted.level == Level::User {
        plan.notes.push(
            "It runs while you are logged in; with sudo and --system it runs from the Mac's start on."
                .to_owned(),
        );
    }
    Ok(plan)
}

/// The folders, the log and the program.
fn prepare(wanted: &Wanted, found: &Found, plan: &mut Plan) -> Result<(), PlanError> {
    let log = log_file(wanted);
    for path in [file(wanted).parent(), log.parent()].into_iter().flatten() {
        plan.steps.push(Step::Folder {
            path: path.to_owned(),
            mode: 0o755,
        });
    }
    // The first start of a server writes a password into it.
    plan.steps.push(Step::Touch {
        path: log.clone(),
        mode: 0o600,
    });
    if wanted.level == Level::User {
        return Ok(());
    }
    let user = wanted.run_as.as_deref().ok_or(PlanError::NoUser)?;
    plan.steps.push(Step::run(&["chown", user, text(&log)?]));
    if !found.is_in_place {
        plan.steps.push(Step::Folder {
            path: PathBuf::from("/usr/local/bin"),
            mode: 0o755,
        });
        plan.steps.push(Step::Copy {
            from: wanted.program.clone(),
            to: PathBuf::from(PROGRAM),
        });
    }
    Ok(())
}

/// Stops a service of 2.0 and puts its file aside, where launchd does not look for it.
fn replace_old(wanted: &Wanted, old: &Path) -> [Step; 2] {
    let label = old.file_stem().unwrap_or_default().to_string_lossy();
    let is_daemon = old.starts_with(SYSTEM_FOLDERS[0]);
    let target = if is_daemon {
        format!("system/{label}")
    } else {
        format!("gui/{}/{label}", wanted.uid)
    };
    [
        Step::command(&["launchctl", "bootout", &target], Failing::IsFine),
        set_aside(old),
    ]
}

fn set_aside(file: &Path) -> Step {
    let mut to = file.as_os_str().to_owned();
    to.push(".replaced");
    Step::Rename {
        from: file.to_owned(),
        to: PathBuf::from(to),
    }
}

/// The property list's text.
fn property_list(wanted: &Wanted) -> Result<String, PlanError> {
    let shipped = match wanted.role {
        Role::Server => SERVER_PLIST,
        Role::Agent => AGENT_PLIST,
    };
    let program = match wanted.level {
        Level::System => Path::new(PROGRAM),
        Level::User => &wanted.program,
    };
    let role = format!("    <string>{}</string>\n", wanted.role.name());
    let mut arguments = role.clone();
    for (flag, path) in [("--data-dir", &wanted.data_dir), ("--config", &wanted.config)] {
        if let Some(path) = path {
            let path = escaped(text(path)?);
            arguments.push_str(&format!(
                "    <string>{flag}</string>\n    <string>{path}</string>\n"
            ));
        }
    }
    let shipped_log = format!("{SHIPPED_LOGS}fleet_{}.log", wanted.role.name());
    let list = shipped
        .replace(
            &format!("<string>{PROGRAM}</string>"),
            &format!("<string>{}</string>", escaped(text(program)?)),
        )
        .replace(&role, &arguments)
        .replace(&shipped_log, &escaped(text(&log_file(wanted))?));
    Ok(match (wanted.level, &wanted.run_as) {
        (Level::System, Some(user)) => {
            let before = "  <key>RunAtLoad</key>\n";
            let user = format!(
                "  <key>UserName</key>\n  <string>{}</string>\n{before}",
                escaped(user)
            );
            list.replacen(before, &user, 1)
        }
        _ => list,
    })
}

/// A text as XML has it.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

/// What must be done so that it is no service any more.
#[must_use]
pub fn uninstall(wanted: &Wanted) -> Plan {
    let target = target(wanted, label(wanted.role));
    Plan {
        steps: vec![
            Step::command(&["launchctl", "bootout", &target], Failing::IsFine),
            Step::Remove { path: file(wanted) },
        ],
        notes: vec!["What it kept stays in the data folder.".to_owned()],
    }
}

#[cfg(test)]
mod tests;
