//! How a service is: read from what systemctl and launchctl say.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use super::{Manager, Wanted, file, launchd, systemd};

/// What systemctl is asked for.
const PROPERTIES: &str =
    "--property=LoadState,ActiveState,SubState,MainPID,ExecMainStatus,ActiveEnterTimestamp,NRestarts";

/// How an installed service is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ServiceState {
    /// Whether it runs now.
    pub is_running: bool,
    /// The manager's own word for it.
    pub word: String,
    /// Its process.
    pub pid: Option<u32>,
    /// The status with which it ended last.
    pub last_status: Option<i32>,
    /// Since when it runs, as the manager writes it.
    pub since: Option<String>,
    /// How often the manager has started it again.
    pub restarts: Option<u32>,
}

/// A service's file and its state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Installed {
    /// The file by which the manager knows it.
    pub file: PathBuf,
    /// How it is; nothing when the manager does not say.
    pub state: Result<ServiceState, String>,
}

/// Looks at a service; nothing when it is not installed.
#[must_use]
pub fn look(manager: Manager, wanted: &Wanted) -> Option<Installed> {
    let file = file(manager, wanted);
    file.exists().then(|| Installed {
        file,
        state: ask(manager, wanted),
    })
}

fn ask(manager: Manager, wanted: &Wanted) -> Result<ServiceState, String> {
    match manager {
        Manager::Systemd => {
            let unit = systemd::unit_name(wanted.role);
            let words = systemd::systemctl_words(wanted.level, &["show", PROPERTIES, unit]);
            Ok(parse_systemctl(&said(&words)?))
        }
        Manager::Launchd => {
            let target = launchd::target(wanted, launchd::label(wanted.role));
            // Not loaded is a state, and launchctl calls it an error.
            Ok(said(&["launchctl", "print", &target]).map_or_else(not_loaded, |said| parse_launchctl(&said)))
        }
    }
}

fn not_loaded(word: String) -> ServiceState {
    ServiceState {
        word,
        ..ServiceState::default()
    }
}

/// What a command says; its last line of complaint when it fails.
fn said(words: &[&str]) -> Result<String, String> {
    let (program, arguments) = words.split_first().ok_or_else(String::new)?;
    let output = Command::new(program)
        .args(arguments)
        .env("LC_ALL", "C")
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("{program} can't be started: {error}"))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
    let last = complaint.lines().map(str::trim).rfind(|line| !line.is_empty());
    Err(last.map_or_else(|| output.status.to_string(), ToOwned::to_owned))
}

/// Reads `systemctl show`: a `Key=value` a line.
fn parse_systemctl(said: &str) -> ServiceState {
    let value = |key: &str| {
        let mut values = said.lines().filter_map(|line| line.split_once('='));
        values
            .find(|(name, _)| *name == key)
            .map_or("", |(_, value)| value.trim())
    };
    let (active, sub) = (value("ActiveState"), value("SubState"));
    let is_running = active == "active";
    let word = match value("LoadState") {
        "loaded" => format!("{active} ({sub})"),
        other => other.to_owned(),
    };
    let since = value("ActiveEnterTimestamp");
    ServiceState {
        is_running,
        word,
        pid: value("MainPID").parse().ok().filter(|pid| *pid != 0),
        last_status: value("ExecMainStatus").parse().ok().filter(|_| !is_running),
        since: (is_running && !since.is_empty()).then(|| since.to_owned()),
        restarts: value("NRestarts").parse().ok(),
    }
}

/// Reads `launchctl print`: `key = value` lines, of which Apple promises nothing. The first of each
/// name is the service's own.
fn parse_launchctl(said: &str) -> ServiceState {
    let value = |key: &str| {
        let mut values = said.lines().filter_map(|line| line.trim().split_once(" = "));
        values
            .find(|(name, _)| *name == key)
            .map(|(_, value)| value.trim())
    };
    let word = value("state").unwrap_or("unknown").to_owned();
    ServiceState {
        is_running: word == "running",
        word,
        pid: value("pid").and_then(|pid| pid.parse().ok()),
        last_status: value("last exit code").and_then(|status| status.split(':').next()?.parse().ok()),
        since: None,
        restarts: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_systemctl_shows() {
        let running = "MainPID=812\nNRestarts=2\nExecMainStatus=0\nLoadState=loaded\nActiveState=active\n\
                       SubState=running\nActiveEnterTimestamp=Wed 2026-11-25 18:00:00 UTC\n";
        let state = parse_systemctl(running);
        assert!(state.is_running && state.word == "active (running)");
        assert_eq!(
            (state.pid, state.restarts, state.last_status),
            (Some(812), Some(2), None)
        );
        assert_eq!(state.since.as_deref(), Some("Wed 2026-11-25 18:00:00 UTC"));
        let failed = parse_systemctl(
            "MainPID=0\nExecMainStatus=77\nLoadState=loaded\nActiveState=failed\nSubState=failed",
        );
        assert_eq!(
            (failed.is_running, failed.last_status, failed.pid),
            (false, Some(77), None)
        );
        assert_eq!(parse_systemctl("LoadState=not-found").word, "not-found");
        assert_eq!(parse_systemctl("").word, "");
    }

    #[test]
    fn reads_what_launchctl_prints_and_survives_what_it_does_not_know() {
        let printed = "gui/501/com.atlas.fleet.agent = {\n\tactive count = 1\n\tstate = running\n\n\tpid = 4711\n\
                       \tlast exit code = (never exited)\n\tendpoints = {\n\t\tstate = active\n\t}\n}\n";
        let state = parse_launchctl(printed);
        assert!(state.is_running);
        assert_eq!((state.pid, state.last_status), (Some(4711), None));
        let ended = parse_launchctl("\tstate = not running\n\tlast exit code = 78: EX_CONFIG\n");
        assert_eq!((ended.is_running, ended.last_status), (false, Some(78)));
        assert_eq!(parse_launchctl("Usage: …").word, "unknown");
    }
}
