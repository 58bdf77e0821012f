//! The channel as its users notice it: a machine's health, a report at once when somebody looks, and an
//! end when its agent is turned out or the server stops. Real agents, and an agent of our own that holds
//! the channel in its hands.

#![cfg(feature = "server")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

#[allow(unreachable_pub, dead_code, reason = "each test file uses a part of it")]
mod running;

use std::io::{BufRead, BufReader};
use std::time::{Duration, Instant};

use atlas::tls::pinned::{FirstContact, client_config};
use atlas::wire::channel::{CHANNEL_ROUTE, LineReader, MessageV2, OpeningV2, PONG_ROUTE, PongV2};
use atlas::wire::envelope_v2::{Compression, Context, Outgoing};
use atlas::wire::hex_id::ChannelId;
use atlas_actors::clock::{Clock, SystemClock, Timestamp};
use reqwest::blocking::Response;
use running::Server;
use running::agent::Agent;
use running::enrolled::{Enrolled, code, enrol, send, token};
use serde::Serialize;
use serde_json::Value;

/// Once an hour: whatever comes sooner was asked for.
const HOURLY: &str = "report_interval: 3600, retry: {backoff: 0.2}";

fn sealed(agent: &Enrolled, route: &str, content: &impl Serialize, at: Timestamp) -> Vec<u8> {
    let envelope = agent.identity.seal_key(0).seal(&Outgoing {
        seq: 0,
        sent_at: at,
        context: Context {
            method: "POST",
            route,
        },
        compression: Compression::Never,
        plaintext: &serde_json::to_vec(content).unwrap(),
    });
    serde_json::to_vec(&envelope.unwrap()).unwrap()
}

fn post(server: &Server, route: &str, body: Vec<u8>) -> Response {
    let request = server.client.post(format!("{}{route}", server.url));
    request
        .header("content-type", "application/json")
        .timeout(Duration::from_secs(60))
        .body(body)
        .send()
        .unwrap()
}

fn opening(agent: &Enrolled) -> (ChannelId, Vec<u8>) {
    let channel = ChannelId::random().unwrap();
    let content = OpeningV2 {
        channel,
        agent_version: "9.9.9".into(),
    };
    (channel, sealed(agent, CHANNEL_ROUTE, &content, SystemClock.now()))
}

/// A channel in our own hands.
struct Held {
    id: ChannelId,
    lines: BufReader<Response>,
    reader: LineReader,
}

impl Held {
    fn open(server: &Server, agent: &Enrolled) -> Self {
        let (id, body) = opening(agent);
        let response = post(server, CHANNEL_ROUTE, body);
        assert_eq!(response.status(), 200);
        Self {
            id,
            lines: BufReader::new(response),
            reader: LineReader::new(agent.identity.open_key(), id),
        }
    }

    /// The next message; nothing when the server has ended the channel.
    fn next(&mut self) -> Option<MessageV2> {
        let mut line = String::new();
        if self.lines.read_line(&mut line).ok()? == 0 {
            return None;
        }
        Some(self.reader.take(line.trim_end().as_bytes()).unwrap())
    }
}

fn health(server: &Server, machine: &str) -> Value {
    let answer = server
        .request("GET", &format!("/api/fleet/machine/{machine}"))
        .send()
        .unwrap();
    let machine: Value = answer.json().unwrap();
    machine["health_check"].clone()
}

/// Waits until a machine's health satisfies the condition.
fn until_health(server: &Server, machine: &str, what: &str, condition: impl Fn(&Value) -> bool) -> Value {
    let began = Instant::now();
    loop {
        let health = health(server, machine);
        if condition(&health) {
            return health;
        }
        assert!(began.elapsed() < Duration::from_secs(20), "{what}: {health}");
        std::thread::park_timeout(Duration::from_millis(20));
    }
}

fn ask_report(server: &Server, machine: &str) -> String {
    let path = format!("/api/v2/machines/{machine}/report-now");
    let answer = server.request("POST", &path).send().unwrap();
    assert_eq!(answer.status(), 200);
    let answer: Value = answer.json().unwrap();
    answer["status"].as_str().unwrap().to_owned()
}

