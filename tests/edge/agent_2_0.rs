//! An agent of ATLAS 2.0, unchanged: its requests byte by byte as Python sends them, plain and sealed,
//! with its commands and both ways to answer them (contract, section 2).

use std::sync::Arc;

use atlas::wire::envelope_v1::KeyV1;
use serde_json::{Value, json};

use crate::raw::Raw;
use crate::running::{KEY, Server};

/// 32 bytes, base64, as 2.0's configuration has it.
const SEALING_KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

struct Agent20<'a> {
    raw: Raw,
    server: &'a Server,
    key: Option<KeyV1>,
}

impl<'a> Agent20<'a> {
    fn new(server: &'a Server, key: Option<&str>) -> Self {
        Self {
            raw: Raw::connect(server),
            server,
            key: key.map(|key| KeyV1::parse(key).unwrap()),
        }
    }

    fn exchange(&mut self, method: &str, path: &str, body: Option<&str>) -> (u16, Value) {
        let length = body.map_or(String::new(), |body| {
            format!("Content-Length: {}\r\n", body.len())
        });
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: localhost:{}\r\nUser-Agent: python-requests/2.31.0\r\n\
             Accept-Encoding: gzip, deflate\r\nAccept: */*\r\nConnection: keep-alive\r\n\
             Content-Type: application/json\r\nX-API-Key: {KEY}\r\n{length}\r\n{}",
            self.server.port(),
            body.unwrap_or_default()
        );
        assert!(self.raw.send(request));
        let answer = self.raw.answer();
        let json = serde_json::from_slice(&answer.body).unwrap_or_default();
        (answer.status, json)
    }

    fn report(&mut self, moment: &str, cpu: f64) -> (u16, Value) {
        let report = json!({
            "machine_id": "studio-2",
            "machine_info": {
                "hostname": "studio-2", "os": "Darwin", "os_version": "23.1.0", "architecture": "arm64",
                "processor": "arm", "cpu_count": 8, "cpu_threads": 8, "total_memory": 17_179_869_184_u64,
                "boot_time": "2026-11-01T08:00:00.123456", "local_ip": "192.0.2.7",
                "serial_number": "C02XK0AAJGH6", "computer_name": "Studio 2",
                "disks": [{"device": "/dev/disk3s1", "mountpoint": "/", "fstype": "apfs",
                           "total": 494_384_795_648_u64, "used": 15_000_000_000_u64, "free": 300_000_000_000_u64}],
                "network_interfaces": [{"name": "en0", "is_up": true, "speed": 0,
                                        "addresses": [{"type": "IPv4", "address": "192.0.2.7"}]}],
            },
            "metrics": {
                "timestamp": moment, "uptime_seconds": 1_234_567.25,
                "cpu": {"percent": cpu, "per_core": vec![cpu; 8], "load_avg": [1.5, 1.25, 1.0], "count": 8, "threads": 8},
                "memory": {"total": 17_179_869_184_u64, "available": 8_000_000_000_u64, "used": 9_000_000_000_u64,
                           "percent": 53.4, "swap_total": 0, "swap_used": 0, "swap_percent": 0.0},
                "battery": null, "temperature": null, "vpn": null, "wifi_roaming": null,
                "processes": {"total": 412, "top_cpu": [{"pid": 1, "name": "launchd", "cpu": null, "memory": 0.1, "user": "root"}], "top_memory": []},
                "users": [{"name": "ann", "terminal": "console", "host": null, "started": 1_700_000_000.0}],
            },
        })
        .to_string();
        let body = match &self.key {
            None => report,
            Some(key) => serde_json::to_string(&key.seal(report.as_bytes()).unwrap()).unwrap(),
        };
        self.exchange("POST", "/api/fleet/report", Some(&body))
    }

    fn poll(&mut self) -> Vec<Value> {
        let (status, answer) = self.exchange("GET", "/api/fleet/commands/studio-2", None);
        assert_eq!(status, 200, "{answer}");
        answer["commands"].as_array().unwrap().clone()
    }
}

/// Four beats of 10 s, the last one now; its clock has no zone, and counts in UTC here.
fn beats() -> Vec<String> {
    let now = jiff::Timestamp::now();
    let beat = |ago: i64| now - jiff::SignedDuration::from_secs(ago);
    [30, 20, 10, 0]
        .map(|ago| beat(ago).strftime("%Y-%m-%dT%H:%M:%S.%6f").to_string())
        .to_vec()
}

fn reports_and_obeys(server: &Server, key: Option<&str>) {
    let mut agent = Agent20::new(server, key);
    for (moment, cpu) in beats().iter().zip([10.0, 20.0, 30.0, 40.0]) {
        let (status, answer) = agent.report(moment, cpu);
        assert_eq!((status, &answer["status"]), (200, &json!("ok")), "{answer}");
        assert_eq!(answer["e2ee_verified"], key.is_some());
        assert_eq!(answer["db_key_stored"], false);
    }
    let list = server.until("its newest values are shown", |list| {
        list["machines"][0]["latest_metrics"]["cpu"]["percent"] == 40.0
    });
    let machine = &list["machines"][0];
    assert_eq!(machine["status"], "online");
    assert_eq!(machine["info"]["serial_number"], "C02XK0AAJGH6");
    let history = server.get("/api/fleet/history/studio-2");
    let cpus = history["history"].as_array().unwrap().iter();
    let cpus: Vec<_> = cpus
        .map(|entry| entry["metrics"]["cpu"]["percent"].as_f64().unwrap())
        .collect();
    assert_eq!(cpus, [10.0, 20.0, 30.0, 40.0]);

    assert_eq!(agent.poll(), Vec::<Value>::new());
    for action in [
        json!({"action": "kill_process", "params": {"pid": 4711}}),
        json!({"action": "clear_dns_cache", "params": {}}),
    ] {
        let queued = server
            .request("POST", "/api/fleet/command/studio-2")
            .json(&action)
            .send();
        assert_eq!(queued.unwrap().status(), 200);
    }
    let commands = agent.poll();
    assert_eq!(commands.len(), 2, "{commands:?}");
    let (first, second) = (&commands[0], &commands[1]);
    assert_eq!(
        (&first["action"], &first["params"]),
        (&json!("kill_process"), &json!({"pid": 4711}))
    );
    let ack = json!({"id": first["id"], "status": "completed", "result": {"success": true, "message": "Process 4711 killed"}});
    let (status, answer) = agent.exchange("POST", "/api/fleet/command/studio-2/ack", Some(&ack.to_string()));
    assert_eq!((status, answer), (200, json!({"status": "ok"})));
    let path = format!(
        "/api/fleet/commands/studio-2/{}/ack",
        second["id"].as_str().unwrap()
    );
    let ack = json!({"status": "failed", "result": "no permission", "executed_at": beats()[3]});
    assert_eq!(agent.exchange("POST", &path, Some(&ack.to_string())).0, 200);
    let (status, _) = agent.exchange("POST", "/api/fleet/command/studio-2/ack", Some("{}"));
    assert_eq!(status, 400);
    let recent = server.get("/api/fleet/recent-commands/studio-2");
    let mut states: Vec<_> = recent["commands"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["status"].to_string())
        .collect();
    states.sort();
    assert_eq!(states, ["\"failed\"", "\"succeeded\""], "{recent}");
}

#[test]
fn an_agent_of_2_0_reports_and_obeys_unchanged() {
    reports_and_obeys(&Server::start(), None);
}

#[test]
fn an_agent_of_2_0_that_seals_does_so_too_and_plain_reports_are_then_refused() {
    let folder = Arc::new(tempfile::tempdir().unwrap());
    let server = Server::start_in(folder, "server", &[("FLEET_ENCRYPTION_KEY", SEALING_KEY)]);
    reports_and_obeys(&server, Some(SEALING_KEY));
    let (status, answer) = Agent20::new(&server, None).report(&beats()[3], 50.0);
    assert_eq!(
        (status, &answer["error"]["code"]),
        (400, &json!("encryption_required")),
        "{answer}"
    );
    let wrong = "//////////////////////////////////////////8=";
    let (status, answer) = Agent20::new(&server, Some(wrong)).report(&beats()[3], 50.0);
    assert_eq!((status, &answer["error"]), (400, &json!("Decryption failed")));
    assert_eq!(answer["e2ee_verified"], false);
}
