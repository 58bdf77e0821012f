//! The dashboard in a real browser against a real server: what dashboard/e2e checks.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

#[allow(unreachable_pub, dead_code, reason = "each test file uses a part of it")]
mod running;

use std::process::Command;
use std::sync::Arc;

use running::{PASSWORD, Server};

#[test]
fn the_dashboard_works_in_a_real_browser() {
    let folder = Arc::new(tempfile::tempdir().unwrap());
    let mut server = Server::start_in(folder, "up", &[]);
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
    let output = Command::new("node")
        .arg("e2e/run.mjs")
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/dashboard"))
        .env("ATLAS_URL", &server.url)
        .env("ATLAS_USER", "admin")
        .env("ATLAS_PASSWORD", PASSWORD)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success(),
        "{said}\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(said.contains("0 failed"), "{said}");
    server.kill();
}