fn last_seen(server: &Server, machine: &str) -> Option<Timestamp> {
    let list = server.get("/api/fleet/machines");
    let machines = list["machines"].as_array().unwrap();
    let one = machines.iter().find(|one| one["machine_id"] == machine)?;
    Timestamp::parse(one["last_seen"].as_str()?).ok()
}

fn until_report(server: &Server, machine: &str, after: Option<Timestamp>) -> Timestamp {
    let began = Instant::now();
    loop {
        match last_seen(server, machine) {
            Some(seen) if Some(seen) > after => return seen,
            _ => {}
        }
        assert!(began.elapsed() < Duration::from_secs(20), "no report came");
        std::thread::park_timeout(Duration::from_millis(20));
    }
}

#[test]
fn a_real_agent_shows_its_health_and_reports_at_once_when_somebody_looks() {
    let server = Server::start();
    let mut agent = Agent::start(&server, "looked-at", HOURLY);
    let first = until_report(&server, "looked-at", None);
    let health = until_health(&server, "looked-at", "it answers", |health| {
        health["latency_ms"].is_number()
    });
    assert_eq!(health["status"], "reachable");
    assert_eq!(health["agent_responsive"], true);
    assert_eq!(health["agent_version"], env!("CARGO_PKG_VERSION"));
    assert!(health["uptime_seconds"].is_u64() && health["error"].is_null());
    assert_eq!(ask_report(&server, "looked-at"), "told");
    assert_eq!(ask_report(&server, "looked-at"), "told_before");
    let second = until_report(&server, "looked-at", Some(first));
    // It is not measured more often than each five seconds, whoever asks.
    assert!(second.since(first) >= Duration::from_secs(4), "{first} {second}");
    agent.kill();
    until_health(&server, "looked-at", "its end is noticed", |health| {
        health["status"] == "unreachable" && health["agent_responsive"] == false
    });
}

#[test]
fn a_real_agent_that_was_turned_out_hears_it_over_its_channel_and_stops() {
    let server = Server::start();
    let mut agent = Agent::start(&server, "turned-out", HOURLY);
    until_report(&server, "turned-out", None);
    until_health(&server, "turned-out", "it answers", |health| {
        health["latency_ms"].is_number()
    });
    let agents = running::enrolled::agents(&server);
    let id = agents[0]["agent_id"].as_str().unwrap();
    let path = format!("/api/v2/agents/{id}");
    assert_eq!(server.request("DELETE", &path).send().unwrap().status(), 204);
    assert_eq!(agent.wait().code(), Some(77));
}

#[test]
fn a_channel_ends_within_a_second_when_its_agent_is_turned_out_and_others_stay() {
    let server = Server::start();
    let text = token(&server, 2);
    let (_, mut goes) = enrol(&server, &text, "goes").unwrap();
    let (_, mut stays) = enrol(&server, &text, "stays").unwrap();
    assert_eq!(goes.report(&server).status(), 200);
    assert_eq!(stays.report(&server).status(), 200);
    let (mut of_goes, mut of_stays) = (Held::open(&server, &goes), Held::open(&server, &stays));
    assert!(matches!(of_goes.next(), Some(MessageV2::Ping { .. })));
    assert!(matches!(of_stays.next(), Some(MessageV2::Ping { .. })));
    until_report(&server, "stays", None);
    let path = format!("/api/v2/agents/{}", goes.identity.agent_id);
    let revoked = Instant::now();
    assert_eq!(server.request("DELETE", &path).send().unwrap().status(), 204);
    assert_eq!(of_goes.next(), None);
    assert!(
        revoked.elapsed() < Duration::from_secs(1),
        "{:?}",
        revoked.elapsed()
    );
    let (_, body) = opening(&goes);
    assert_eq!(
        code(post(&server, CHANNEL_ROUTE, body)),
        (401, "agent_revoked".into())
    );
    assert_eq!(ask_report(&server, "stays"), "told");
    assert_eq!(of_stays.next(), Some(MessageV2::ReportNow));
}

