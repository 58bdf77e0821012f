//! Settings as an administrator meets them: `atlas config …`, and that what is set takes effect.

#![cfg(feature = "server")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

#[allow(unreachable_pub, dead_code, reason = "each test file uses a part of it")]
mod running;

use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::sync::Arc;

use running::{Server, atlas};
use serde_json::Value;

/// A home folder with nothing in it.
struct Home(Arc<tempfile::TempDir>);

impl Home {
    fn new() -> Self {
        Self(Arc::new(tempfile::tempdir().unwrap()))
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    /// The config file, with that in it.
    fn with(&self, text: &str) -> PathBuf {
        let path = self.path().join(".fleet_monitoring/config.yaml");
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        path
    }

    fn run(&self, arguments: &[&str]) -> Output {
        let mut atlas = atlas(self.path());
        for name in running::SWITCHED_OFF {
            atlas.env_remove(name);
        }
        atlas.arg("config").args(arguments).output().unwrap()
    }

    /// What a command prints that goes well.
    fn printed(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert!(output.status.success(), "{arguments:?}: {}", said(&output));
        String::from_utf8(output.stdout).unwrap()
    }
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn show_lists_every_key_with_its_value_and_source() {
    let home = Home::new();
    home.with(
        "fleet_server: {network: {port: 8778}}\nfleet:\n  server:\n    names: [a.example, b.example]\n    \
         data_store: improved\nnetwork:\n  wifi:\n    update_interval: 15\n",
    );
    let shown = home.printed(&["show", "--port", "9000"]);
    let shown = shown.replace(home.path().to_str().unwrap(), "~");
    insta::with_settings!({
        snapshot_path => "../snapshots", prepend_module_to_snapshot => false, omit_expression => true
    }, {
        insta::assert_snapshot!("config-show", shown);
    });
    assert!(!shown.contains(running::KEY) && !shown.contains(running::PASSWORD));
    let all: Value = serde_json::from_str(&home.printed(&["show", "--json", "fleet.server.port"])).unwrap();
    assert_eq!(all["settings"][0]["value"], 8778);
    assert_eq!(all["settings"][0]["source"]["line"], 1);
    assert!(!home.printed(&["show", "--json"]).contains(running::KEY));
}

#[test]
fn get_prints_the_bare_value() {
    let home = Home::new();
    assert_eq!(home.printed(&["get", "fleet.server.port"]), "8768\n");
    assert_eq!(home.printed(&["get", "fleet_server.network.port"]), "8768\n");
    assert_eq!(home.printed(&["get", "fleet.server.public_url"]), "");
    assert_eq!(
        home.printed(&["get", "network.wifi.dns_test_domains"])
            .lines()
            .count(),
        3
    );
    assert_eq!(home.printed(&["get", "fleet.server.names", "--json"]), "[]\n");
    let output = home.run(&["get", "fleet.server.prot"]);
    assert!(said(&output).contains("did you mean `fleet.server.port`?") && output.status.code() == Some(1));
}

#[test]
fn set_changes_one_line_and_keeps_the_rest_and_its_rights() {
    let home = Home::new();
    let text = "# ours\nfleet:\n  server:\n    port: 1 # low\n  # the end\n";
    let path = home.with(text);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
    home.printed(&["set", "fleet.server.port", "9000"]);
    assert_eq!(
        fs::read_to_string(&path).unwrap(),
        text.replace("port: 1", "port: 9000")
    );
    assert_eq!(mode(&path), 0o640);
    let output = home.run(&["set", "fleet.server.port", "many"]);
    assert_eq!(
        said(&output),
        "atlas: fleet.server.port must be a whole number, 0 to 65535\n"
    );
    home.printed(&["set", "fleet.server.names", "a.example, b.example"]);
    assert_eq!(
        home.printed(&["get", "fleet.server.names"]),
        "a.example\nb.example\n"
    );
    assert_eq!(
        fs::read_dir(path.parent().unwrap()).unwrap().count(),
        1,
        "nothing is left beside it"
    );
}

#[test]
fn a_secret_comes_from_standard_input_into_a_file_for_its_owner() {
    let home = Home::new();
    let path = home.with("logging:\n  level: info\n");
    let mut child = atlas(home.path())
        .env_remove("FLEET_API_KEY")
        .args(["config", "set", "fleet.server.api_key"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(b"s3: \"cret\n").unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success() && !String::from_utf8_lossy(&output.stdout).contains("cret"));
    assert_eq!(mode(&path), 0o600);
    let got = atlas(home.path())
        .env_remove("FLEET_API_KEY")
        .args(["config", "get", "fleet.server.api_key"])
        .output()
        .unwrap();
    assert_eq!(String::from_utf8_lossy(&got.stdout), "s3: \"cret\n");
    let output = home.run(&["set", "fleet.server.api_key", "other"]);
    assert!(
        said(&output).contains("FLEET_API_KEY is set and wins"),
        "{}",
        said(&output)
    );
}

#[test]
fn check_says_all_that_is_wrong_with_lines() {
    let home = Home::new();
    let path = home.with("fleet:\n  agent:\n    report_interval: 0\n  server:\n    prot: 1\n");
    let output = atlas(home.path())
        .env("WIFI_UPDATE_INTERVAL", "often")
        .env("ATLAS__LOGGING__LEVL", "info")
        .args(["config", "check"])
        .output()
        .unwrap();
    let path = path.display();
    assert_eq!(
        String::from_utf8_lossy(&output.stdout),
        format!(
            "{path} line 3: fleet.agent.report_interval must be a whole number of seconds, 1 to 3600\n\
             {path} line 5: there is no key `fleet.server.prot`; did you mean `fleet.server.port`?\n\
             the environment variable WIFI_UPDATE_INTERVAL: must be a whole number of seconds, 1 to 86400\n\
             the environment variable ATLAS__LOGGING__LEVL: no key has it; did you mean `ATLAS__LOGGING__LEVEL`?\n"
        )
    );
    assert_eq!(
        (output.status.code(), said(&output).as_str()),
        (Some(1), "atlas: 4 problems in the settings\n")
    );
    let problems: Value = serde_json::from_slice(&home.run(&["check", "--json"]).stdout).unwrap();
    assert_eq!(problems["problems"][0]["source"]["line"], 3);
    let start = atlas(home.path())
        .args(["server", "--port", "0"])
        .output()
        .unwrap();
    assert!(said(&start).lines().count() == 1 && said(&start).contains("1 more: see `atlas config check`"));
}

#[test]
fn init_writes_the_documented_file_once() {
    let home = Home::new();
    home.printed(&["init"]);
    let path = home.path().join(".fleet_monitoring/config.yaml");
    assert_eq!(fs::read_to_string(&path).unwrap(), atlas::config::DOCUMENTED);
    assert_eq!(mode(&path), 0o600);
    assert!(home.printed(&["check"]).contains("are good"));
    assert_eq!(home.run(&["init"]).status.code(), Some(1));
    let old = Home::new();
    fs::write(old.path().join(".fleet-config.json"), "{}").unwrap();
    assert!(said(&old.run(&["init"])).contains(".fleet-config.json"));
}

#[test]
fn what_is_set_takes_effect_and_what_means_nothing_is_said_once() {
    let home = Home::new();
    home.with(
        "fleet:\n  server:\n    data_store: improved\n    max_report_size: 70000\n    web_username: ann\n  \
         encryption:\n    cluster_secret_file: ~/here.secret\nlogging:\n  file: ~/logs/server.log\n",
    );
    let server = Server::start_as(home.0.clone(), "ann");
    let report = |padding: usize| {
        let body = format!(r#"{{"machine_id":"m1","padding":"{}"}}"#, "x".repeat(padding));
        server.report(body).status().as_u16()
    };
    assert_eq!((report(60_000), report(70_000)), (200, 413));
    assert_eq!(mode(&home.path().join("here.secret")), 0o600);
    let log = home.path().join("logs/server.log");
    let lines = fs::read_to_string(&log).unwrap();
    assert_eq!(lines.matches("fleet.server.data_store").count(), 1, "{lines}");
    assert!(lines.contains("same store now") && mode(&log) == 0o600, "{lines}");
}
