//! The command line: a newcomer's first minutes, and what goes wrong then.

#![cfg(feature = "server")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

#[allow(unreachable_pub, dead_code, reason = "each test file uses a part of it")]
mod running;

use std::net::TcpListener;

use running::{Server, atlas};

fn said(home: &std::path::Path, arguments: &[&str]) -> (i32, String) {
    let output = atlas(home).args(arguments).output().unwrap();
    (
        output.status.code().unwrap(),
        String::from_utf8_lossy(&output.stderr).into_owned(),
    )
}

#[test]
fn a_taken_port_a_broken_config_and_an_unwritable_folder_end_with_a_sentence() {
    let home = tempfile::tempdir().unwrap();
    let taken = TcpListener::bind("0.0.0.0:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let (status, text) = said(home.path(), &["server", "--port", &port]);
    assert!(
        status == 1 && text.contains("is taken") && text.lines().count() == 1,
        "{text}"
    );
    let config = home.path().join("c.yaml");
    std::fs::write(&config, "fleet:\n  server:\n    prot: 1\n").unwrap();
    let (status, text) = said(home.path(), &["server", "--config", config.to_str().unwrap()]);
    assert!(
        status == 1 && text.contains("did you mean `fleet.server.port`") && text.lines().count() == 1,
        "{text}"
    );
    let file = home.path().join("file");
    std::fs::write(&file, "").unwrap();
    let (status, text) = said(home.path(), &["server", "--data-dir", file.to_str().unwrap()]);
    assert!(
        status == 1 && text.contains("--data-dir") && text.lines().count() == 1,
        "{text}"
    );
    assert_eq!(said(home.path(), &["no-such-command"]).0, 2);
}

#[test]
fn secrets_are_for_their_owner_only() {
    use std::os::unix::fs::PermissionsExt;
    let server = Server::start();
    let home = server.folder.path();
    for file in [
        ".fleet/cluster.secret",
        ".fleet_monitoring/data/server.key",
        ".fleet_monitoring/data/identity.key",
    ] {
        let mode = std::fs::metadata(home.join(file)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{file}");
    }
    assert_eq!(
        std::fs::read_to_string(home.join(".fleet/cluster.secret"))
            .unwrap()
            .len(),
        64
    );
}

#[test]
fn an_agent_enrols_with_a_token_once_and_tests_itself() {
    let server = Server::start();
    let output = atlas(server.folder.path())
        .args(["token", "create", "--json"])
        .output()
        .unwrap();
    let token: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let token = token["token"].as_str().unwrap();
    let home = tempfile::tempdir().unwrap();
    let enrol = |id: &str| {
        said(
            home.path(),
            &[
                "agent",
                "enroll",
                &server.url,
                "--token",
                token,
                "--machine-id",
                id,
            ],
        )
    };
    assert_eq!(enrol("mac-9"), (0, String::new()));
    let test = atlas(home.path()).args(["agent", "--test"]).output().unwrap();
    assert!(test.status.success(), "{}", String::from_utf8_lossy(&test.stderr));
    server.until("mac-9 reports", |list| {
        list["machines"][0]["machine_id"] == "mac-9"
    });
    assert_eq!(server.report(r#"{"machine_id":"mac-9"}"#).status(), 403);
    assert_eq!(enrol("mac-10").0, 1);
}

#[test]
fn a_simulated_fleet_reports_and_loses_nothing() {
    let server = Server::start();
    let output = atlas(server.folder.path())
        .args([
            "simulate",
            "--agents",
            "20",
            "--duration",
            "3",
            "--interval",
            "1",
            "--json",
        ])
        .output()
        .unwrap();
    let summary: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(summary["acknowledged"].as_u64().unwrap() >= 20, "{summary}");
    server.until("all are listed", |list| {
        list["machines"].as_array().unwrap().len() == 20
    });
}
