//! A certificate from an authority: Pebble, the test authority of the ACME working group, with a name
//! server that leads every name to this machine. test.sh installs it on Debian, where its lack fails.

use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use rcgen::{CertificateParams, KeyPair};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::certificate::{shown, until};
use crate::running::Server;

struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

fn run(program: &str, arguments: &[&str]) -> Process {
    let mut command = Command::new(program);
    command.args(arguments).env("PEBBLE_VA_NOSLEEP", "1");
    command.stdin(Stdio::null()).stdout(Stdio::null());
    Process(command.stderr(Stdio::null()).spawn().unwrap())
}

/// Whether there is an authority to try with. Where test.sh can install it, it must be there.
fn has_pebble() -> bool {
    let started = Command::new("pebble").arg("-help").output();
    if started.is_ok() {
        return true;
    }
    let must = Path::new("/etc/debian_version").exists() && is_root();
    assert!(!must, "pebble is missing: apt-get install pebble");
    eprintln!("SKIPPED: pebble, the ACME test authority, is not installed");
    false
}

fn is_root() -> bool {
    let said = Command::new("id").arg("-u").output();
    said.is_ok_and(|said| said.stdout == b"0\n")
}

fn wait_for(port: u16) {
    let listens = (0..600).any(|_| {
        std::thread::park_timeout(Duration::from_millis(50));
        TcpStream::connect(("127.0.0.1", port)).is_ok()
    });
    assert!(listens, "nothing listens on port {port}");
}

/// Leads every name to this machine.
fn name_server(port: u16) -> Process {
    let program = "pebble-challtestsrv";
    let at = format!("127.0.0.1:{port}");
    let management = format!("127.0.0.1:{}", free_port());
    let mut arguments = vec!["-dns01", &at, "-defaultIPv4", "127.0.0.1", "-defaultIPv6", ""];
    arguments.extend(["-http01", "", "-https01", "", "-tlsalpn01", ""]);
    arguments.extend(["-management", &management]);
    // Newer ones would listen on one more port, the same for all tests.
    let help = Command::new(program).arg("-help").output().unwrap();
    if String::from_utf8_lossy(&help.stderr).contains("-doh ") {
        arguments.extend(["-doh", ""]);
    }
    let running = run(program, &arguments);
    wait_for(port);
    running
}

/// The authority, its name server, and the port at which it looks for proofs.
struct Authority {
    folder: Arc<TempDir>,
    port: u16,
    proofs: u16,
    names: u16,
    _name_server: Process,
    pebble: Process,
}

impl Authority {
    /// One whose certificates are good for so many seconds.
    fn start(valid_s: u32) -> Self {
        let folder = Arc::new(tempfile::tempdir().unwrap());
        let [port, management, proofs, names] = [(); 4].map(|()| free_port());
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
        let file = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
        std::fs::write(file("ca.pem"), params.self_signed(&key).unwrap().pem()).unwrap();
        std::fs::write(file("ca.key"), key.serialize_pem()).unwrap();
        let config = json!({"pebble": {
            "listenAddress": format!("127.0.0.1:{port}"),
            "managementListenAddress": format!("127.0.0.1:{management}"),
            "certificate": file("ca.pem"), "privateKey": file("ca.key"),
            "httpPort": proofs, "tlsPort": free_port(), "ocspResponderURL": "",
            "externalAccountBindingRequired": false, "certificateValidityPeriod": valid_s,
        }});
        std::fs::write(file("pebble.json"), config.to_string()).unwrap();
        let name_server = name_server(names);
        Self {
            _name_server: name_server,
            pebble: Self::pebble(folder.path(), port, names),
            folder,
            port,
            proofs,
            names,
        }
    }

    fn pebble(folder: &Path, port: u16, names: u16) -> Process {
        let config = folder.join("pebble.json");
        let names = format!("127.0.0.1:{names}");
        let pebble = run(
            "pebble",
            &["-config", config.to_str().unwrap(), "-dnsserver", &names],
        );
        wait_for(port);
        pebble
    }

    /// Starts it anew: it forgets its accounts.
    fn forget(&mut self) {
        self.pebble.0.kill().unwrap();
        self.pebble.0.wait().unwrap();
        self.pebble = Self::pebble(self.folder.path(), self.port, self.names);
    }

