//! Owns what this machine lets its server do. The policy is a file that only the machine's root or the
//! agent's own user can write; without one the agent only monitors. The server is told of it and can't
//! loosen it.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use atlas_actors::command_queue::action::Action;
use serde::Deserialize;

use crate::wire::hex_id::HexId;
use crate::wire::keyed_hash::sha256;
use crate::wire::operator_key::OperatorPublicKey;
use crate::wire::policy_summary::PolicySummaryV1;

/// Where the machine's root puts it.
pub const SYSTEM_FILE: &str = "/etc/atlas/policy.yaml";
/// What it is called in the agent's own folder.
pub const FILE: &str = "policy.yaml";
/// A policy is a page of text.
const FILE_BYTES_MAX: u64 = 64 * 1024;

/// What a machine lets its server do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    rules: Rules,
    rev: String,
    problem: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Rules {
    /// Only what can do no harm: start the agent anew, report now, agree on another key.
    monitor_only: bool,
    /// Further actions, by their names.
    allow: Vec<String>,
    /// Services that may be started anew.
    services: Vec<String>,
    /// Logs whose ends may be read.
    logs: Vec<String>,
    /// Scripts that may be run, by their SHA-256; none listed = any that is signed.
    scripts: Vec<HexId<32>>,
    /// Operators whose signatures count here, beside those pinned at enrolment.
    operators: Vec<OperatorPublicKey>,
    /// How many operators must sign what is dangerous.
    signatures: usize,
    /// As whom scripts run; as the agent itself unless said.
    run_as: Option<RunAs>,
}

/// A user and a group of this machine, by their numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunAs {
    /// The user.
    pub uid: u32,
    /// The group.
    pub gid: u32,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            monitor_only: true,
            allow: Vec::new(),
            services: Vec::new(),
            logs: Vec::new(),
            scripts: Vec::new(),
            operators: Vec::new(),
            signatures: 1,
            run_as: None,
        }
    }
}

impl Default for Policy {
    fn default() -> Self {
        Self::new(Rules::default(), b"")
    }
}

/// Actions that no policy need allow: they touch nothing but the agent.
const ALWAYS: [&str; 3] = ["restart_agent", "collect_report", "rotate_key"];
/// Actions that are allowed by their name alone.
const BY_NAME: [&str; 4] = ["kill_process", "clear_dns_cache", "run_script", "upgrade_agent"];

impl Policy {
    fn new(rules: Rules, file: &[u8]) -> Self {
        let rev = HexId::<32>::new(sha256(file)).to_string();
        Self {
            rules,
            rev: rev[..16].to_owned(),
            problem: None,
        }
    }

    /// The policy of this machine: that of its root, else the one in the agent's folder, else the one
    /// that only monitors. A file that can't be trusted is not followed, and that is told.
    #[must_use]
    pub fn load(agent_folder: &Path) -> Self {
        let files = [PathBuf::from(SYSTEM_FILE), agent_folder.join(FILE)];
        // A file that is there and can't be looked at is no reason to follow another one.
        let is_there = |file: &&PathBuf| !matches!(file.symlink_metadata(), Err(error) if error.kind() == std::io::ErrorKind::NotFound);
        let Some(file) = files.iter().find(is_there) else {
            return Self::default();
        };
        match read(file).and_then(|text| Self::parse(&text)) {
            Ok(policy) => policy,
            Err(problem) => Self {
                problem: Some(format!("{}: {problem}", file.display())),
                ..Self::default()
            },
        }
    }

    /// Reads a policy's text.
    ///
    /// # Errors
    /// Why it is none, in words.
    pub fn parse(text: &str) -> Result<Self, String> {
        let rules: Rules = serde_yaml::from_str(text).map_err(|error| error.to_string())?;
        if let Some(unknown) = rules.allow.iter().find(|name| !BY_NAME.contains(&name.as_str())) {
            return Err(format!(
                "allow can't list {unknown:?}: it takes {}; services and logs list what may be touched of those",
                BY_NAME.join(", ")
            ));
        }
        if rules.signatures == 0 || rules.signatures > 4 {
            return Err("signatures must be from 1 to 4".to_owned());
        }
        Ok(Self::new(rules, text.as_bytes()))
    }

    /// Whether it allows an action.
    #[must_use]
    pub fn allows(&self, action: &Action) -> bool {
        let rules = &self.rules;
        if ALWAYS.contains(&action.name()) {
            return true;
        }
        if rules.monitor_only {
            return false;
        }
        let is_named = rules.allow.iter().any(|name| name == action.name());
        match action {
            Action::RestartService { name } => rules.services.contains(name),
            Action::CollectLogTail { path, .. } => rules.logs.contains(path),
            Action::RunScript(run) => {
                let hash = HexId::new(run.sha256);
                is_named && (rules.scripts.is_empty() || rules.scripts.contains(&hash))
            }
            _ => is_named,
        }
    }

    /// The operators that it lists.
    #[must_use]
    pub fn operators(&self) -> &[OperatorPublicKey] {
        &self.rules.operators
    }

    /// How many operators must sign what is dangerous.
    #[must_use]
    pub const fn signatures(&self) -> usize {
        self.rules.signatures
    }

