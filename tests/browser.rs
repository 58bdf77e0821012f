//! The dashboard in a real browser against a real server: what dashboard/e2e checks.

#![cfg(feature = "server")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

#[allow(unreachable_pub, dead_code, reason = "each test file uses a part of it")]
mod running;

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use atlas::wire::operator_key::OperatorKey;
use running::provider::Provider;
use running::{PASSWORD, Server};

/// How a server is started here: with an agent of its own.
const COMMAND: &str = "up";

#[test]
fn the_dashboard_works_in_a_real_browser() {
    let mut server = Server::start_in(new_folder(), COMMAND, &[]);
    for (name, cpu) in [("mac-1", 5), ("mac-2", 95), ("mac-3", 30), ("mac-4", 60)] {
        assert_eq!(server.report(report_of(name, cpu)).status(), 200);
    }
    server.until("all are listed", |list| {
        list["machines"].as_array().unwrap().len() == 5
    });
    let said = walk_through("whole", &mut server);
    assert!(
        said.contains("ok a lost server"),
        "the server was not lost: {said}"
    );
    server.kill();
}

#[test]
fn an_empty_fleet_turns_live_with_the_first_report() {
    let mut server = Server::start_in(new_folder(), "server", &[]);
    walk_through("empty", &mut server);
    server.kill();
}

#[test]
fn people_sign_in_by_the_identity_provider_in_a_real_browser() {
    let (folder, provider) = (new_folder(), Provider::start());
    // The provider sends the browser to where the server says it is, so that must be known before.
    let port = free_port().to_string();
    let url = format!("https://127.0.0.1:{port}");
    let mut settings = provider.settings(folder.path());
    let here = [
        ("ATLAS__FLEET__SERVER__PUBLIC_URL", &url),
        ("FLEET_SERVER_PORT", &port),
    ];
    settings.extend(here.map(|(key, value)| (key.to_owned(), value.clone())));
    let settings: Vec<(&str, &str)> = settings.iter().map(|(key, value)| (&**key, &**value)).collect();
    let mut server = Server::start_in(folder, "server", &settings);
    walk_through("provider", &mut server);
    server.kill();
}

fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

fn new_folder() -> Arc<tempfile::TempDir> {
    Arc::new(tempfile::tempdir().unwrap())
}

fn report_of(name: &str, cpu: u32) -> String {
    serde_json::json!({"machine_id": name, "machine_info": {"hostname": name, "os": "Darwin", "computer_name": format!("{name} <b>&amp;</b>")},
        "metrics": {"cpu": {"percent": cpu}, "memory": {"percent": 40}, "disk": {"percent": 30}}}).to_string()
}

/// Runs a suite of checks, and does to the server what they ask for while they run. What they said.
fn walk_through(suite: &str, server: &mut Server) -> String {
    let signals = tempfile::tempdir().unwrap();
    let file = |name: &str| signals.path().join(name);
    let mut checks = Command::new("node")
        .args(["e2e/run.mjs", suite])
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/dashboard"))
        .env("ATLAS_URL", &server.url)
        .env("ATLAS_USER", "admin")
        .env("ATLAS_PASSWORD", PASSWORD)
        .env(
            "ATLAS_OPERATOR_KEY",
            OperatorKey::random().unwrap().public().to_string(),
        )
        .env("ATLAS_STOP_FILE", file("stop"))
        .env("ATLAS_START_FILE", file("start"))
        .env("ATLAS_REPORT_FILE", file("report"))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    while checks.try_wait().unwrap().is_none() {
        if was_asked(&file("stop")) {
            server.kill();
        }
        if was_asked(&file("start")) {
            server.restart_at_its_address(COMMAND);
        }
        if was_asked(&file("report")) {
            assert_eq!(server.report(report_of("mac-1", 5)).status(), 200);
        }
        std::thread::park_timeout(Duration::from_millis(20));
    }
    let output = checks.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let complaints = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}\n{complaints}");
    assert!(said.contains("0 failed"), "{said}");
    said
}

/// Whether the checks wrote that file; each of its writings counts once.
fn was_asked(file: &Path) -> bool {
    file.exists() && std::fs::remove_file(file).is_ok()
}
