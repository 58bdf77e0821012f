//! Why a machine is away, as people see it: what its agent says before it falls silent, what it explains
//! afterwards, what the server knows of its own absence, and many machines that are lost together.

#![cfg(feature = "server")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

#[allow(unreachable_pub, dead_code, reason = "each test file uses a part of it")]
mod running;

use std::time::{Duration, Instant};

use atlas::wire::absence::{NOTICE_ROUTE, NoticeV2};
use atlas::wire::envelope_v2::{Compression, Context, Outgoing};
use atlas_actors::clock::{Clock, SystemClock};
use running::Server;
use running::agent::Agent;
use running::enrolled::{Enrolled, code, enrol, token};
use serde_json::{Value, json};

const QUICK: &str = "report_interval: 1, retry: {backoff: 0.2}, circuit_breaker: {timeout: 1}";

fn machine(server: &Server, id: &str) -> Value {
    let path = format!("/api/fleet/machine/{id}");
    let answer = server.request("GET", &path).send().unwrap();
    answer.json().unwrap()
}

/// Waits until a machine is that.
fn until(server: &Server, id: &str, status: &str, cause: &Value) -> Value {
    let began = Instant::now();
    loop {
        let machine = machine(server, id);
        if machine["status"] == status && machine["presence_cause"] == *cause {
            return machine;
        }
        assert!(
            began.elapsed() < Duration::from_secs(20),
            "{id} is not {status} ({cause}): {} {}",
            machine["status"],
            machine["presence_cause"]
        );
        std::thread::park_timeout(Duration::from_millis(20));
    }
}

fn gaps(server: &Server, id: &str) -> Vec<Value> {
    let series = server.get(&format!("/api/v2/machines/{id}/series?metrics=uptime_s"));
    series["gaps"].as_array().unwrap().clone()
}

fn until_gap(server: &Server, id: &str, cause: &str) -> Value {
    let began = Instant::now();
    loop {
        let gaps = gaps(server, id);
        if let Some(gap) = gaps.iter().find(|gap| gap["cause"] == cause) {
            return gap.clone();
        }
        assert!(
            began.elapsed() < Duration::from_secs(20),
            "no {cause} in {gaps:?}"
        );
        std::thread::park_timeout(Duration::from_millis(50));
    }
}

#[test]
fn a_real_agent_says_that_it_is_stopped_or_that_its_machine_sleeps_and_comes_back() {
    let server = Server::start();
    let mut agent = Agent::start(&server, "m", QUICK);
    until(&server, "m", "online", &Value::Null);
    agent.signal("TERM");
    assert!(agent.wait().success());
    until(&server, "m", "offline", &json!("agent_stopped"));
    let summary = server.get("/api/fleet/summary");
    assert_eq!((&summary["offline"], &summary["online"]), (&json!(1), &json!(0)));
    agent.run();
    until(&server, "m", "online", &Value::Null);
    let gap = until_gap(&server, "m", "agent_stopped");
    assert!(gap["from"].as_str() < gap["to"].as_str(), "{gap}");

    let mut sleeper = Agent::start(&server, "sleeper", "report_interval: 3600");
    until(&server, "sleeper", "online", &Value::Null);
    sleeper.signal("USR1");
    until(&server, "sleeper", "asleep", &json!("asleep"));
    // It wakes up.
    let answer = server
        .request("POST", "/api/v2/machines/sleeper/report-now")
        .send()
        .unwrap();
    assert_eq!(answer.status(), 200);
    until(&server, "sleeper", "online", &Value::Null);
    until_gap(&server, "sleeper", "asleep");
    sleeper.kill();
}

#[test]
fn a_killed_agent_explains_afterwards_that_it_did_not_run() {
    let server = Server::start();
    let mut agent = Agent::start(&server, "m", QUICK);
    until(&server, "m", "online", &Value::Null);
    agent.kill();
    // Longer than two intervals: shorter is no absence.
    std::thread::park_timeout(Duration::from_millis(2_500));
    agent.run();
    until_gap(&server, "m", "agent_stopped");
}

#[test]
fn an_agent_explains_afterwards_that_the_server_was_away() {
    let mut server = Server::start();
    let mut agent = Agent::start(&server, "m", QUICK);
    until(&server, "m", "online", &Value::Null);
    server.kill();
    std::thread::park_timeout(Duration::from_secs(5));
    server.restart_at_its_address("server");
    let gap = until_gap(&server, "m", "server_down");
    // What was measured meanwhile came later: the gap has values in it.
    let at = |text: &Value| {
        atlas_actors::clock::Timestamp::parse(text.as_str().unwrap())
            .unwrap()
            .as_secs()
    };
    let (from, to) = (at(&gap["from"]), at(&gap["to"]));
    let began = Instant::now();
    loop {
        let series = server.get("/api/v2/machines/m/series?metrics=uptime_s&points=3600");
        let times = series["times"].as_array().unwrap();
        let within = times
            .iter()
            .filter(|time| (from..=to).contains(&time.as_i64().unwrap()));
        if within.count() >= 3 {
            break;
        }
        assert!(began.elapsed() < Duration::from_secs(20), "{gap} {times:?}");
        std::thread::park_timeout(Duration::from_millis(50));
    }
    agent.kill();
}

