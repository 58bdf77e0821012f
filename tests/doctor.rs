//! `atlas doctor`: each thing that commonly goes wrong is made to go wrong, and must be found, explained
//! and told by the exit status.

#![cfg(feature = "server")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

#[allow(unreachable_pub, dead_code, reason = "each test file uses a part of it")]
mod running;

use std::fs;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use atlas::wire::pins::TlsPin;
use rcgen::{CertificateParams, KeyPair, PublicKeyData};
use running::enrolled::token;
use running::small_disk::SmallDisk;
use running::{Server, atlas};
use serde_json::{Value, json};
use tempfile::TempDir;

/// What a doctor found: its findings, and the status with which it ended.
struct Found {
    findings: Vec<Value>,
    status: i32,
}

impl Found {
    fn by(mut doctor: Command) -> Self {
        let output = doctor.output().unwrap();
        let said: Value = serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)));
        let findings = said["findings"].as_array().unwrap().clone();
        let failed = findings.iter().filter(|one| one["verdict"] == "fail").count();
        assert_eq!(said["failed"], failed);
        let status = output.status.code().unwrap();
        assert_eq!(status, i32::from(failed > 0));
        Self { findings, status }
    }

    /// The verdicts of that check, worst first, and what was said.
    fn of(&self, check: &str) -> (String, String) {
        let rank = |one: &Value| {
            ["fail", "warn", "ok"]
                .iter()
                .position(|word| one["verdict"] == **word)
        };
        let mut of_it: Vec<_> = self.findings.iter().filter(|one| one["check"] == check).collect();
        of_it.sort_by_key(|one| rank(one));
        let worst = of_it
            .first()
            .unwrap_or_else(|| panic!("no {check} in {:?}", self.findings));
        (worst["verdict"].as_str().unwrap().to_owned(), worst.to_string())
    }

    fn verdict(&self, check: &str) -> String {
        self.of(check).0
    }

    /// That check failed, with these words; all others are fine.
    fn failed_only(&self, check: &str, words: &str) {
        let failed: Vec<_> = self
            .findings
            .iter()
            .filter(|one| one["verdict"] == "fail")
            .collect();
        assert_eq!(failed.len(), 1, "{:#?}", self.findings);
        assert_eq!(failed[0]["check"], check, "{failed:?}");
        assert!(failed[0].to_string().contains(words), "{failed:?}");
        assert_eq!(self.status, 1);
    }
}

/// A machine that is enrolled, in a home of its own.
struct Enrolled {
    home: TempDir,
}

impl Enrolled {
    fn at(server: &Server) -> Self {
        let home = tempfile::tempdir().unwrap();
        let token = token(server, 1);
        let arguments = [
            "agent",
            "enroll",
            &server.url,
            "--token",
            &token,
            "--machine-id",
            "m",
        ];
        let done = atlas(home.path()).args(arguments).output().unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        Self { home }
    }

    fn data(&self) -> PathBuf {
        self.home.path().join(".fleet_monitoring/data")
    }

    fn doctor(&self) -> Command {
        let mut doctor = atlas(self.home.path());
        doctor.args(["doctor", "--agent", "--json"]);
        doctor
    }

    fn found(&self) -> Found {
        Found::by(self.doctor())
    }

    /// Changes what it knows of its server.
    fn know(&self, key: &str, value: Value) {
        let file = self.data().join("agent/identity.json");
        let mut identity: Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
        identity[key] = value;
        fs::write(&file, identity.to_string()).unwrap();
    }
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(mode)).unwrap();
}

#[test]
fn a_healthy_agent_fails_nothing_and_its_server_keeps_nothing_of_it() {
    let server = Server::start();
    let agent = Enrolled::at(&server);
    let found = agent.found();
    for check in [
        "config",
        "files",
        "enrolment",
        "name",
        "port",
        "pin",
        "clock",
        "version",
        "credential",
    ] {
        let (verdict, said) = found.of(check);
        assert_eq!(verdict, "ok", "{said}");
    }
    assert_eq!(found.verdict("spool"), "warn", "no agent has run yet");
    assert_eq!(found.status, 0);
    let machines = server.get("/api/fleet/machines");
    assert_eq!(machines["machines"].as_array().unwrap().len(), 0, "{machines}");
    let shown = atlas(agent.home.path()).arg("doctor").output().unwrap();
    assert!(String::from_utf8(shown.stdout).unwrap().contains("\nok    pin "));
}

