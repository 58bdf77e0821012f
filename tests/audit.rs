//! The audit log as an operator has it: it tells who did what, and `atlas audit verify` finds whatever
//! was done to it, also after the server was killed.

#![cfg(feature = "server")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

#[allow(unreachable_pub, dead_code, reason = "each test file uses a part of it")]
mod running;

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use running::{PASSWORD, Server, atlas};
use rusqlite::Connection;
use serde_json::{Value, json};

fn tag(server: &Server, machine: &str, tag: &str) -> Option<u16> {
    let request = server.request("PUT", &format!("/api/v2/machines/{machine}/tags"));
    let sent = request.json(&json!({ "tags": [tag] })).send();
    sent.ok().map(|answer| answer.status().as_u16())
}

/// A server with one machine that is shown.
fn with_machine() -> Server {
    let server = Server::start();
    assert_eq!(server.report(r#"{"machine_id":"m","metrics":{}}"#).status(), 200);
    server.until("the machine is there", |list| {
        list["machines"].as_array().unwrap().len() == 1
    });
    server
}

/// What `atlas audit verify` says and ends with.
fn verify(home: &Path, more: &[&str]) -> (i32, String) {
    let mut command = atlas(home);
    let said = command.args(["audit", "verify"]).args(more).output().unwrap();
    let text = [said.stdout, said.stderr].concat();
    (said.status.code().unwrap(), String::from_utf8(text).unwrap())
}

fn whole(home: &Path) -> u64 {
    let (status, said) = verify(home, &["--json"]);
    assert_eq!(status, 0, "{said}");
    let said: Value = serde_json::from_str(&said).unwrap();
    said["head"]["seq"].as_u64().unwrap()
}

/// Does six things that the log tells of, the first of which is signing in.
fn six_things() -> Server {
    let server = with_machine();
    let wrong = json!({"username": "mallory", "password": "not the password"});
    let sign_in = server.client.post(format!("{}/api/auth/login", server.url));
    let statuses = [
        sign_in.json(&wrong),
        server
            .request("PUT", "/api/v2/machines/m/tags")
            .json(&json!({"tags": ["a"]})),
        server.request("POST", "/api/v2/tokens").json(&json!({})),
        server
            .request("POST", "/api/fleet/command/m")
            .json(&json!({"action": "clear_dns_cache"})),
        server.request("DELETE", "/api/v2/machines/m"),
    ]
    .map(|request| request.send().unwrap().status().as_u16());
    assert_eq!(statuses, [401, 200, 201, 200, 204]);
    server
}

fn in_words(record: &Value) -> String {
    assert_eq!(record["address"], "127.0.0.1");
    assert_eq!(record["request_id"].as_str().unwrap().len(), 16);
    let fields = ["actor", "action", "target", "result"];
    fields
        .map(|field| record[field].as_str().unwrap_or_default())
        .join(" ")
}

#[test]
fn tells_who_did_what_from_where_and_how_it_went() {
    let server = six_things();
    let log = server.get("/api/v2/audit?limit=6");
    let told: Vec<_> = log["records"]
        .as_array()
        .unwrap()
        .iter()
        .rev()
        .map(in_words)
        .collect();
    assert_eq!(
        told,
        [
            "admin session.sign_in  ok",
            "mallory session.sign_in  refused",
            "admin machine.tag m ok",
            "admin token.create for 1 machines, 3600 s ok",
            "admin command.queue m clear_dns_cache ok",
            "admin machine.forget m ok",
        ]
    );
    let one = server.get("/api/v2/audit?actor=admin&action=machine.tag");
    assert_eq!(one["records"].as_array().unwrap().len(), 1);
    let older = server.get("/api/v2/audit?before=3&limit=1");
    assert_eq!(older["records"][0]["seq"], 2);
}

#[test]
fn is_exported_and_verified_while_the_server_runs_and_when_it_does_not() {
    let server = six_things();
    let export = server.request("GET", "/api/v2/audit/export").send().unwrap();
    let export = export.text().unwrap();
    let lines: Result<Vec<Value>, _> = export.lines().map(serde_json::from_str).collect();
    let lines = lines.unwrap();
    assert_eq!(lines.len(), 6);
    assert!(lines.windows(2).all(|pair| pair[0]["hash"] == pair[1]["prev"]));
    assert_eq!(lines[5]["hash"], server.get("/api/v2/audit")["head"]["hash"]);
    assert!(!export.contains(PASSWORD) && !export.contains("not the password"));
    assert_eq!(whole(server.folder.path()), 6);
    let folder = server.folder.clone();
    drop(server);
    assert_eq!(whole(folder.path()), 6);
}

/// A log of ten records, without its server.
fn log_of_ten() -> (std::sync::Arc<tempfile::TempDir>, String) {
    let server = with_machine();
    for n in 0..9 {
        assert_eq!(tag(&server, "m", &format!("t{n}")), Some(200));
    }
    let head = server.get("/api/v2/audit?limit=1")["head"].to_string();
    let folder = server.folder.clone();
    drop(server);
    assert_eq!(whole(folder.path()), 10);
    (folder, head)
}

fn database(home: &Path) -> Connection {
    Connection::open(home.join(".fleet_monitoring/data/store/atlas.db")).unwrap()
}

/// The audit log's rows.
const ROWS: &str = "stream = (SELECT id FROM streams WHERE name = 'audit')";

#[test]
fn whatever_is_done_to_the_database_is_found_with_its_first_record() {
    let (folder, head) = log_of_ten();
    let heads = folder.path().join("heads");
    std::fs::write(&heads, format!("{head}\n")).unwrap();
    let heads = ["--heads", heads.to_str().unwrap()];
    assert_eq!(verify(folder.path(), &heads).0, 0);
    let database = database(folder.path());
    database
        .execute_batch("CREATE TEMP TABLE kept AS SELECT * FROM journal")
        .unwrap();
    let crimes = [
        (
            "UPDATE journal SET body = CAST(replace(body, 't3', 'tX') AS BLOB) || x'00' WHERE version = 5 AND",
            "record 5 can't be read",
        ),
        (
            "DELETE FROM journal WHERE version = 4 AND",
            "record 4 is not where it belongs",
        ),
        (
            "UPDATE journal SET version = 15 - version WHERE version IN (7, 8) AND",
            "record 7 can't be read",
        ),
        (
            "UPDATE journal SET body = (SELECT body FROM journal WHERE version = 9 AND) WHERE version = 6 AND",
            "record 6 can't be read",
        ),
        ("DELETE FROM journal WHERE version > 8 AND", "record 9 is missing"),
        ("DELETE FROM journal WHERE", "record 1 is missing"),
    ];
    for (crime, found) in crimes {
        let crime = crime.replace("AND)", &format!("AND {ROWS})"));
        assert!(
            database.execute(&format!("{crime} {ROWS}"), []).unwrap() > 0,
            "{crime}"
        );
        let (status, said) = verify(folder.path(), &heads);
        assert!(status == 1 && said.contains(found), "{crime}: {said}");
        // The next crime finds the log as it was.
        database
            .execute_batch("DELETE FROM journal; INSERT INTO journal SELECT * FROM kept")
            .unwrap();
    }
    assert_eq!(verify(folder.path(), &heads).0, 0);
}

#[test]
fn heads_that_are_none_are_told_with_their_line() {
    let (folder, head) = log_of_ten();
    let file = folder.path().join("heads");
    std::fs::write(&file, format!("{head}\nnonsense\n")).unwrap();
    let (status, said) = verify(folder.path(), &["--heads", file.to_str().unwrap()]);
    assert!(status == 1 && said.contains("line 2 is no head"), "{said}");
    let other = tempfile::tempdir().unwrap();
    let (status, said) = verify(other.path(), &[]);
    assert!(status == 1 && said.contains("--data-dir"), "{said}");
}

#[test]
fn a_kill_under_load_leaves_a_whole_chain_with_all_that_was_answered() {
    let mut server = with_machine();
    let answered = AtomicU64::new(whole(server.folder.path()));
    for _ in 0..3 {
        std::thread::scope(|scope| {
            for worker in 0..4 {
                let (server, answered) = (&server, &answered);
                scope.spawn(move || {
                    while tag(server, "m", &format!("w{worker}")) == Some(200) {
                        answered.fetch_add(1, Ordering::SeqCst);
                    }
                });
            }
            std::thread::park_timeout(Duration::from_millis(300));
            let pid = server.pid().to_string();
            let killed = std::process::Command::new("kill").args(["-9", &pid]).status();
            assert!(killed.unwrap().success());
        });
        assert!(whole(server.folder.path()) >= answered.load(Ordering::SeqCst));
        server = server.kill_and_restart();
        server.until("the machine is back", |list| {
            list["machines"].as_array().unwrap().len() == 1
        });
        answered.store(whole(server.folder.path()), Ordering::SeqCst);
    }
}

#[test]
fn what_can_not_be_written_down_is_not_done() {
    let (folder, _) = log_of_ten();
    // The disk takes everything but the audit log.
    let refuse = format!(
        "CREATE TRIGGER refuse BEFORE INSERT ON journal WHEN NEW.{ROWS} BEGIN SELECT RAISE(ABORT, 'no'); END"
    );
    database(folder.path()).execute_batch(&refuse).unwrap();
    let mut program = atlas(folder.path());
    let mut child = program
        .args(["server", "--json", "--port", "0"])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let mut line = String::new();
    let mut banner = std::io::BufReader::new(child.stdout.take().unwrap());
    std::io::BufRead::read_line(&mut banner, &mut line).unwrap();
    let banner: Value = serde_json::from_str(&line).unwrap();
    let tls = atlas::tls::pinned::client_config(atlas::tls::pinned::FirstContact::new()).unwrap();
    let client = reqwest::blocking::Client::builder()
        .tls_backend_preconfigured(tls)
        .build()
        .unwrap();
    let url = format!("{}/api/auth/login", banner["local"].as_str().unwrap());
    let answer = client
        .post(url)
        .json(&json!({"username": "admin", "password": PASSWORD}))
        .send();
    let answer = answer.unwrap();
    assert_eq!(answer.status(), 500);
    assert!(answer.headers().get("set-cookie").is_none());
    child.kill().unwrap();
    child.wait().unwrap();
}

/// A server with an agent of its own that reports each second.
fn with_agent(folder: &std::sync::Arc<tempfile::TempDir>) -> Server {
    let config = folder.path().join(".fleet_monitoring/config.yaml");
    std::fs::create_dir_all(config.parent().unwrap()).unwrap();
    std::fs::write(&config, "fleet:\n  agent:\n    report_interval: 1\n").unwrap();
    Server::start_in(folder.clone(), "up", &[])
}

#[test]
fn an_agent_remembers_what_it_was_shown_and_tells_when_the_log_falls_back() {
    let folder = std::sync::Arc::new(tempfile::tempdir().unwrap());
    let server = with_agent(&folder);
    let kept = folder.path().join(".fleet_monitoring/data/agent/audit-head.json");
    for n in 0..4 {
        let made = server.request("POST", "/api/v2/tokens").json(&json!({})).send();
        assert_eq!(made.unwrap().status(), 201, "{n}");
    }
    let newest = whole(folder.path());
    server.until("the agent has seen the newest record", |_| {
        let head = std::fs::read_to_string(&kept).unwrap_or_default();
        let head: Value = serde_json::from_str(&head).unwrap_or_default();
        head["seq"].as_u64() == Some(newest)
    });
    drop(server);
    let heads = ["--heads", kept.to_str().unwrap()];
    assert_eq!(verify(folder.path(), &heads).0, 0);
    let cut = format!("DELETE FROM journal WHERE version > {} AND {ROWS}", newest - 3);
    assert_eq!(database(folder.path()).execute(&cut, []).unwrap(), 3);
    let (status, said) = verify(folder.path(), &heads);
    let missing = format!("record {} is missing", newest - 2);
    assert!(status == 1 && said.contains(&missing), "{said}");
    let server = with_agent(&folder);
    server.until("the agent tells what it has seen", |_| {
        let told = server.get("/api/v2/audit?action=audit.rollback_seen");
        let told = &told["records"][0];
        let actor = told["actor"].as_str().unwrap_or_default();
        actor.starts_with("agent:")
            && told["target"] == format!("record {newest}")
            && told["result"] == "alarm"
    });
}

#[test]
fn the_server_signs_its_log_and_nothing_below_its_signature_can_be_cut_off_or_signed_by_another() {
    let server = with_machine();
    let home = server.folder.path();
    // As many as limits.rs says that a checkpoint is signed after.
    std::thread::scope(|scope| {
        for worker in 0..8 {
            let server = &server;
            scope.spawn(move || {
                for n in 0..130 {
                    assert_eq!(tag(server, "m", &format!("w{worker}-{n}")), Some(200));
                }
            });
        }
    });
    let signed = || -> Option<u64> {
        let kept = "SELECT max(CAST(key AS INTEGER)) FROM documents WHERE kind = 'audit'";
        let newest: Option<i64> = database(home).query_row(kept, [], |row| row.get(0)).unwrap();
        newest.map(|seq| seq.try_into().unwrap())
    };
    server.until("a checkpoint is signed", |_| signed().is_some());
    let signed = signed().unwrap();
    assert!(whole(home) >= signed && signed >= 1_000, "{signed}");
    let folder = server.folder.clone();
    drop(server);
    let home = folder.path();
    assert!(whole(home) >= signed);
    let key = home.join(".fleet_monitoring/data/identity.key");
    let ours = std::fs::read(&key).unwrap();
    std::fs::write(&key, "07".repeat(32)).unwrap();
    let (status, said) = verify(home, &[]);
    let unsigned = format!("record {signed} has a checkpoint that the server has not signed");
    assert!(status == 1 && said.contains(&unsigned), "{said}");
    std::fs::write(&key, ours).unwrap();
    // Nobody else vouches for the end of the log: no heads are given.
    let cut = format!("DELETE FROM journal WHERE version >= {signed} AND {ROWS}");
    assert!(database(home).execute(&cut, []).unwrap() > 0);
    let (status, said) = verify(home, &[]);
    let missing = format!("record {signed} is missing");
    assert!(status == 1 && said.contains(&missing), "{said}");
}
