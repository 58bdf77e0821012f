//! What of a machine seldom changes, from the report that brings it to the answers about it.

#![cfg(feature = "server")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

#[allow(unreachable_pub, dead_code, reason = "each test file uses a part of it")]
mod running;

use running::{Server, enrolled};
use serde_json::{Value, json};

fn report(seconds: u32, sections: Value) -> String {
    let sections: serde_json::Map<_, _> = sections
        .as_object()
        .unwrap()
        .iter()
        .map(|(name, value)| {
            let section = json!({"taken_at": at(seconds), "value": value});
            (name.clone(), section)
        })
        .collect();
    json!({"machine_id": "m1", "metrics": {"power": {"ac_connected": true}}, "sections": sections})
        .to_string()
}

fn at(seconds: u32) -> String {
    format!("2026-11-24T04:00:{seconds:02}.000Z")
}

fn software(programs: &[(&str, &str)]) -> Value {
    let programs: Vec<_> = programs
        .iter()
        .map(|(name, version)| json!({"name": name, "version": version}))
        .collect();
    json!({"software": {"total": programs.len(), "programs": programs}})
}

#[test]
fn a_section_that_got_its_200_survives_a_kill_and_the_newest_wins() {
    let server = Server::start();
    assert_eq!(
        server
            .report(report(1, software(&[("git", "2.1"), ("vim", "9")])))
            .status(),
        200
    );
    assert_eq!(
        server
            .report(report(9, software(&[("git", "2.2"), ("zsh", "5")])))
            .status(),
        200
    );
    assert_eq!(server.report(report(5, software(&[("late", "1")]))).status(), 200);
    let server = server.kill_and_restart();
    server.until("m1 is listed", |list| list["machines"][0]["machine_id"] == "m1");
    let section = server.get("/api/v2/machines/m1/sections/software");
    assert_eq!(section["taken_at"], at(9));
    assert_eq!(section["value"]["programs"][1]["name"], "zsh");
    let list = server.get("/api/v2/machines/m1/sections");
    assert_eq!(list["sections"][0]["name"], "software");
    let changes = server.get("/api/v2/machines/m1/changes");
    assert_eq!(changes["changes"].as_array().unwrap().len(), 1);
    let change = &changes["changes"][0];
    assert_eq!(
        (&change["at"], &change["section"]),
        (&json!(at(9)), &json!("software"))
    );
    assert_eq!(change["added"][0]["item"], "programs: zsh");
    assert_eq!(change["removed"][0]["item"], "programs: vim");
    assert_eq!(
        (&change["changed"][0]["before"], &change["changed"][0]["after"]),
        (&json!("version 2.1"), &json!("version 2.2"))
    );
    let since = server.get(&format!("/api/v2/machines/m1/changes?since={}", at(9)));
    assert_eq!(since["changes"], json!([]));
}