#[test]
fn a_server_that_is_gone_and_a_name_that_is_none_are_told_apart() {
    let mut server = Server::start();
    let agent = Enrolled::at(&server);
    server.kill();
    agent.found().failed_only("port", "is the server running");
    let mut doctor = agent.doctor();
    doctor.env("FLEET_SERVER_URL", "https://no-such-name.invalid:8768");
    Found::by(doctor).failed_only("name", "no-such-name.invalid is not known");
}

#[test]
fn another_servers_key_and_a_pin_that_is_wrong_are_found() {
    let (server, other) = (Server::start(), Server::start());
    let agent = Enrolled::at(&server);
    let mut doctor = agent.doctor();
    doctor.env("FLEET_SERVER_URL", &other.url);
    Found::by(doctor).failed_only("pin", "none of the pinned ones");
    agent.know("tls_pins", json!([TlsPin::of(b"another key")]));
    agent.found().failed_only("pin", "atlas agent repin");
}

#[test]
fn a_revoked_credential_and_one_that_waits_are_told_apart() {
    let server = Server::start();
    let agent = Enrolled::at(&server);
    let second = Enrolled::at(&server);
    let found = second.found();
    let (verdict, said) = found.of("credential");
    assert_eq!((verdict.as_str(), found.status), ("warn", 0), "{said}");
    assert!(said.contains("waits until an administrator approves"), "{said}");
    let agents = server.get("/api/v2/agents");
    for one in agents["agents"].as_array().unwrap() {
        let path = format!("/api/v2/agents/{}", one["agent_id"].as_str().unwrap());
        assert!(
            server
                .request("DELETE", &path)
                .send()
                .unwrap()
                .status()
                .is_success()
        );
    }
    agent.found().failed_only("credential", "was revoked");
}

#[test]
fn secrets_that_others_can_read_are_found() {
    let server = Server::start();
    let agent = Enrolled::at(&server);
    set_mode(&agent.data().join("agent/identity.json"), 0o644);
    agent.found().failed_only("files", "chmod 600");
    set_mode(&agent.data().join("agent/identity.json"), 0o600);
    set_mode(&agent.data(), 0o755);
    assert_eq!(agent.found().verdict("files"), "warn");
}

#[test]
fn settings_that_are_wrong_and_a_machine_that_is_not_enrolled_are_found() {
    let home = tempfile::tempdir().unwrap();
    fs::create_dir_all(home.path().join(".fleet_monitoring")).unwrap();
    fs::write(
        home.path().join(".fleet_monitoring/config.yaml"),
        "fleet:\n  server:\n    prot: 1\n",
    )
    .unwrap();
    let mut doctor = atlas(home.path());
    doctor.args(["doctor", "--json"]);
    let found = Found::by(doctor);
    assert!(found.of("config").1.contains("prot"));
    assert_eq!(
        (found.verdict("config"), found.verdict("enrolment")),
        ("fail".into(), "fail".into())
    );
    assert!(
        !home.path().join(".fleet_monitoring/data").exists(),
        "looking makes nothing"
    );
}

#[test]
fn a_disk_that_is_full_is_found() {
    let Some(disk) = SmallDisk::mount(64) else { return };
    fs::create_dir_all(disk.0.path().join(".fleet_monitoring/data")).unwrap();
    set_mode(&disk.0.path().join(".fleet_monitoring/data"), 0o700);
    disk.fill();
    let mut doctor = atlas(disk.0.path());
    doctor.args(["doctor", "--agent", "--json"]);
    let found = Found::by(doctor);
    let disk = |one: &&Value| one["check"] == "disk";
    let said: Vec<_> = found
        .findings
        .iter()
        .filter(disk)
        .map(ToString::to_string)
        .collect();
    assert!(
        said.len() == 2 && said.iter().all(|one| one.contains("make room")),
        "{said:?}"
    );
}

