//! The server's certificate in real life: files that somebody renews under a running server, its own
//! that is renewed or gets another key, and agents that come along through all of it.

use std::path::Path;
use std::process::{Child, Output};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rcgen::{CertificateParams, KeyPair};
use serde_json::{Value, json};

use crate::raw::{Raw, assert_serves};
use crate::running::{Server, atlas};

/// Puts a certificate for that name there, as certbot does: with a new key.
fn put(folder: &Path, name: &str) {
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(vec![name.to_owned(), "localhost".to_owned()]).unwrap();
    std::fs::write(folder.join("tls.crt"), params.self_signed(&key).unwrap().pem()).unwrap();
    std::fs::write(folder.join("tls.key"), key.serialize_pem()).unwrap();
}

fn with_files() -> Server {
    let folder = Arc::new(tempfile::tempdir().unwrap());
    put(folder.path(), "first.example");
    let file = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (cert, key) = (file("tls.crt"), file("tls.key"));
    Server::start_in(
        folder,
        "server",
        &[("FLEET_SSL_CERT", &cert), ("FLEET_SSL_KEY", &key)],
    )
}

fn certificate(server: &Server) -> Value {
    // A connection of its own each time: the key may be another one.
    let mut raw = Raw::connect(server);
    raw.send(format!(
        "GET /api/v2/certificate HTTP/1.1\r\nHost: localhost\r\nCookie: {}\r\n\r\n",
        server.cookie
    ));
    let answer = raw.answer();
    assert_eq!(answer.status, 200, "{}", answer.text());
    serde_json::from_slice(&answer.body).unwrap()
}

pub(super) fn until(server: &Server, what: &str, condition: impl Fn(&Value) -> bool) -> Value {
    let began = Instant::now();
    loop {
        let now = certificate(server);
        if condition(&now) {
            return now;
        }
        assert!(
            began.elapsed() < Duration::from_secs(90),
            "waited in vain: {what}: {now}"
        );
        std::thread::park_timeout(Duration::from_millis(100));
    }
}

/// The name that a new handshake shows.
pub(super) fn shown(server: &Server) -> String {
    let raw = Raw::connect(server);
    let shown = raw.0.conn.peer_certificates().unwrap()[0].to_vec();
    String::from_utf8_lossy(&shown).into_owned()
}

#[test]
fn a_renewed_file_is_served_without_dropping_a_connection_and_a_broken_one_is_not() {
    let server = with_files();
    let first = certificate(&server);
    assert_eq!(
        (&first["source"], &first["state"]),
        (&json!("files"), &json!("ok")),
        "{first}"
    );
    assert!(shown(&server).contains("first.example"));
    let mut open = Raw::connect(&server);
    let ask = "GET /api/health HTTP/1.1\r\nHost: localhost\r\n\r\n";
    open.send(ask);
    assert_eq!(open.answer().status, 200);
    put(server.folder.path(), "second.example");
    let second = until(&server, "the new file is served", |now| {
        now["pin"] != first["pin"]
    });
    assert_eq!(second["names"], json!(["second.example", "localhost"]));
    assert!(shown(&server).contains("second.example"));
    // Half of a copy, and a certificate whose key has not come yet.
    for (file, text) in [("tls.crt", "-----BEGIN CERTI"), ("tls.key", "nonsense")] {
        std::fs::write(server.folder.path().join(file), text).unwrap();
        let broken = until(&server, "the fault is told", |now| {
            now["last_error"]
                .as_str()
                .is_some_and(|error| error.contains("tls."))
        });
        assert_eq!(
            (&broken["pin"], &broken["state"]),
            (&second["pin"], &json!("failing"))
        );
        assert!(shown(&server).contains("second.example"));
    }
    let renewed = server
        .request("POST", "/api/v2/certificate/renew")
        .send()
        .unwrap();
    assert_eq!(renewed.status(), 502);
    put(server.folder.path(), "third.example");
    let third = until(&server, "it heals", |now| now["state"] == "ok");
    assert_eq!(third["names"][0], "third.example");
    assert!(
        !server
            .folder
            .path()
            .join(".fleet_monitoring/data/server.crt")
            .exists()
    );
    open.send(ask);
    assert_eq!(open.answer().status, 200, "a connection was dropped");
}