#[test]
fn a_machine_that_is_forgotten_leaves_no_section_behind() {
    let server = Server::start();
    for machine in ["m1", "m10"] {
        let body = report(1, software(&[("git", "2.1")])).replace("\"m1\"", &format!("\"{machine}\""));
        assert_eq!(server.report(body).status(), 200);
    }
    server.until("both are listed", |list| {
        list["machines"].as_array().unwrap().len() == 2
    });
    let gone = server.request("DELETE", "/api/v2/machines/m1").send().unwrap();
    assert_eq!(gone.status(), 204);
    server.report(r#"{"machine_id":"m1"}"#);
    server.until("m1 is there again", |list| {
        list["machines"].as_array().unwrap().len() == 2
    });
    assert_eq!(server.get("/api/v2/machines/m1/sections")["sections"], json!([]));
    let other = server.get("/api/v2/machines/m10/sections");
    assert_eq!(other["sections"].as_array().unwrap().len(), 1);
}

#[test]
fn sections_that_are_too_many_too_large_or_oddly_named_are_refused_with_a_sentence() {
    let server = Server::start();
    let many: serde_json::Map<_, _> = (0..17_u8)
        .map(|n| (format!("s{}", char::from(b'a' + n)), json!(1)))
        .collect();
    for odd in [
        json!(many),
        json!({"software": "x".repeat(256 * 1024)}),
        json!({"../etc": 1}),
        json!({"Software": 1}),
    ] {
        let answer = server.report(report(1, odd));
        assert_eq!(answer.status(), 400);
        assert_eq!(running::code(answer), "malformed_report");
    }
    let bare = r#"{"machine_id":"m1","sections":{"software":{"value":1}}}"#;
    assert_eq!(server.report(bare).status(), 400);
    assert_eq!(server.get("/api/fleet/machines"), json!({"machines": []}));
}

#[test]
fn a_sealed_report_that_comes_again_changes_nothing() {
    let server = Server::start();
    let (_, agent) = enrolled::enrol(&server, &enrolled::token(&server, 1), "m1").unwrap();
    let body = |seq: u64, programs: &[(&str, &str)]| {
        let plain = json!({
            "machine_id": "m1",
            "delivery": {"spool": format!("{:016x}", agent.spool), "seq": seq},
            "taken_at": agent.began.to_string(),
            "agent": {"kind": "atlas", "version": "3.0.0"},
            "sections": {"software": {
                "taken_at": agent.began.plus(std::time::Duration::from_secs(seq)).to_string(),
                "value": software(programs)["software"],
            }},
        });
        agent.seal_body(seq, &plain.to_string(), agent.began)
    };
    let first = body(1, &[("git", "2.1")]);
    assert_eq!(enrolled::send(&server, first.clone()).status(), 200);
    assert_eq!(enrolled::send(&server, body(2, &[("git", "2.2")])).status(), 200);
    let again: Value = enrolled::send(&server, first).json().unwrap();
    assert_eq!(again["duplicate"], true);
    server.until("m1 is listed", |list| list["machines"][0]["machine_id"] == "m1");
    let section = server.get("/api/v2/machines/m1/sections/software");
    assert_eq!(section["value"]["programs"][0]["version"], "2.2");
}

#[test]
fn clients_of_2_0_find_the_latest_of_each_kind() {
    let server = Server::start();
    let sections = json!({
        "posture": {"security_score": 80, "firewall_enabled": true},
        "peripherals": {"usb": [{"name": "Mouse"}], "displays": [{"name": "DELL"}], "bluetooth": []},
    });
    assert_eq!(server.report(report(1, sections)).status(), 200);
    server.until("m1 is listed", |list| list["machines"][0]["machine_id"] == "m1");
    let get = |path: &str| server.get(&format!("{path}?machine_id=m1"));
    assert_eq!(get("/api/security/status")["firewall_enabled"], true);
    assert_eq!(
        get("/api/security/score"),
        json!({"machine_id": "m1", "timestamp": at(1), "security_score": 80})
    );
    assert_eq!(get("/api/peripherals/devices")["usb"][0]["name"], "Mouse");
    assert_eq!(get("/api/display/status")["displays"][0]["name"], "DELL");
    assert_eq!(get("/api/power/status")["ac_connected"], true);
    for nothing in [
        "/api/disk/health",
        "/api/software/inventory",
        "/api/applications/crashes",
    ] {
        let answer = server
            .request("GET", &format!("{nothing}?machine_id=m1"))
            .send()
            .unwrap();
        assert_eq!(
            (answer.status().as_u16(), running::code(answer)),
            (404, "nothing_known".to_owned())
        );
    }
    // The server's own machine has no agent here.
    let own = server.request("GET", "/api/security/status").send().unwrap();
    assert_eq!(running::code(own), "machine_not_found");
}

#[test]
fn the_servers_own_machine_is_looked_at_by_its_agent() {
    let often = [("ATLAS__FLEET__AGENT__REPORT_INTERVAL", "1")];
    let folder = std::sync::Arc::new(tempfile::tempdir().unwrap());
    let server = Server::start_in(folder, "up", &often);
    let list = server.until("the agent has looked", |list| {
        let Some(id) = list["machines"][0]["machine_id"].as_str() else {
            return false;
        };
        let sections = server.get(&format!("/api/v2/machines/{id}/sections"));
        let sections = sections["sections"].as_array().unwrap();
        sections.iter().any(|section| section["name"] == "posture")
    });
    let metrics = &list["machines"][0]["latest_metrics"];
    assert!(metrics["agent"]["memory_bytes"].is_number());
    let own = server.get("/api/security/status");
    assert_eq!(own["machine_id"], list["machines"][0]["machine_id"]);
    assert!(own["security_score"].is_number());
    assert!(server.get("/api/power/status")["battery_installed"].is_boolean());
}

#[test]
fn a_test_run_of_the_agent_shows_what_all_monitors_found() {
    let home = tempfile::tempdir().unwrap();
    let said = running::atlas(home.path())
        .args(["agent", "--test", "--json"])
        .output()
        .unwrap();
    assert!(!said.status.success(), "this machine is not enrolled");
    let report: Value = serde_json::from_slice(said.stdout.trim_ascii()).unwrap();
    assert!(report["sections"]["posture"]["value"]["security_score"].is_number());
    assert!(report["metrics"]["agent"]["memory_bytes"].is_number());
    let shown = running::atlas(home.path())
        .args(["agent", "--test"])
        .output()
        .unwrap();
    let shown = String::from_utf8(shown.stdout).unwrap();
    assert!(
        shown.contains("  posture      ") && shown.contains("security_score "),
        "{shown}"
    );
}

#[test]
fn what_is_asked_for_is_written_as_csv_too() {
    let home = tempfile::tempdir().unwrap();
    let asked = running::atlas(home.path())
        .args(["agent", "--test", "--json"])
        .env("ATLAS__FLEET__AGENT__CSV_LOGS__ENABLED", "true")
        .output()
        .unwrap();
    assert!(!asked.stdout.is_empty());
    let logs = home.path().join(".fleet_monitoring/logs");
    let security = std::fs::read_to_string(logs.join("security_status.csv")).unwrap();
    assert!(
        security.starts_with("timestamp,firewall_enabled,filevault_enabled,"),
        "{security}"
    );
    assert_eq!(security.lines().count(), 2);
}
