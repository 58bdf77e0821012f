//! Reports as agents send them, and as attackers do.

use atlas_actors::model::{AgentKind, Metric, OsFamily};

use super::*;

/// As contract.md gives the report of 2.0, shortened.
const LEGACY: &str = r#"{
  "machine_id": "Toms-MacBook-Pro.local",
  "machine_info": {"hostname": "Toms-MacBook-Pro.local", "os": "Darwin", "os_version": "15.0",
    "computer_name": "Tom & Eva's Mac", "serial_number": "C02XK0AAJGH6", "gpu": {"name": "M3"}, "cpu_count": 8},
  "metrics": {"timestamp": "2025-10-09T08:53:20.123456", "uptime_seconds": 86400,
    "cpu": {"percent": 12.5, "per_core": [10, 15], "load_avg": [1.5, 1.25, 1.0], "count": 8},
    "memory": {"total": 1000, "used": 610, "percent": 61.0, "swap_percent": -1},
    "disk": {"percent": 91.2, "used": 5, "read_bytes": 7, "write_bytes": 8},
    "network": {"bytes_sent": 1, "bytes_recv": 2, "connections": 33},
    "processes": {"total": 400, "top_cpu": [{"pid": 1, "name": "<defunct>"}]},
    "battery": null, "temperature": null, "vpn": null}
}"#;

fn error(body: &str) -> String {
    read(body.as_bytes(), None).unwrap_err().to_string()
}

#[test]
fn reads_a_report_of_2_0() {
    let report = read(LEGACY.as_bytes(), None).unwrap();
    assert_eq!(report.machine.as_str(), "Toms-MacBook-Pro.local");
    assert_eq!(report.samples.get(Metric::CpuPercent), Some(12.5));
    assert_eq!(report.samples.get(Metric::Load5), Some(1.25));
    assert_eq!(report.samples.get(Metric::SwapPercent), None);
    assert_eq!(report.samples.get(Metric::BatteryPercent), None);
    assert_eq!(report.counters.received, Some(2));
    assert_eq!(report.taken_at, None);
    assert!(report.zoneless_time.is_some());
    assert_eq!(report.facts.os, OsFamily::MacOs);
    assert_eq!(report.facts.name, "Tom & Eva's Mac");
    assert_eq!(report.facts.agent, AgentKind::Legacy);
    assert_eq!(report.facts.serial.as_deref(), Some("C02XK0AAJGH6"));
    assert!(
        std::str::from_utf8(&report.document)
            .unwrap()
            .contains("<defunct>")
    );
}

#[test]
fn reads_what_only_this_programs_agents_send() {
    let body = r#"{"machine_id":"a","delivery":{"spool":"00000000000000ff","seq":7},"interval_s":10,
      "taken_at":"2026-11-24T04:00:00Z","sent_at":"2026-11-24T04:00:01.5Z","dropped":3,"agent":{"version":"3.0.0"},
      "metrics":{"network":{"recv_bytes_per_s":1500}}}"#;
    let report = read(body.as_bytes(), None).unwrap();
    assert_eq!(report.delivery, Some(Delivery { spool: 255, seq: 7 }));
    assert_eq!(
        report.taken_at.map(|t| t.to_string()).as_deref(),
        Some("2026-11-24T04:00:00.000Z")
    );
    assert_eq!(report.samples.get(Metric::NetReceived), Some(1500.0));
    assert_eq!(report.facts.agent_version.as_deref(), Some("3.0.0"));
    assert_eq!(report.facts.hostname, "a");
}

#[test]
fn says_what_is_missing_or_wrong_and_where() {
    assert!(error("{}").contains("machine_id"));
    assert!(error(r#"{"machine_id":""}"#).contains("machine_id"));
    assert!(error(r#"{"machine_id":null}"#).contains("machine_id"));
    assert!(error(r#"{"machine_id":["a"]}"#).contains("must be a text"));
    assert!(error(r#"{"machine_id":"a","metrics":[]}"#).contains("metrics must be an object"));
    let wrong = error(r#"{"machine_id":"a","metrics":{"cpu":{"percent":"high-secret"}}}"#);
    assert!(
        wrong.contains("metrics") && wrong.contains("expected f64"),
        "{wrong}"
    );
    assert!(!wrong.contains("high-secret"), "{wrong}");
    assert!(error(r#"{"machine_id":"a""#).contains("too early"));
    assert!(error("nonsense").contains("not valid JSON"));
}

#[test]
fn refuses_numbers_that_are_not_finite() {
    assert!(error(r#"{"machine_id":"a","metrics":{"cpu":{"percent":NaN}}}"#).contains("not valid JSON"));
    assert!(error(r#"{"machine_id":"a","metrics":{"cpu":{"percent":1e999}}}"#).contains("too large"));
    assert!(error(r#"{"machine_id":"a","metrics":{"other":1e999}}"#).contains("too large"));
    assert!(error(r#"{"machine_id":"a","metrics":{"cpu":{"percent":Infinity}}}"#).contains("not valid JSON"));
}

#[test]
fn refuses_depth_and_hostile_names() {
    let deep = format!(
        r#"{{"machine_id":"a","metrics":{}1{}}}"#,
        "[".repeat(10_000),
        "]".repeat(10_000)
    );
    assert!(error(&deep).contains("deep"));
    assert!(error(r#"{"machine_id":"<script>"}"#).contains("not allowed"));
    assert!(error(r#"{"machine_id":"a\u0000b"}"#).contains("not allowed"));
    assert!(error(r#"{"machine_id":"a","machine_info":{"hostname":"<img src=x>"}}"#).contains("hostname"));
    assert!(
        error(r#"{"machine_id":"a","machine_info":{"computer_name":"a\u001bb"}}"#).contains("computer_name")
    );
}

#[test]
fn facts_that_are_repeated_are_shared_and_changed_ones_are_not() {
    let body = |version: &str, os: &str| {
        format!(r#"{{"machine_id":"a","agent":{{"version":"{version}"}},"machine_info":{{"os":"{os}"}}}}"#)
    };
    let first = read(body("3.0.0", "Linux").as_bytes(), None).unwrap().facts;
    let again = |version, os| read(body(version, os).as_bytes(), Some(&first)).unwrap().facts;
    assert!(Arc::ptr_eq(&again("3.0.0", "Linux"), &first));
    assert_eq!(again("3.0.0", "Darwin").os, OsFamily::MacOs);
    assert_eq!(again("3.0.1", "Linux").agent_version.as_deref(), Some("3.0.1"));
    let legacy = read(
        br#"{"machine_id":"a","machine_info":{"os":"Linux"}}"#,
        Some(&first),
    );
    assert_eq!(legacy.unwrap().facts.agent, AgentKind::Legacy);
}
