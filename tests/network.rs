//! The network monitors over real sockets, and in a network of this machine's own where lines can be
//! cut. Nothing leaves this machine.

#![cfg(feature = "server")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

#[allow(unreachable_pub, dead_code, reason = "each test file uses a part of it")]
mod running;

use std::io::{Read, Write};
use std::net::{TcpListener, UdpSocket};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use atlas::agent::diagnosis::{Analyst, AnalystRule};
use atlas::agent::monitors::Monitor;
use atlas::agent::monitors::ping::{Ping, PingRule};
use atlas::config::Config;
use atlas::wire::envelope_v2::{Compression, Context, Outgoing};
use atlas::wire::report_v1::{DiagnosisV1, TroubleV1};
use atlas::wire::speed_test::{SPEED_TEST_HEADER, SPEED_TEST_ROUTE};
use atlas_actors::clock::{Clock, SystemClock};
use reqwest::blocking::Response;
use running::Server;
use running::enrolled::{self, Enrolled};
use serde_json::json;

/// A name server that knows every name.
fn name_server() -> String {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let address = socket.local_addr().unwrap().to_string();
    std::thread::spawn(move || {
        let mut buffer = [0; 512];
        while let Ok((bytes, from)) = socket.recv_from(&mut buffer) {
            (buffer[2], buffer[3], buffer[7]) = (0x81, 0x80, 1);
            let _ = socket.send_to(&buffer[..bytes], from);
        }
    });
    address
}

/// A web server that is always well.
fn web_server() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let _ = stream.read(&mut [0; 1_024]);
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n");
        }
    });
    address
}

/// An agent that looks each second at this machine alone.
fn start(more: &[(&str, &str)]) -> Server {
    let mut variables = vec![
        ("ATLAS__FLEET__AGENT__REPORT_INTERVAL", "1"),
        ("ATLAS__FLEET__AGENT__MONITORS__PING__ENABLED", "true"),
        ("ATLAS__FLEET__AGENT__MONITORS__DNS__ENABLED", "true"),
        ("ATLAS__FLEET__AGENT__MONITORS__DNS__INTERVAL", "1"),
        ("ATLAS__FLEET__AGENT__MONITORS__CHECKS__INTERVAL", "1"),
        ("ATLAS__NETWORK__PING__TARGETS", "127.0.0.1 This machine"),
        ("ATLAS__NETWORK__PING__GATEWAY", "false"),
        ("ATLAS__NETWORK__PING__UPDATE_INTERVAL", "1"),
        ("ATLAS__NETWORK__ANALYZER__ISSUE_DETECTION_THRESHOLD", "1"),
    ];
    let folder = Arc::new(tempfile::tempdir().unwrap());
    let log = |name: &str| {
        folder
            .path()
            .join("logs")
            .join(name)
            .to_string_lossy()
            .into_owned()
    };
    let (logs, ping, diagnostics) = (log(""), log("ping.csv"), log("diagnostics.csv"));
    variables.extend([
        ("ATLAS__FLEET__AGENT__CSV_LOGS__ENABLED", "true"),
        ("ATLAS__FLEET__AGENT__CSV_LOGS__FOLDER", &*logs),
        ("ATLAS__NETWORK__PING__LOG_FILE", &*ping),
        ("ATLAS__NETWORK__WIFI__DIAGNOSTICS_FILE", &*diagnostics),
    ]);
    variables.extend_from_slice(more);
    Server::start_in(folder.clone(), "up", &variables)
}