    /// As whom scripts run.
    #[must_use]
    pub const fn run_as(&self) -> Option<RunAs> {
        self.rules.run_as
    }

    /// The policy in short, for the report; `pinned` is how many operators were pinned at enrolment.
    #[must_use]
    pub fn summary(&self, pinned: usize) -> PolicySummaryV1 {
        let rules = &self.rules;
        let mut allows: Vec<_> = ALWAYS.map(ToOwned::to_owned).to_vec();
        if !rules.monitor_only {
            allows.extend(rules.allow.iter().cloned());
            allows.extend(
                rules
                    .services
                    .iter()
                    .map(|name| format!("restart_service:{name}")),
            );
            allows.extend(rules.logs.iter().map(|path| format!("collect_log_tail:{path}")));
        }
        PolicySummaryV1 {
            rev: self.rev.clone(),
            monitor_only: rules.monitor_only,
            allows,
            operators: rules.operators.len() + pinned,
            signatures: rules.signatures,
            problem: self.problem.clone(),
        }
    }
}

/// The text of a file that nobody but root and the agent's own user can change.
fn read(path: &Path) -> Result<String, String> {
    let folder = path.parent().unwrap_or(path);
    check_owner(
        &folder.metadata().map_err(|error| error.to_string())?,
        "its folder",
    )?;
    let mut options = File::options();
    options.read(true);
    // A link could point to a file that somebody else writes.
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, rustix::fs::OFlags::NOFOLLOW.bits() as i32);
    let file = options
        .open(path)
        .map_err(|error| format!("it can't be read ({error})"))?;
    let metadata = file.metadata().map_err(|error| error.to_string())?;
    if !metadata.is_file() || metadata.len() > FILE_BYTES_MAX {
        return Err("it is no file of a few pages".to_owned());
    }
    check_owner(&metadata, "it")?;
    let mut text = String::new();
    file.take(FILE_BYTES_MAX)
        .read_to_string(&mut text)
        .map_err(|error| error.to_string())?;
    Ok(text)
}

#[cfg(unix)]
fn check_owner(metadata: &std::fs::Metadata, what: &str) -> Result<(), String> {
    use std::os::unix::fs::MetadataExt;
    let own = rustix::process::geteuid().as_raw();
    if metadata.uid() != 0 && metadata.uid() != own {
        return Err(format!("{what} must belong to root or to the agent's own user"));
    }
    if metadata.mode() & 0o022 != 0 {
        return Err(format!("{what} must not be writable for others: chmod go-w"));
    }
    Ok(())
}

#[cfg(not(unix))]
fn check_owner(_: &std::fs::Metadata, _: &str) -> Result<(), String> {
    Err("owners can't be checked on this system, so no policy is followed".to_owned())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use atlas_actors::command_queue::action::ScriptRun;

    use super::*;

    fn script(byte: u8) -> Action {
        Action::RunScript(ScriptRun {
            script_id: "s".into(),
            version: 1,
            sha256: [byte; 32],
            argv: Vec::new(),
            timeout_s: 1,
        })
    }

    fn service(name: &str) -> Action {
        Action::RestartService { name: name.into() }
    }

    #[test]
    fn without_a_file_it_only_monitors() {
        let folder = tempfile::tempdir().unwrap();
        let policy = Policy::load(folder.path());
        assert!(policy.allows(&Action::RestartAgent) && policy.allows(&Action::CollectReport));
        for action in [script(1), service("nginx"), Action::ClearDnsCache] {
            assert!(!policy.allows(&action), "{action:?}");
        }
        assert!(policy.summary(0).monitor_only);
    }

    #[test]
    fn allows_what_it_lists_and_nothing_beside() {
        let hash = "07".repeat(32);
        let text =
            format!("monitor_only: false\nallow: [run_script]\nservices: [nginx]\nscripts: [\"{hash}\"]\n");
        let policy = Policy::parse(&text).unwrap();
        assert!(policy.allows(&script(7)) && policy.allows(&service("nginx")));
        assert!(!policy.allows(&script(8)) && !policy.allows(&service("sshd")));
        let strict = Policy::parse(&text.replace("false", "true")).unwrap();
        assert!(!strict.allows(&script(7)));
        assert_ne!(policy.summary(0).rev, strict.summary(0).rev);
    }

    #[test]
    fn a_text_with_a_word_that_is_none_is_not_followed() {
        for text in [
            "alow: []",
            "allow: [shell]",
            "allow: [restart_service]",
            "signatures: 0",
            "- a",
        ] {
            assert!(Policy::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_file_that_others_can_write_is_not_followed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(FILE);
        std::fs::write(&path, "monitor_only: false\nallow: [run_script]\n").unwrap();
        let mode = |mode| std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        mode(0o600);
        assert!(Policy::load(folder.path()).allows(&script(1)));
        for open in [0o620, 0o602, 0o666] {
            mode(open);
            let policy = Policy::load(folder.path());
            assert!(!policy.allows(&script(1)), "{open:o}");
            assert!(policy.summary(0).problem.is_some());
        }
        mode(0o600);
        let link = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink(&path, link.path().join(FILE)).unwrap();
        assert!(!Policy::load(link.path()).allows(&script(1)), "a link");
    }
}