/// One that says of itself what it is told, once for each call, behind a key that the agent knows.
fn pretend(health: Value) -> (u16, TlsPin) {
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(vec!["localhost".to_owned()])
        .unwrap()
        .self_signed(&key)
        .unwrap();
    let pin = TlsPin::of(&key.subject_public_key_info());
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let private = rustls::pki_types::PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let tls = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], private)
        .unwrap();
    let tls = Arc::new(tls);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for socket in listener.incoming().flatten() {
            let connection = rustls::ServerConnection::new(tls.clone()).unwrap();
            let mut stream = rustls::StreamOwned::new(connection, socket);
            let mut request = [0; 4_096];
            // The first connection only tries the port.
            if stream.read(&mut request).is_ok_and(|read| read > 0) {
                let body = health.to_string();
                let _ = write!(
                    stream,
                    "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
                    body.len()
                );
                stream.conn.send_close_notify();
                let _ = stream.flush();
            }
        }
    });
    (port, pin)
}

#[test]
fn a_clock_that_is_off_and_an_older_server_are_found() {
    let server = Server::start();
    let agent = Enrolled::at(&server);
    let (port, pin) = pretend(json!({"version": "2.0.0", "timestamp": "2020-01-01T00:00:00Z"}));
    agent.know("tls_pins", json!([pin]));
    let mut doctor = agent.doctor();
    doctor.env("FLEET_SERVER_URL", format!("https://127.0.0.1:{port}"));
    let found = Found::by(doctor);
    let (verdict, said) = found.of("clock");
    assert_eq!(verdict, "fail", "{said}");
    assert!(
        said.contains("s ahead of the server's") && said.contains("timedatectl"),
        "{said}"
    );
    assert_eq!(found.verdict("version"), "warn");
    assert_eq!(found.verdict("credential"), "fail", "it takes no reports");
}

fn of_the_server(home: &Path, more: &[(&str, &str)]) -> Found {
    let mut doctor = atlas(home);
    doctor
        .args(["doctor", "--server", "--json"])
        .envs(more.iter().copied());
    Found::by(doctor)
}

#[test]
fn a_healthy_server_fails_nothing_running_or_stopped() {
    let mut server = Server::start();
    let port = server.port().to_string();
    let found = of_the_server(server.folder.path(), &[("FLEET_SERVER_PORT", &port)]);
    for check in ["files", "port", "certificate", "store"] {
        let (verdict, said) = found.of(check);
        assert_eq!(verdict, "ok", "{said}");
    }
    assert_eq!(found.status, 0, "{:?}", found.findings);
    server.kill();
    let found = of_the_server(server.folder.path(), &[("FLEET_SERVER_PORT", &port)]);
    assert_eq!((found.verdict("port"), found.status), ("warn".into(), 0));
}

#[test]
fn a_port_that_another_has_a_certificate_that_ended_and_a_damaged_store_are_found() {
    let mut server = Server::start();
    server.signal("TERM");
    server.wait();
    let home = server.folder.path().to_owned();
    let taken = TcpListener::bind("0.0.0.0:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    of_the_server(&home, &[("FLEET_SERVER_PORT", &port)]).failed_only("port", "choose another");
    drop(taken);

    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    params.not_before = rcgen::date_time_ymd(2020, 1, 1);
    params.not_after = rcgen::date_time_ymd(2021, 1, 1);
    let (cert, private) = (home.join("c.pem"), home.join("k.pem"));
    fs::write(&cert, params.self_signed(&key).unwrap().pem()).unwrap();
    fs::write(&private, key.serialize_pem()).unwrap();
    let given = [
        ("FLEET_SSL_CERT", cert.to_str().unwrap()),
        ("FLEET_SSL_KEY", private.to_str().unwrap()),
        ("FLEET_SERVER_PORT", &port),
    ];
    of_the_server(&home, &given).failed_only("certificate", "has ended");

    let database = home.join(".fleet_monitoring/data/store/atlas.db");
    let mut bytes = fs::read(&database).unwrap();
    // Below its first page, the one that says what it is.
    for byte in &mut bytes[4_096..12_288] {
        *byte = 0xa5;
    }
    fs::write(&database, bytes).unwrap();
    of_the_server(&home, &[("FLEET_SERVER_PORT", &port)]).failed_only("store", "store");
    fs::remove_file(home.join(".fleet_monitoring/data/vault.key")).unwrap();
    assert_eq!(
        of_the_server(&home, &[("FLEET_SERVER_PORT", &port)]).verdict("keys"),
        "fail"
    );
}
