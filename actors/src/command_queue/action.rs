//! What a machine can be asked to do: typed, checked, and each with its class. Never a line for a
//! shell.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// How long an action may take that says nothing else. Reason: a service that restarts slowly.
const USUAL_TIMEOUT: Duration = Duration::from_secs(120);
/// The longest that a script may run.
pub const SCRIPT_TIMEOUT_S_MAX: u32 = 3_600;
/// Lines of a log's tail at most.
pub const TAIL_LINES_MAX: u32 = 5_000;
/// Arguments of a script at most.
pub const ARGUMENTS_MAX: usize = 64;
/// Bytes of all arguments together at most. Reason: they travel in each machine's envelope.
pub const ARGUMENTS_BYTES_MAX: usize = 8 * 1024;
/// Bytes of a name or a path at most.
const TEXT_BYTES_MAX: usize = 1_024;

/// What a machine is asked to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Action {
    /// Start the agent anew.
    RestartAgent,
    /// Report now.
    CollectReport,
    /// End a process. Agents of 2.0 know the number alone; all others check that it is still the same
    /// process.
    KillProcess {
        /// Its number.
        pid: u32,
        /// When it was started, seconds since 1970.
        start_time_s: Option<u64>,
        /// Its name.
        name: Option<String>,
    },
    /// Forget cached names.
    ClearDnsCache,
    /// Agree on another key with the server.
    RotateKey,
    /// Start a service anew.
    RestartService {
        /// As the service manager calls it.
        name: String,
    },
    /// The last lines of a log.
    CollectLogTail {
        /// The file; the machine's own policy must list it.
        path: String,
        /// How many lines.
        lines: u32,
    },
    /// Run a script of the library.
    RunScript(ScriptRun),
    /// Put another version of the agent in its place.
    UpgradeAgent {
        /// Which version.
        version: String,
    },
}

/// A run of a script.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScriptRun {
    /// Which script.
    pub script_id: String,
    /// Which version of it.
    pub version: u32,
    /// SHA-256 of that version.
    pub sha256: [u8; 32],
    /// Its arguments, one by one.
    pub argv: Vec<String>,
    /// Seconds after which it and all that it started is ended.
    pub timeout_s: u32,
}

/// What may go wrong when a command falls into wrong hands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum ActionClass {
    /// Costs a moment at worst: the server's signature is enough.
    Safe,
    /// Can do harm: a person signs it as well.
    Dangerous,
}

impl ActionClass {
    /// The name in the API.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Safe => "safe",
            Self::Dangerous => "dangerous",
        }
    }
}

/// An action can't be what it says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field} {rule}")]
pub struct ActionError {
    /// Which argument.
    pub field: &'static str,
    /// What it must be.
    pub rule: &'static str,
}

impl Action {
    /// The names of all actions.
    pub const NAMES: [&'static str; 9] = [
        "restart_agent",
        "collect_report",
        "kill_process",
        "clear_dns_cache",
        "rotate_key",
        "restart_service",
        "collect_log_tail",
        "run_script",
        "upgrade_agent",
    ];