#[test]
fn what_the_network_monitors_find_reaches_the_server() {
    let (names, web) = (name_server(), web_server());
    let targets = format!("http://{web}/ Web, tcp://127.0.0.1:9 Shut");
    let server = start(&[
        ("ATLAS__NETWORK__DNS__SERVERS", &names),
        ("ATLAS__NETWORK__CHECKS__TARGETS", &targets),
    ]);
    let list = server.until("a diagnosis that knows of the service", |list| {
        list["machines"][0]["latest_metrics"]["diagnosis"]["trouble"] == "service"
    });
    let metrics = &list["machines"][0]["latest_metrics"];
    let ping = &metrics["ping"]["targets"][0];
    assert_eq!(
        (ping["name"].as_str(), ping["status"].as_str()),
        (Some("This machine"), Some("ok"))
    );
    assert_eq!(metrics["ping"]["outside"]["loss_percent"], 0.0);
    assert!(metrics["voice"]["mos"].as_f64().unwrap() > 4.0);
    assert_eq!(metrics["dns"]["resolvers"][0]["address"], names.as_str());
    assert_eq!(metrics["dns"]["availability_percent"], 100.0);
    let checks = &metrics["checks"];
    assert_eq!(
        (checks[0]["name"].as_str(), &checks[0]["is_up"]),
        (Some("Web"), &true.into())
    );
    assert_eq!(
        (checks[1]["name"].as_str(), &checks[1]["is_up"]),
        (Some("Shut"), &false.into())
    );
    let evidence = metrics["diagnosis"]["evidence"].to_string();
    assert!(
        evidence.contains("1 of 2 services don't answer: Shut"),
        "{evidence}"
    );
    assert_eq!(metrics["saas_endpoints"]["http"]["availability"], 100.0);
    assert!(metrics["network_quality"]["dns_avg_latency"].is_number());
    assert!(metrics["vpn"]["connected"].is_boolean());
    // The same where clients of 2.0 look for it: of the server's own machine unless said.
    assert_eq!(server.get("/api/saas/health")["http"]["availability"], 100.0);
    assert_eq!(server.get("/api/network/quality")["dns_availability"], 100.0);
    assert_eq!(
        server.get("/api/vpn/status")["connected"],
        metrics["vpn"]["connected"]
    );
    let unknown = server
        .request("GET", "/api/wifi/roaming?machine_id=none")
        .send()
        .unwrap();
    assert_eq!(unknown.status(), 404);
    let logs = server.folder.path().join("logs");
    let dns = std::fs::read_to_string(logs.join("dns.csv")).unwrap();
    assert!(
        dns.starts_with("timestamp,resolver_name,") && dns.contains(",True,"),
        "{dns}"
    );
    assert!(logs.join("diagnostics.csv").exists() && logs.join("ping.csv").exists());
}

/// Asks for bytes as an agent does, and reads none of them.
fn ask_for(server: &Server, agent: &Enrolled, bytes: u64) -> Response {
    let question = json!({"bytes": bytes}).to_string();
    let sealed = agent.identity.seal_key(0).seal(&Outgoing {
        seq: 0,
        sent_at: SystemClock.now(),
        context: Context {
            method: "POST",
            route: SPEED_TEST_ROUTE,
        },
        compression: Compression::Allowed,
        plaintext: question.as_bytes(),
    });
    let request = server.client.get(format!("{}{SPEED_TEST_ROUTE}", server.url));
    let header = serde_json::to_string(&sealed.unwrap()).unwrap();
    request.header(SPEED_TEST_HEADER, header).send().unwrap()
}

#[test]
fn speed_tests_are_for_agents_and_few_at_once() {
    let server = Server::start();
    let token = enrolled::token(&server, 1);
    let (_, agent) = enrolled::enrol(&server, &token, "m").unwrap();
    let bare = server
        .client
        .get(format!("{}{SPEED_TEST_ROUTE}", server.url))
        .send()
        .unwrap();
    assert_eq!(enrolled::code(bare), (401, "not_sealed".to_owned()));
    let too_many = ask_for(&server, &agent, (64 << 20) + 1);
    assert_eq!(enrolled::code(too_many), (400, "speed_test_size".to_owned()));
    let whole = ask_for(&server, &agent, 100_000).bytes().unwrap();
    assert_eq!(whole.len(), 100_000);
    let unread = [
        ask_for(&server, &agent, 64 << 20),
        ask_for(&server, &agent, 64 << 20),
    ];
    assert_eq!(unread[0].status(), 200);
    let third = ask_for(&server, &agent, 1 << 20);
    assert!(third.headers().contains_key("retry-after"));
    assert_eq!(enrolled::code(third), (503, "speed_tests_busy".to_owned()));
    assert_eq!(
        ask_for(&server, &agent, 0).status(),
        200,
        "a round trip takes nobody's line"
    );
    drop(unread);
    while ask_for(&server, &agent, 1 << 20).status() != 200 {
        std::thread::yield_now();
    }
}