#[test]
fn a_given_certificate_that_can_t_be_used_is_never_replaced_by_the_server_s_own() {
    let home = tempfile::tempdir().unwrap();
    let start = |cert: &str, key: Option<&str>| -> Output {
        let mut command = atlas(home.path());
        command
            .args(["server", "--port", "0"])
            .env("FLEET_SSL_CERT", cert);
        if let Some(key) = key {
            command.env("FLEET_SSL_KEY", key);
        }
        command.output().unwrap()
    };
    put(home.path(), "a.example");
    let file = |name: &str| home.path().join(name).to_str().unwrap().to_owned();
    let other = KeyPair::generate().unwrap().serialize_pem();
    std::fs::write(file("other.key"), other).unwrap();
    for (cert, key, said) in [
        (file("none.crt"), Some(file("tls.key")), "none.crt"),
        (file("tls.crt"), None, "key_file"),
        (file("tls.crt"), Some(file("other.key")), "don't go together"),
        (file("tls.key"), Some(file("tls.key")), "damaged"),
    ] {
        let output = start(&cert, key.as_deref());
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{text}");
        assert!(text.contains(said) && text.lines().count() == 1, "{text}");
    }
}

fn renew(server: &Server, body: &Value) -> Value {
    let answer = server
        .request("POST", "/api/v2/certificate/renew")
        .json(body)
        .send()
        .unwrap();
    assert_eq!(answer.status(), 200);
    answer.json().unwrap()
}

fn token(server: &Server) -> String {
    let made = atlas(server.folder.path())
        .args(["token", "create", "--json"])
        .output()
        .unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let token: Value = serde_json::from_slice(&made.stdout).unwrap();
    token["token"].as_str().unwrap().to_owned()
}

fn run(home: &Path, arguments: &[&str]) -> (bool, String) {
    let output = atlas(home).args(arguments).output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    (
        output.status.success(),
        String::from_utf8_lossy(&said).into_owned(),
    )
}

#[test]
fn agents_come_along_when_the_server_s_key_changes_once_or_twice() {
    let server = Server::start();
    let home = tempfile::tempdir().unwrap();
    let join = token(&server);
    let (is_done, said) = run(
        home.path(),
        &[
            "agent",
            "enroll",
            &server.url,
            "--token",
            &join,
            "--machine-id",
            "m",
        ],
    );
    assert!(is_done, "{said}");
    let test = || run(home.path(), &["agent", "--test"]);
    assert!(test().0);
    let first = certificate(&server);
    assert_eq!(
        renew(&server, &json!({}))["pin"],
        first["pin"],
        "a renewal keeps the key"
    );
    assert!(test().0);
    // The next key was told when the agent was enrolled.
    let second = renew(&server, &json!({"new_key": true}));
    assert_eq!(second["pin"], first["next_pin"]);
    assert!(test().0);
    // Nobody told it the one after that; the command line of the server's machine knows.
    let asked = renew(&server, &json!({"new_key": true}));
    assert_eq!(
        (&asked["pin"], &asked["key_change_waits"]),
        (&second["pin"], &json!(true))
    );
    assert_eq!((&asked["agents_told"], &asked["agents"]), (&json!(0), &json!(1)));
    let third = renew(&server, &json!({"new_key": true, "at_once": true}));
    assert_eq!(
        (&third["pin"], &third["key_change_waits"]),
        (&second["next_pin"], &json!(false))
    );
    let (is_done, said) = test();
    assert!(
        !is_done && said.contains(third["pin"].as_str().unwrap()),
        "{said}"
    );
    let other = Server::start();
    let (is_done, said) = run(home.path(), &["agent", "repin", "--token", &token(&other)]);
    assert!(!is_done && said.contains("another server"), "{said}");
    let (is_done, said) = run(home.path(), &["agent", "repin", "--token", &token(&server)]);
    assert!(is_done && said.contains(third["pin"].as_str().unwrap()), "{said}");
    assert!(test().0);
    assert_serves(&server, "afterwards");
}