#[test]
fn only_the_agent_itself_opens_its_channel_and_each_opening_counts_once() {
    let server = Server::start();
    let (_, mut agent) = enrol(&server, &token(&server, 1), "m").unwrap();
    assert_eq!(agent.report(&server).status(), 200);
    let (_, body) = opening(&agent);
    let first = post(&server, CHANNEL_ROUTE, body.clone());
    assert_eq!(first.status(), 200);
    let again = post(&server, CHANNEL_ROUTE, body);
    assert_eq!(code(again), (409, "channel_repeated".into()));
    let report = agent.seal_next();
    assert_eq!(
        code(post(&server, CHANNEL_ROUTE, report)),
        (400, "decrypt_failed".into())
    );
    let content = OpeningV2 {
        channel: ChannelId::random().unwrap(),
        agent_version: String::new(),
    };
    let old = SystemClock.now().minus(Duration::from_secs(301));
    let old = sealed(&agent, CHANNEL_ROUTE, &content, old);
    assert_eq!(
        code(post(&server, CHANNEL_ROUTE, old)),
        (409, "clock_skew".into())
    );
    let nothing = sealed(&agent, CHANNEL_ROUTE, &serde_json::json!({}), SystemClock.now());
    assert_eq!(
        code(post(&server, CHANNEL_ROUTE, nothing)),
        (400, "malformed_channel".into())
    );
}

#[test]
fn an_answer_counts_for_the_ping_that_was_asked_and_for_its_own_machine() {
    let server = Server::start();
    let text = token(&server, 2);
    let (_, mut asked) = enrol(&server, &text, "asked").unwrap();
    let (_, other) = enrol(&server, &text, "other").unwrap();
    assert_eq!(asked.report(&server).status(), 200);
    until_report(&server, "asked", None);
    let mut held = Held::open(&server, &asked);
    let Some(MessageV2::Ping { id }) = held.next() else {
        panic!("no ping came");
    };
    let pong = |agent: &Enrolled, channel, id| {
        let content = PongV2 {
            channel,
            id,
            uptime_s: 61,
        };
        let body = sealed(agent, PONG_ROUTE, &content, SystemClock.now());
        post(&server, PONG_ROUTE, body).status().as_u16()
    };
    assert_eq!(pong(&other, held.id, id), 404);
    assert_eq!(pong(&asked, ChannelId::random().unwrap(), id), 404);
    assert_eq!(pong(&asked, held.id, id + 1), 404);
    assert!(health(&server, "asked")["latency_ms"].is_null());
    assert_eq!(pong(&asked, held.id, id), 204);
    assert_eq!(pong(&asked, held.id, id), 404, "once");
    let health = health(&server, "asked");
    assert!(health["latency_ms"].as_f64().unwrap() > 0.0);
    assert_eq!(
        (&health["uptime_seconds"], &health["agent_version"]),
        (&61.into(), &"9.9.9".into())
    );
}

#[test]
fn a_newer_channel_takes_the_place_of_the_one_before() {
    let server = Server::start();
    let (_, agent) = enrol(&server, &token(&server, 1), "m").unwrap();
    let mut first = Held::open(&server, &agent);
    assert!(first.next().is_some());
    let mut second = Held::open(&server, &agent);
    assert!(second.next().is_some());
    assert_eq!(first.next(), None);
}

#[test]
fn a_server_that_stops_ends_the_channels_in_good_order_and_agents_open_others() {
    let mut server = Server::start();
    let _agent = Agent::start(&server, "comes-back", HOURLY);
    until_report(&server, "comes-back", None);
    until_health(&server, "comes-back", "it answers", |health| {
        health["latency_ms"].is_number()
    });
    server.signal("TERM");
    assert!(server.wait().success());
    server.restart_at_its_address("server");
    until_health(&server, "comes-back", "it answers again", |health| {
        health["latency_ms"].is_number()
    });
}

#[test]
fn without_a_channel_the_answer_to_a_report_says_that_somebody_looks() {
    let server = Server::start();
    let (_, mut agent) = enrol(&server, &token(&server, 1), "no-channel").unwrap();
    let receipt = |answer: Response| answer.json::<Value>().unwrap();
    let body = agent.seal_next();
    assert_eq!(receipt(send(&server, body)).get("report_now"), None);
    until_report(&server, "no-channel", None);
    assert_eq!(ask_report(&server, "no-channel"), "with_next_report");
    let body = agent.seal_next();
    assert_eq!(receipt(send(&server, body))["report_now"], true);
    assert!(health(&server, "no-channel").is_null());
}