#[test]
fn an_agent_tests_its_line_to_the_server_and_the_fleet_shows_it() {
    let server = start(&[
        ("ATLAS__FLEET__AGENT__MONITORS__SPEEDTEST__ENABLED", "true"),
        ("SPEEDTEST_INTERVAL", "1"),
        ("ATLAS__NETWORK__SPEEDTEST__SLOW_SPEED_THRESHOLD", "900000"),
        ("ATLAS__NETWORK__SPEEDTEST__CONSECUTIVE_SLOW_TRIGGER", "2"),
    ]);
    let list = server.until("a second speed test", |list| {
        list["machines"][0]["latest_metrics"]["speedtest"]["recent"][0].is_object()
    });
    let machine = list["machines"][0]["machine_id"].as_str().unwrap().to_owned();
    let tests = &list["machines"][0]["latest_metrics"]["speedtest"];
    assert!(tests["last"]["download_mbps"].as_f64().unwrap() > 1.0, "{tests}");
    assert!(tests["last"]["upload_mbps"].as_f64().unwrap() > 1.0, "{tests}");
    assert!(tests["last"]["latency_ms"].is_number() && tests["last"]["is_slow"] == true);
    assert!(tests["slow_in_a_row"].as_u64().unwrap() >= 2);
    let series = server.get(&format!(
        "/api/v2/machines/{machine}/series?metrics=download_mbps"
    ));
    assert!(
        series["series"]["download_mbps"]["max"]
            .as_array()
            .unwrap()
            .iter()
            .any(serde_json::Value::is_number)
    );
}

/// A machine's report: its wireless network, how packets fare, where its trouble is, its speed tests.
fn report(machine: &str, ssid: &str, loss: f64, trouble: &str, downloads: &[f64]) -> String {
    let tests: Vec<_> = downloads
        .iter()
        .enumerate()
        .map(|(hour, mbps)| {
            let at = SystemClock
                .now()
                .minus(Duration::from_secs(60 * (99 - hour as u64)));
            json!({"at": at.to_string(), "server": "s", "download_mbps": mbps, "is_slow": *mbps < 20.0})
        })
        .collect();
    let speedtest = tests
        .split_last()
        .map(|(last, recent)| json!({"last": last, "recent": recent}));
    json!({
        "machine_id": machine,
        "machine_info": {"hostname": machine, "ssid": ssid, "gateway": "192.0.2.1", "local_ip": "192.0.2.7"},
        "metrics": {
            "ping": {"outside": {"latency_ms": 20.0 + loss, "jitter_ms": 2.0, "loss_percent": loss}},
            "voice": {"mos": 4.5 - loss / 20.0, "r_factor": 90.0, "quality": "good"},
            "diagnosis": {"trouble": trouble, "severity": "critical", "summary": "A sentence.", "evidence": ["One."],
                "since": "2026-11-25T00:00:00Z", "troubles_in_window": 1},
            "speedtest": speedtest,
        },
    })
    .to_string()
}

#[test]
fn the_fleets_networks_are_summed_up_by_what_machines_share() {
    let server = Server::start();
    for (machine, ssid, loss, trouble, downloads) in [
        ("a", "Studio", 0.0, "none", &[][..]),
        ("b", "Studio", 30.0, "provider", &[90.0, 100.0, 10.0]),
        ("c", "Office", 10.0, "wifi", &[50.0]),
    ] {
        assert_eq!(
            server
                .report(report(machine, ssid, loss, trouble, downloads))
                .status(),
            200
        );
    }
    // Another shape than the one that is known: that machine does not say, the others still do.
    let odd = r#"{"machine_id":"d","metrics":{"diagnosis":[1],"vpn":"x"}}"#;
    assert_eq!(server.report(odd).status(), 200);
    server.until("all are listed", |list| {
        list["machines"].as_array().unwrap().len() == 4
    });
    let network = server.get("/api/v2/network");
    assert_eq!(
        (&network["machines"], &network["measured"]),
        (&json!(4), &json!(3))
    );
    assert_eq!(network["troubles"], json!({"provider": 1, "wifi": 1}));
    assert_eq!(network["worst"][0]["machine_id"], "b");
    let studio = network["by_ssid"]
        .as_array()
        .unwrap()
        .iter()
        .find(|one| one["name"] == "Studio")
        .unwrap();
    assert_eq!((&studio["machines"], &studio["troubled"]), (&json!(2), &json!(1)));
    assert_eq!(
        (&studio["loss_percent_worst"], &studio["latency_ms_worst"]),
        (&json!(30.0), &json!(50.0))
    );
    assert_eq!(network["by_gateway"][0]["name"], "192.0.2.1");
    assert_eq!(network["speed_tests"].as_array().unwrap().len(), 4);

    let analysis = server.get("/api/fleet/network-analysis");
    assert_eq!(
        (&analysis["machines_analyzed"], &analysis["machines_with_issues"]),
        (&json!(3), &json!(2))
    );
    let one = server.get("/api/fleet/network-analysis/c");
    assert_eq!(one["machines"][0]["evidence"], json!(["One."]));
    let summary = server.get("/api/fleet/network-test/summary");
    assert_eq!(
        (&summary["machines"], &summary["min_mos"]),
        (&json!(3), &json!(3.0))
    );
}

