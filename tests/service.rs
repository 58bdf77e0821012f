//! `atlas service`: what it writes and which commands it gives, with a systemctl and a launchctl on the
//! PATH that only write down what they are told.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A home, and a folder of commands that write down how they were called.
struct Machine {
    folder: tempfile::TempDir,
}

impl Machine {
    fn new() -> Self {
        let machine = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        fs::create_dir_all(machine.home()).unwrap();
        for name in ["systemctl", "launchctl", "useradd", "chown"] {
            machine.fake(name, "exit 0");
        }
        machine
    }

    fn home(&self) -> PathBuf {
        self.folder.path().join("home")
    }

    /// A command that notes its call, and then does that.
    fn fake(&self, name: &str, then: &str) {
        let folder = self.folder.path().join("bin");
        fs::create_dir_all(&folder).unwrap();
        let calls = self.folder.path().join("calls");
        let script = format!("#!/bin/sh\necho \"{name} $*\" >>'{}'\n{then}\n", calls.display());
        fs::write(folder.join(name), script).unwrap();
        fs::set_permissions(folder.join(name), fs::Permissions::from_mode(0o755)).unwrap();
    }

    fn calls(&self) -> Vec<String> {
        let calls = fs::read_to_string(self.folder.path().join("calls")).unwrap_or_default();
        calls.lines().map(ToOwned::to_owned).collect()
    }

    fn path(&self) -> String {
        format!("{}:/usr/bin:/bin", self.folder.path().join("bin").display())
    }

    fn atlas(&self, arguments: &[&str]) -> Output {
        let mut atlas = Command::new(env!("CARGO_BIN_EXE_atlas"));
        let atlas = atlas
            .env_clear()
            .env("HOME", self.home())
            .env("PATH", self.path());
        atlas.args(["service"]).args(arguments).output().unwrap()
    }

    fn done(&self, arguments: &[&str]) -> String {
        let output = self.atlas(arguments);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{arguments:?}: {said}");
        String::from_utf8(output.stdout).unwrap()
    }