    /// The name on the wire.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::RestartAgent => "restart_agent",
            Self::CollectReport => "collect_report",
            Self::KillProcess { .. } => "kill_process",
            Self::ClearDnsCache => "clear_dns_cache",
            Self::RotateKey => "rotate_key",
            Self::RestartService { .. } => "restart_service",
            Self::CollectLogTail { .. } => "collect_log_tail",
            Self::RunScript(_) => "run_script",
            Self::UpgradeAgent { .. } => "upgrade_agent",
        }
    }

    /// Its class.
    #[must_use]
    pub const fn class(&self) -> ActionClass {
        match self {
            Self::RestartAgent
            | Self::CollectReport
            | Self::ClearDnsCache
            | Self::RotateKey
            | Self::CollectLogTail { .. } => ActionClass::Safe,
            Self::KillProcess { .. }
            | Self::RestartService { .. }
            | Self::RunScript(_)
            | Self::UpgradeAgent { .. } => ActionClass::Dangerous,
        }
    }

    /// Whether agents of 2.0 know it, without a secret.
    #[must_use]
    pub const fn is_known_to_2_0(&self) -> bool {
        matches!(
            self,
            Self::RestartAgent | Self::KillProcess { .. } | Self::ClearDnsCache
        )
    }

    /// How long it may take on its machine.
    #[must_use]
    pub fn timeout(&self) -> Duration {
        match self {
            Self::RunScript(run) => Duration::from_secs(run.timeout_s.into()),
            _ => USUAL_TIMEOUT,
        }
    }

    /// Checks its arguments; the server does before it signs, and the machine before it acts.
    ///
    /// # Errors
    /// When one of them can't be what it says.
    pub fn check(&self) -> Result<(), ActionError> {
        let wrong = |field, rule| Err(ActionError { field, rule });
        match self {
            Self::KillProcess { pid, .. } if *pid <= 1 => wrong("pid", "must be a process number above 1"),
            Self::KillProcess { name: Some(name), .. } if !is_line(name) => {
                wrong("name", "must be the process's name, in one line")
            }
            Self::RestartService { name } if !is_service_name(name) => wrong(
                "name",
                "must be a service's name: letters, digits and @._:- only, and no dash in front",
            ),
            Self::CollectLogTail { path, .. } if !is_line(path) || !path.starts_with('/') => {
                wrong("path", "must be a whole path, from / on")
            }
            Self::CollectLogTail { lines, .. } if *lines == 0 || *lines > TAIL_LINES_MAX => {
                wrong("lines", "must be from 1 to 5,000")
            }
            Self::RunScript(run) => run.check(),
            Self::UpgradeAgent { version } if !is_line(version) => wrong("version", "must be a version"),
            _ => Ok(()),
        }
    }
}

impl ScriptRun {
    fn check(&self) -> Result<(), ActionError> {
        let wrong = |field, rule| Err(ActionError { field, rule });
        let bytes: usize = self.argv.iter().map(String::len).sum();
        if !is_script_id(&self.script_id) {
            return wrong(
                "script_id",
                "must be letters, digits and ._- only, at most 64 of them",
            );
        }
        if self.timeout_s == 0 || self.timeout_s > SCRIPT_TIMEOUT_S_MAX {
            return wrong("timeout_s", "must be from 1 to 3,600");
        }
        if self.argv.len() > ARGUMENTS_MAX || bytes > ARGUMENTS_BYTES_MAX {
            return wrong("argv", "must be at most 64 arguments and 8 KiB together");
        }
        if self.argv.iter().any(|argument| argument.contains('\0')) {
            return wrong("argv", "must not contain a zero character");
        }
        Ok(())
    }
}

/// Whether a text may name a script: it becomes part of paths and keys.
#[must_use]
pub fn is_script_id(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    !text.is_empty() && text.len() <= 64 && !text.starts_with(['.', '-']) && text.bytes().all(allowed)
}

fn is_service_name(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"@._:-".contains(&byte);
    !text.is_empty() && text.len() <= 128 && !text.starts_with('-') && text.bytes().all(allowed)
}

fn is_line(text: &str) -> bool {
    !text.is_empty() && text.len() <= TEXT_BYTES_MAX && !text.chars().any(char::is_control)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(argv: &[&str]) -> Action {
        Action::RunScript(ScriptRun {
            script_id: "tidy-up".into(),
            version: 1,
            sha256: [0; 32],
            argv: argv.iter().map(ToString::to_string).collect(),
            timeout_s: 60,
        })
    }

    #[test]
    fn takes_only_arguments_that_can_be_what_they_say() {
        let service = |name: &str| Action::RestartService { name: name.into() };
        let tail = |path: &str, lines| Action::CollectLogTail {
            path: path.into(),
            lines,
        };
        let kill = |pid| Action::KillProcess {
            pid,
            start_time_s: Some(1),
            name: Some("sleep".into()),
        };
        for good in [
            service("nginx"),
            service("com.apple.x"),
            tail("/var/log/a", 5),
            kill(2),
            run(&["a b", ";rm"]),
        ] {
            assert_eq!(good.check(), Ok(()), "{good:?}");
        }
        let long = "x".repeat(ARGUMENTS_BYTES_MAX + 1);
        for bad in [
            service("-H host"),
            service("a;b"),
            service(""),
            tail("log", 5),
            tail("/a\n", 5),
            tail("/a", 0),
            kill(1),
            run(&["a\0b"]),
            run(&[&long]),
        ] {
            assert!(bad.check().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn what_can_do_harm_is_dangerous() {
        assert_eq!(run(&[]).class(), ActionClass::Dangerous);
        assert_eq!(Action::RestartAgent.class(), ActionClass::Safe);
    }
}