#[test]
fn speed_tests_are_summed_up_for_clients_of_2_0() {
    let server = Server::start();
    server.report(report("b", "Studio", 0.0, "none", &[90.0, 100.0, 10.0]));
    server.report(report("c", "Office", 0.0, "none", &[50.0]));
    server.until("both are listed", |list| {
        list["machines"].as_array().unwrap().len() == 2
    });
    let get = |path: &str| server.get(&format!("/api/fleet/speedtest/{path}"));
    let summary = get("summary?hours=24");
    assert_eq!(
        (&summary["total_tests"], &summary["slow_tests"]),
        (&json!(4), &json!(1))
    );
    assert_eq!(summary["avg_download"], 62.5);
    assert_eq!(get("summary?hours=1")["total_tests"], 0);
    assert_eq!(
        get("machine?machine_id=b")["results"].as_array().unwrap().len(),
        3
    );
    let comparison = get("comparison");
    assert_eq!(
        (
            &comparison["machines"][0]["name"],
            &comparison["machines"][1]["name"]
        ),
        (&json!("b"), &json!("c"))
    );
    let anomalies = get("anomalies");
    assert_eq!(
        (&anomalies["count"], &anomalies["anomalies"][0]["download"]),
        (&json!(1), &json!(10.0))
    );
    assert_eq!(get("recent?limit=2")["count"], 2);
    assert_eq!(get("recent20")["count"], 4);
    assert_eq!(get("subnet")["subnets"][0]["machines"], 2);
    for (path, code) in [
        ("speedtest/summary?hours=0", "invalid_hours"),
        ("speedtest/machine", "no_machine"),
        ("network-test/mos-simple?latency_ms=-1", "invalid_network_values"),
        ("network-test/mos-simple?latency_ms=x", "malformed_query"),
    ] {
        let answer = server
            .request("GET", &format!("/api/fleet/{path}"))
            .send()
            .unwrap();
        assert_eq!(enrolled::code(answer), (400, code.to_owned()), "{path}");
    }
    let good = server.get("/api/fleet/network-test/mos-simple?latency_ms=20&jitter_ms=1&packet_loss=0");
    assert_eq!(
        (&good["quality"], good["mos"].as_f64().unwrap() > 4.3),
        (&json!("excellent"), true)
    );
    let asked = json!({"latency_ms": 900.0, "jitter_ms": 80.0, "packet_loss": 20.0});
    let bad = server
        .request("POST", "/api/fleet/network-test/calculate-mos")
        .json(&asked)
        .send()
        .unwrap();
    assert_eq!(bad.json::<serde_json::Value>().unwrap()["quality"], "bad");
    assert_eq!(
        server.get("/api/fleet/network-test/servers")["servers"][0]["name"],
        "ATLAS"
    );
    let told = server
        .request("POST", "/api/fleet/network-test/metrics")
        .json(&json!({}))
        .send()
        .unwrap();
    assert_eq!(enrolled::code(told), (410, "comes_with_reports".to_owned()));
}

/// A process in a network of its own, which plays the gateway.
struct Router(Child);

impl Router {
    fn start() -> Self {
        let child = Command::new("unshare")
            .args(["-n", "sleep", "600"])
            .spawn()
            .unwrap();
        Self(child)
    }

    fn run(&self, command: &str) {
        let pid = self.0.id().to_string();
        let mut nsenter = Command::new("nsenter");
        nsenter.args(["-t", &pid, "-n"]).args(command.split(' '));
        assert!(nsenter.status().unwrap().success(), "{command}");
    }
}