/// A running agent, which ends with its test.
struct Agent(Child);

impl Drop for Agent {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The home of an agent that is enrolled as m and reports each second.
fn enrolled_home(server: &Server) -> tempfile::TempDir {
    let home = tempfile::tempdir().unwrap();
    let join = token(server);
    let enrol = [
        "agent",
        "enroll",
        &server.url,
        "--token",
        &join,
        "--machine-id",
        "m",
    ];
    assert!(run(home.path(), &enrol).0);
    let config = "fleet:\n  agent:\n    report_interval: 1\n";
    std::fs::write(home.path().join(".fleet_monitoring/config.yaml"), config).unwrap();
    home
}

#[test]
fn a_change_of_the_key_waits_over_a_restart_until_the_agents_have_been_told_of_it() {
    let server = Server::start();
    let home = enrolled_home(&server);
    let second = renew(&server, &json!({"new_key": true}));
    assert_eq!(
        renew(&server, &json!({"new_key": true}))["key_change_waits"],
        true
    );
    let (folder, port) = (server.folder.clone(), server.port().to_string());
    drop(server);
    let server = Server::start_in(folder, "server", &[("FLEET_SERVER_PORT", &port)]);
    let waiting = certificate(&server);
    assert_eq!(
        (&waiting["pin"], &waiting["key_change_waits"]),
        (&second["pin"], &json!(true))
    );
    let _agent = Agent(atlas(home.path()).arg("agent").spawn().unwrap());
    server.until("it reports", |list| list["machines"][0]["machine_id"] == "m");
    assert_eq!(certificate(&server)["agents_told"], 0);
    // Agreeing on another key tells it.
    let rotation = server
        .request("POST", "/api/v2/agents/rotation")
        .json(&json!({"within_s": 1}));
    assert_eq!(rotation.send().unwrap().status(), 200);
    let served = until(&server, "the next key is served", |now| {
        now["pin"] == second["next_pin"]
    });
    assert_eq!(served["key_change_waits"], false);
    let log = server.get("/api/v2/audit?action=certificate.change");
    assert_eq!(log["records"][0]["target"], "a new key, which 1 of 1 agents know");
    let seen = server.get("/api/fleet/machine/m")["last_seen"].clone();
    server.until("it reports on", |list| list["machines"][0]["last_seen"] != seen);
}

#[test]
fn a_running_agent_takes_a_new_key_that_its_server_vouches_for_and_loses_no_report() {
    let server = Server::start();
    let home = enrolled_home(&server);
    let _agent = Agent(atlas(home.path()).arg("agent").spawn().unwrap());
    server.until("it reports", |list| list["machines"][0]["machine_id"] == "m");
    renew(&server, &json!({"new_key": true}));
    let third = renew(&server, &json!({"new_key": true, "at_once": true}));
    // Its connection lives on with the old key: only a new one meets the new key.
    let folder = server.folder.clone();
    drop(server);
    let port_taken = folder.path().join(".fleet_monitoring/data/local-admin.key");
    let port = std::fs::read_to_string(port_taken)
        .unwrap()
        .lines()
        .nth(1)
        .unwrap()
        .to_owned();
    let server = Server::start_in(folder, "server", &[("FLEET_SERVER_PORT", &port)]);
    assert_eq!(certificate(&server)["pin"], third["pin"]);
    let seen = server.get("/api/fleet/machine/m")["last_seen"].clone();
    server.until("it reports again", |list| {
        list["machines"][0]["last_seen"] != seen
    });
    let identity = home.path().join(".fleet_monitoring/data/agent/identity.json");
    let pin = third["pin"]
        .as_str()
        .unwrap()
        .trim_start_matches("sha256//")
        .to_owned();
    assert!(std::fs::read_to_string(identity).unwrap().contains(&pin));
}