    fn refused(&self, arguments: &[&str]) -> String {
        let output = self.atlas(arguments);
        assert!(!output.status.success(), "{arguments:?}");
        String::from_utf8(output.stderr).unwrap()
    }
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn one_users_agent_is_installed_replaced_and_removed_under_systemd() {
    let machine = Machine::new();
    let manager = ["--agent", "--user", "--manager", "systemd"];
    machine.done(&[&["install"], &manager[..]].concat());
    let unit = machine.home().join(".config/systemd/user/atlas-agent.service");
    let text = fs::read_to_string(&unit).unwrap();
    assert!(text.contains(&format!("ExecStart={} agent\n", env!("CARGO_BIN_EXE_atlas"))));
    assert!(text.contains("RestartPreventExitStatus=2 77"));
    let start = [
        "systemctl --user daemon-reload",
        "systemctl --user enable atlas-agent.service",
        "systemctl --user restart atlas-agent.service",
    ];
    assert_eq!(machine.calls(), start);
    machine.done(&[&["install"], &manager[..]].concat());
    assert_eq!(machine.calls(), [start, start].concat());
    machine.done(&[&["uninstall"], &manager[..]].concat());
    assert!(!unit.exists());
    let last = &machine.calls()[6..];
    assert_eq!(
        last,
        [
            "systemctl --user disable --now atlas-agent.service",
            "systemctl --user daemon-reload"
        ]
    );
    assert!(
        machine
            .refused(&[&["uninstall"], &manager[..]].concat())
            .contains("is installed here")
    );
}

#[test]
fn one_users_agent_takes_the_place_of_2_0s_under_launchd() {
    let machine = Machine::new();
    let agents = machine.home().join("Library/LaunchAgents");
    fs::create_dir_all(&agents).unwrap();
    fs::write(agents.join("com.atlas.agent.core.plist"), "<plist/>").unwrap();
    // launchd lets go of a service late: the first try to load it again fails.
    let mark = machine.folder.path().join("mark");
    let too_early = format!(
        "case $1 in bootstrap) test -e '{0}' || {{ touch '{0}'; echo 'Bootstrap failed: 5' >&2; exit 5; }};; esac",
        mark.display()
    );
    machine.fake("launchctl", &too_early);
    let said = machine.done(&["install", "--agent", "--user", "--manager", "launchd"]);
    assert!(said.contains("Library/Logs/fleet_agent.log"));
    assert!(agents.join("com.atlas.agent.core.plist.replaced").exists());
    let list = agents.join("com.atlas.fleet.agent.plist");
    let parsed = plist::Value::from_file(&list).unwrap().into_dictionary().unwrap();
    let arguments = parsed.get("ProgramArguments").unwrap().as_array().unwrap();
    assert_eq!(arguments[0].as_string(), Some(env!("CARGO_BIN_EXE_atlas")));
    let log = machine.home().join("Library/Logs/fleet_agent.log");
    assert_eq!(mode(&log), 0o600);
    let verbs: Vec<_> = machine
        .calls()
        .iter()
        .map(|call| call.split(' ').nth(1).unwrap().to_owned())
        .collect();
    assert_eq!(
        verbs,
        ["bootout", "enable", "bootstrap", "bootstrap", "kickstart"]
    );
    machine.done(&["uninstall", "--agent", "--user", "--manager", "launchd"]);
    assert!(!list.exists() && log.exists());
}

#[test]
fn a_dry_run_shows_all_and_changes_nothing() {
    let machine = Machine::new();
    for manager in ["systemd", "launchd"] {
        for level in ["--user", "--system"] {
            let arguments = ["install", "--agent", level, "--manager", manager, "--dry-run"];
            let run_as = ["--run-as", "ann"];
            let more = if level == "--system" { &run_as[..] } else { &[] };
            let shown = machine.done(&[&arguments[..], more].concat());
            assert!(shown.starts_with("Nothing is done."), "{shown}");
            assert!(shown.contains("write /") && shown.contains("agent"), "{shown}");
        }
    }
    let json = machine.done(&["install", "--agent", "--user", "--dry-run", "--json"]);
    let plan: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert!(plan["steps"].as_array().unwrap().len() >= 4);
    assert!(machine.calls().is_empty());
    assert_eq!(fs::read_dir(machine.home()).unwrap().count(), 0);
}

#[test]
fn a_manager_that_refuses_is_quoted_and_what_was_done_is_counted() {
    let machine = Machine::new();
    machine.fake("systemctl", "echo 'Failed to connect to bus' >&2; exit 1");
    let said = machine.refused(&["install", "--agent", "--user", "--manager", "systemd"]);
    assert!(
        said.contains("Failed to connect to bus") && said.contains("2 of 5 steps"),
        "{said}"
    );
}

#[test]
fn the_status_says_what_runs_and_what_does_not() {
    let machine = Machine::new();
    let status = ["status", "--manager", "systemd"];
    assert!(machine.refused(&status).contains("no service is installed"));
    machine.done(&["install", "--agent", "--user", "--manager", "systemd"]);
    let shows = |active: &str, status: u8| {
        format!(
            "printf 'LoadState=loaded\\nActiveState={active}\\nSubState=x\\nMainPID=7\\nExecMainStatus={status}\\n'"
        )
    };
    machine.fake("systemctl", &shows("active", 0));
    assert!(
        machine
            .done(&status)
            .contains("agent (user): active (x), process 7")
    );
    machine.fake("systemctl", &shows("failed", 77));
    let output = machine.atlas(&[&status[..], &["--json"]].concat());
    assert_eq!(output.status.code(), Some(1));
    let said: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(said["services"][0]["last_status"], 77);
}

#[test]
fn wrong_usage_is_told_before_anything_is_touched() {
    let machine = Machine::new();
    for arguments in [
        &["install", "--agent", "--server"][..],
        &["install", "--agent", "--system", "--user"],
        &["install", "--agent", "--user", "--run-as", "ann"],
        &["install", "--agent", "--system", "--run-as", "a b"],
    ] {
        assert_eq!(machine.atlas(arguments).status.code(), Some(2), "{arguments:?}");
    }
    assert!(machine.calls().is_empty());
}

/// What systemd itself thinks of the units, where it is there to be asked.
#[test]
fn systemd_finds_no_fault_with_the_units() {
    let machine = Machine::new();
    let Ok(version) = Command::new("systemd-analyze").arg("--version").output() else {
        return;
    };
    assert!(version.status.success());
    let roles: &[&str] = if cfg!(feature = "server") {
        &["agent", "server"]
    } else {
        &["agent"]
    };
    for role in roles {
        for (level, user) in [("--system", "--system"), ("--user", "--user")] {
            let flag = format!("--{role}");
            let arguments = [
                "install",
                &flag,
                level,
                "--manager",
                "systemd",
                "--dry-run",
                "--json",
            ];
            let plan: serde_json::Value = serde_json::from_str(&machine.done(&arguments)).unwrap();
            let steps = plan["steps"].as_array().unwrap();
            let unit = steps.iter().find_map(|step| step["content"].as_str()).unwrap();
            // The program is not installed here.
            let unit = unit.replace("/usr/local/bin/atlas", env!("CARGO_BIN_EXE_atlas"));
            let file = machine.folder.path().join(format!("atlas-{role}.service"));
            fs::write(&file, unit).unwrap();
            let verified = Command::new("systemd-analyze")
                .args([user, "verify"])
                .arg(&file)
                .env("XDG_RUNTIME_DIR", machine.folder.path())
                .output()
                .unwrap();
            let said = String::from_utf8_lossy(&verified.stderr);
            let of_ours: Vec<_> = said.lines().filter(|line| line.contains("atlas-")).collect();
            assert!(
                verified.status.success() && of_ours.is_empty(),
                "{role} {level}: {said}"
            );
        }
    }
}