fn notice(agent: &Enrolled, announce: &str, seq: u64) -> Vec<u8> {
    let content = NoticeV2 {
        announce: announce.to_owned(),
        spool: Some(format!("{:016x}", agent.spool)),
        seq,
    };
    let envelope = agent.identity.seal_key(0).seal(&Outgoing {
        seq: 0,
        sent_at: SystemClock.now(),
        context: Context {
            method: "POST",
            route: NOTICE_ROUTE,
        },
        compression: Compression::Never,
        plaintext: &serde_json::to_vec(&content).unwrap(),
    });
    serde_json::to_vec(&envelope.unwrap()).unwrap()
}

fn post(server: &Server, body: Vec<u8>) -> reqwest::blocking::Response {
    let request = server.client.post(format!("{}{NOTICE_ROUTE}", server.url));
    request
        .header("content-type", "application/json")
        .body(body)
        .send()
        .unwrap()
}

#[test]
fn an_announcement_outlives_a_kill_and_a_recorded_one_changes_nothing() {
    let server = Server::start();
    let (_, mut agent) = enrol(&server, &token(&server, 1), "m").unwrap();
    assert_eq!(agent.report(&server).status(), 200);
    until(&server, "m", "online", &Value::Null);
    let recorded = notice(&agent, "shutdown", agent.seq);
    assert_eq!(post(&server, recorded.clone()).status(), 204);
    until(&server, "m", "offline", &json!("powered_off"));
    let server = server.kill_and_restart();
    server.until("the machine is back", |list| {
        list["machines"].as_array().unwrap().len() == 1
    });
    until(&server, "m", "offline", &json!("powered_off"));
    assert_eq!(agent.report(&server).status(), 200);
    until(&server, "m", "online", &Value::Null);
    assert_eq!(post(&server, recorded).status(), 204);
    assert_eq!(
        post(&server, notice(&agent, "sleep", agent.seq - 1)).status(),
        204
    );
    assert_eq!(machine(&server, "m")["status"], "online");
    let refused = post(&server, notice(&agent, "dance", agent.seq));
    assert_eq!(code(refused), (400, "malformed_notice".into()));
    until_gap(&server, "m", "powered_off");
}

#[test]
fn machines_lost_behind_one_gateway_are_one_event_in_the_summary_and_the_stream() {
    let server = Server::start_in(
        std::sync::Arc::new(tempfile::tempdir().unwrap()),
        "server",
        &[
            ("ATLAS__FLEET__SERVER__PRESENCE__ONLINE_S", "1"),
            ("ATLAS__FLEET__SERVER__PRESENCE__WARNING_S", "2"),
            ("ATLAS__FLEET__SERVER__PRESENCE__ONLINE_INTERVALS", "1"),
            ("ATLAS__FLEET__SERVER__PRESENCE__WARNING_INTERVALS", "1"),
        ],
    );
    let report = |machine: &str, gateway: &str| {
        let info = json!({"hostname": machine, "gateway": gateway, "ssid": "office"});
        let body = json!({"machine_id": machine, "machine_info": info, "interval_s": 1, "metrics": {}});
        assert_eq!(server.report(body.to_string()).status(), 200);
    };
    for machine in ["a", "b", "c"] {
        report(machine, "10.4.0.1");
    }
    report("elsewhere", "10.5.0.1");
    let began = Instant::now();
    let outage = loop {
        let summary = server.get("/api/fleet/summary");
        let outages = summary["outages"].as_array().unwrap().clone();
        if summary["offline"] == 4 && !outages.is_empty() {
            break outages;
        }
        assert!(began.elapsed() < Duration::from_secs(20), "{summary}");
        std::thread::park_timeout(Duration::from_millis(50));
    };
    let of_the_gateway = outage
        .iter()
        .find(|one| one["key"] == "gateway 10.4.0.1")
        .unwrap();
    assert_eq!(of_the_gateway["machines"], json!(["a", "b", "c"]));
    assert_eq!(of_the_gateway["count"], 3);
    let of_the_network = outage.iter().find(|one| one["key"] == "ssid office").unwrap();
    assert_eq!(of_the_network["count"], 4);
    let stream = server.request("GET", "/api/fleet/stream").send().unwrap();
    let mut lines = std::io::BufRead::lines(std::io::BufReader::new(stream));
    let snapshot = lines.find_map(|line| line.ok()?.strip_prefix("data: ").map(ToOwned::to_owned));
    let snapshot: Value = serde_json::from_str(&snapshot.unwrap()).unwrap();
    assert_eq!(snapshot["outages"], json!(outage));
    assert_eq!(snapshot["machines"][0]["presence_cause"], "unknown");
    report("a", "10.4.0.1");
    let delta = lines.find_map(|line| {
        let line = line.ok()?;
        let frame: Value = serde_json::from_str(line.strip_prefix("data: ")?).ok()?;
        frame.get("outages").cloned()
    });
    assert_eq!(
        delta.unwrap().as_array().unwrap().len(),
        1,
        "three of one network are left"
    );
}