impl Drop for Router {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn run(command: &str) {
    let mut words = command.split(' ');
    let mut program = Command::new(words.next().unwrap());
    assert!(program.args(words).status().unwrap().success(), "{command}");
}

/// Looks until the analyst has said it.
async fn until(ping: &mut Ping, analyst: &mut Analyst, trouble: TroubleV1) -> DiagnosisV1 {
    let mut said = None;
    for _ in 0..20 {
        let found = ping.look().await.unwrap();
        let now = SystemClock.now();
        analyst.look(&found.metrics, now);
        said = analyst.said(now);
        if said.as_ref().is_some_and(|said| said.trouble == trouble) {
            break;
        }
    }
    let said = said.unwrap();
    assert_eq!(said.trouble, trouble, "{said:?}");
    said
}

/// Runs the test below in a network of its own, since it takes interfaces up and down.
#[test]
fn a_cut_line_is_told_from_a_dead_gateway_and_from_no_way_out() {
    let allowed = Command::new("unshare")
        .args([
            "-n", "ip", "link", "add", "a0", "type", "veth", "peer", "name", "r0",
        ])
        .stderr(Stdio::null())
        .status();
    if !allowed.is_ok_and(|status| status.success()) {
        eprintln!("skipped: this system lets no test have a network of its own");
        return;
    }
    let myself = std::env::current_exe().unwrap();
    let mut inside = Command::new("unshare");
    inside
        .arg("-n")
        .arg(myself)
        .args(["--ignored", "--exact", "inside_a_network_of_its_own"]);
    let output = inside.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.contains("1 passed"), "{said}");
}

#[test]
#[ignore = "run by the test above, in a network of its own"]
fn inside_a_network_of_its_own() {
    let router = Router::start();
    run("ip link set lo up");
    // Echoes without being root: the kernel allows them to groups, and to none at first.
    let allowed = std::fs::write("/proc/sys/net/ipv4/ping_group_range", "0 2147483647");
    if let Err(error) = allowed {
        eprintln!("echoes go by a raw socket here: {error}");
    }
    run("ip link add a0 type veth peer name r0");
    // The child may not have left this network yet: only a foreign one takes the interface away.
    let pid = router.0.id();
    let own = std::fs::read_link("/proc/self/ns/net").unwrap();
    while std::fs::read_link(format!("/proc/{pid}/ns/net")).unwrap() == own {
        std::thread::yield_now();
    }
    run(&format!("ip link set r0 netns {pid}"));
    for command in ["ip addr add 198.18.0.2/24 dev a0", "ip link set a0 up"] {
        run(command);
    }
    // The internet is an address of the router's own.
    for command in [
        "ip addr add 198.18.0.1/24 dev r0",
        "ip link set r0 up",
        "ip link set lo up",
        "ip addr add 203.0.113.1/32 dev lo",
    ] {
        router.run(command);
    }
    run("ip route add default via 198.18.0.1");
    let mut config = Config::default();
    config.network.ping.targets = vec!["203.0.113.1 The internet".to_owned()];
    config.network.ping.ping_timeout = 1;
    config.network.ping.max_history = 1;
    config.network.analyzer.issue_detection_threshold = 2;
    let mut ping = Ping::new(PingRule::of(&config));
    let mut analyst = Analyst::new(AnalystRule::of(&config));
    actix_rt::System::new().block_on(async {
        let well = until(&mut ping, &mut analyst, TroubleV1::None).await;
        assert!(
            well.evidence[0].contains("198.18.0.1 answered 3 of 3"),
            "{well:?}"
        );
        router.run("ip addr del 203.0.113.1/32 dev lo");
        let cut = until(&mut ping, &mut analyst, TroubleV1::Provider).await;
        assert!(cut.evidence[1].contains("lost 100 %"), "{cut:?}");
        router.run("ip link set r0 down");
        let dead = until(&mut ping, &mut analyst, TroubleV1::LocalNetwork).await;
        assert!(
            dead.evidence[0].contains("198.18.0.1 answered 0 of 3"),
            "{dead:?}"
        );
        run("ip route del default");
        until(&mut ping, &mut analyst, TroubleV1::Machine).await;
        router.run("ip link set r0 up");
        router.run("ip addr add 203.0.113.1/32 dev lo");
        run("ip route add default via 198.18.0.1");
        until(&mut ping, &mut analyst, TroubleV1::None).await;
    });
}
