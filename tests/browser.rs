//! The dashboard in a real browser against a real server: what dashboard/e2e checks.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

#[allow(unreachable_pub, dead_code, reason = "each test file uses a part of it")]
mod running;

use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::Arc;
use std::time::Duration;

use running::{PASSWORD, Server};

/// How a server is started here: with an agent of its own.
const COMMAND: &str = "up";

#[test]
fn the_dashboard_works_in_a_real_browser() {
    let folder = Arc::new(tempfile::tempdir().unwrap());
    let mut server = Server::start_in(folder, COMMAND, &[]);
    let machine = |name: &str, cpu: u32| {
        serde_json::json!({"machine_id": name, "machine_info": {"hostname": name, "os": "Darwin", "computer_name": format!("{name} <b>&amp;</b>")},
            "metrics": {"cpu": {"percent": cpu}, "memory": {"percent": 40}, "disk": {"percent": 30}}}).to_string()
    };
    for (name, cpu) in [("mac-1", 5), ("mac-2", 95), ("mac-3", 30), ("mac-4", 60)] {
        assert_eq!(server.report(machine(name, cpu)).status(), 200);
    }
    server.until("all are listed", |list| {
        list["machines"].as_array().unwrap().len() == 5
    });
    let output = walk_through(&mut server);
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success(),
        "{said}\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(said.contains("0 failed"), "{said}");
    assert!(
        said.contains("ok a lost server"),
        "the server was not lost: {said}"
    );
    server.kill();
}

/// Runs the checks, and stops and starts the server under the page when they ask for it.
fn walk_through(server: &mut Server) -> Output {
    let signals = tempfile::tempdir().unwrap();
    let (stop, start) = (signals.path().join("stop"), signals.path().join("start"));
    let mut checks = Command::new("node")
        .arg("e2e/run.mjs")
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/dashboard"))
        .env("ATLAS_URL", &server.url)
        .env("ATLAS_USER", "admin")
        .env("ATLAS_PASSWORD", PASSWORD)
        .env("ATLAS_STOP_FILE", &stop)
        .env("ATLAS_START_FILE", &start)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    while checks.try_wait().unwrap().is_none() {
        if was_asked(&stop) {
            server.kill();
        }
        if was_asked(&start) {
            server.restart_at_its_address(COMMAND);
        }
        std::thread::park_timeout(Duration::from_millis(20));
    }
    checks.wait_with_output().unwrap()
}

/// Whether the checks wrote that file; each of its writings counts once.
fn was_asked(file: &Path) -> bool {
    file.exists() && std::fs::remove_file(file).is_ok()
}