    /// A server that has its certificate from here.
    fn server(&self) -> Server {
        let home = self.folder.path().join(".fleet_monitoring");
        std::fs::create_dir(&home).unwrap();
        let config = format!(
            "fleet:\n  server:\n    outbound_networks: [127.0.0.0/8]\n    acme:\n      \
             directory: https://127.0.0.1:{}/dir\n      names: [fleet.example]\n      \
             http_port: {}\n      ca_file: {}\n",
            self.port,
            self.proofs,
            self.folder.path().join("ca.pem").display()
        );
        std::fs::write(home.join("config.yaml"), config).unwrap();
        Server::start_in(self.folder.clone(), "server", &[])
    }
}

fn is_signed(now: &Value) -> bool {
    now["issuer"].as_str().unwrap().contains("Pebble")
}

fn order(server: &Server) {
    let renew = server.request("POST", "/api/v2/certificate/renew");
    assert_eq!(renew.send().unwrap().status(), 200);
}

fn moment(certificate: &Value, field: &str) -> i64 {
    let moment: Timestamp = certificate[field].as_str().unwrap().parse().unwrap();
    moment.as_second()
}

#[test]
fn an_authority_signs_the_server_s_own_key_again_when_asked_and_after_it_forgot_the_account() {
    if !has_pebble() {
        return;
    }
    let mut authority = Authority::start(90 * 86_400);
    let server = authority.server();
    let first = until(&server, "the authority signs", is_signed);
    assert_eq!(first["names"], json!(["fleet.example"]));
    assert_eq!(
        (&first["source"], &first["state"], &first["last_error"]),
        (&json!("acme"), &json!("ok"), &Value::Null)
    );
    assert!(shown(&server).contains("Pebble Intermediate"));
    let chain_file = server.folder.path().join(".fleet_monitoring/data/acme.crt");
    let chain = std::fs::read_to_string(&chain_file).unwrap();
    authority.forget();
    order(&server);
    let second = until(&server, "it signs again", |now| {
        is_signed(now) && now["not_before"] != first["not_before"]
    });
    assert_eq!(second["pin"], first["pin"], "agents pin the key, and it stays");
    assert_ne!(std::fs::read_to_string(&chain_file).unwrap(), chain);
    let log = server.get("/api/v2/audit?action=certificate.change");
    assert_eq!(log["records"][0]["actor"], "admin", "{log}");
    assert_eq!(log["records"].as_array().unwrap().len(), 1, "{log}");
}

#[test]
fn a_new_certificate_is_fetched_with_a_third_of_its_life_left() {
    if !has_pebble() {
        return;
    }
    let authority = Authority::start(24);
    let server = authority.server();
    let first = until(&server, "the authority signs", is_signed);
    let second = until(&server, "it is renewed", |now| {
        is_signed(now) && now["not_before"] != first["not_before"]
    });
    let left = moment(&first, "not_after") - moment(&second, "not_before");
    assert!((0..=9).contains(&left), "{left} s were left: {first} {second}");
    assert_eq!((&second["pin"], &second["state"]), (&first["pin"], &json!("ok")));
}

#[test]
fn what_keeps_an_authority_from_signing_is_told_and_the_server_s_own_certificate_serves_meanwhile() {
    if !has_pebble() {
        return;
    }
    let authority = Authority::start(90 * 86_400);
    // Somebody else has the port, and answers nothing.
    let other = TcpListener::bind(("0.0.0.0", authority.proofs)).unwrap();
    let server = authority.server();
    let port = format!("port {} can't be listened on", authority.proofs);
    let failing = |sentence: &str| {
        let failing = until(&server, sentence, |now| {
            now["last_error"]
                .as_str()
                .is_some_and(|told| told.contains(sentence))
        });
        assert_eq!(failing["state"], "failing");
        assert!(failing["names"].as_array().unwrap().contains(&json!("localhost")));
        assert!(shown(&server).contains("ATLAS"));
    };
    failing(&port);
    drop(other);
    order(&server);
    let signed = until(&server, "it heals", is_signed);
    assert_eq!(
        (&signed["last_error"], &signed["state"]),
        (&Value::Null, &json!("ok"))
    );
}

#[test]
fn an_authority_that_can_t_check_a_name_is_quoted() {
    if !has_pebble() {
        return;
    }
    let authority = Authority::start(90 * 86_400);
    let elsewhere = Authority {
        proofs: free_port(),
        ..authority
    };
    let server = elsewhere.server();
    let told = until(&server, "the fault is told", |now| now["last_error"].is_string());
    let sentence = told["last_error"].as_str().unwrap();
    assert!(
        sentence.contains("could not check that fleet.example leads here") && sentence.contains("refused"),
        "{sentence}"
    );
}