#[test]
fn a_real_agent_without_a_channel_reports_sooner_while_somebody_looks() {
    let server = Server::start();
    let _agent = Agent::start(&server, "m", "report_interval: 12, channel: {enabled: false}");
    let mut seen = vec![until_report(&server, "m", None)];
    while seen.len() < 3 {
        let began = Instant::now();
        while last_seen(&server, "m") <= seen.last().copied() {
            ask_report(&server, "m");
            assert!(began.elapsed() < Duration::from_secs(30), "no report came");
            std::thread::park_timeout(Duration::from_millis(500));
        }
        seen.extend(last_seen(&server, "m"));
    }
    // The third one was not due for another seven seconds.
    let gap = seen[2].since(seen[1]);
    assert!(
        gap >= Duration::from_secs(4) && gap < Duration::from_secs(9),
        "{seen:?}"
    );
    assert!(health(&server, "m").is_null());
}

#[cfg(target_os = "linux")]
#[test]
fn nothing_listens_on_the_agents_machine() {
    let server = Server::start();
    let agent = Agent::start(&server, "m", HOURLY);
    until_health(&server, "m", "it answers", |health| {
        health["latency_ms"].is_number()
    });
    let pid = agent.pid();
    let mut sockets = Vec::new();
    for file in std::fs::read_dir(format!("/proc/{pid}/fd")).unwrap().flatten() {
        let target = std::fs::read_link(file.path()).unwrap_or_default();
        let target = target.to_string_lossy().into_owned();
        sockets.extend(
            target
                .strip_prefix("socket:[")
                .map(|rest| rest.trim_end_matches(']').to_owned()),
        );
    }
    let mut listening = 0;
    let mut connected = 0;
    for table in ["tcp", "tcp6", "udp", "udp6"] {
        let Ok(text) = std::fs::read_to_string(format!("/proc/{pid}/net/{table}")) else {
            continue;
        };
        for line in text.lines().skip(1) {
            let fields: Vec<_> = line.split_whitespace().collect();
            if sockets.iter().any(|inode| inode == fields[9]) {
                listening += usize::from(fields[3] == "0A" || table.starts_with("udp"));
                connected += usize::from(fields[3] == "01");
            }
        }
    }
    assert_eq!(listening, 0);
    // Reports and the channel share one connection.
    assert_eq!(connected, 1);
}

/// Prints what an open channel costs the server, its connection included: `cargo test --test channel -- --ignored
/// --nocapture what_a_channel_costs`, with `ATLAS_CHANNELS=1000` for more of them.
#[cfg(target_os = "linux")]
#[ignore = "measures, and proves nothing"]
#[test]
fn what_a_channel_costs() {
    let wanted: u32 = std::env::var("ATLAS_CHANNELS").map_or(200, |text| text.parse().unwrap());
    let server = Server::start();
    let text = token(&server, wanted);
    let resident_kib = || {
        let status = std::fs::read_to_string(format!("/proc/{}/status", server.pid())).unwrap();
        let line = status
            .lines()
            .find_map(|line| line.strip_prefix("VmRSS:"))
            .unwrap();
        line.trim().trim_end_matches(" kB").parse::<u64>().unwrap()
    };
    let agents: Vec<_> = (0..wanted)
        .map(|number| enrol(&server, &text, &format!("m{number}")).unwrap().1)
        .collect();
    let before = resident_kib();
    let held: Vec<_> = agents
        .iter()
        .map(|agent| {
            let client = reqwest::blocking::Client::builder()
                .tls_backend_preconfigured(client_config(FirstContact::new()).unwrap())
                .build()
                .unwrap();
            let request = client.post(format!("{}{CHANNEL_ROUTE}", server.url));
            let response = request.body(opening(agent).1).send().unwrap();
            assert_eq!(response.status(), 200);
            response
        })
        .collect();
    let after = resident_kib();
    let each = (after - before) as f64 / f64::from(wanted);
    println!("{wanted} channels: {before} KiB before, {after} KiB with them, {each:.1} KiB each");
    drop(held);
}
