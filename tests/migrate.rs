//! The way over from 1.x and 2.0: an old home folder is taken over, again and again if need be, and
//! stays as it was.

#![cfg(feature = "server")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

#[allow(unreachable_pub, dead_code, reason = "each test file uses a part of it")]
mod running;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use running::{PASSWORD, Server, atlas};
use rusqlite::{Connection, params};
use serde_json::{Value, json};

/// Hex SHA-256 of `SALTED_PASSWORD` and the salt `00ff`, and of `UNSALTED_PASSWORD`.
const SALTED: &str = "50f53459425d77925edd93aa50d91227b054560de878bc77ae2aea82e04b7087";
const UNSALTED: &str = "ef92b778bafe771e89245b89ecbc08a44a4e166c06659911881f383d4473e94f";
const SALTED_PASSWORD: &str = "grey salted otters";
const UNSALTED_PASSWORD: &str = "password123";
const ROWS: i64 = 500;

/// A home folder of 2.0. The database's connection stays open, as after a crash: a part of it is in its
/// log only.
struct OldHome {
    folder: tempfile::TempDir,
    _open: Connection,
}

fn write(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

/// Local time without a zone, as Python writes it.
fn local(seconds_ago: i64) -> String {
    let now = jiff::Timestamp::now().as_second();
    let moment = jiff::Timestamp::from_second(now - seconds_ago).unwrap();
    jiff::tz::TimeZone::system().to_datetime(moment).to_string()
}

impl OldHome {
    fn new(sha_users: usize) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let home = folder.path();
        write(
            &home.join(".fleet-config.json"),
            r#"{"server": {"port": 8701, "api_key": "old-key", "db_encryption_key": "d"}}"#,
        );
        write(&home.join(".fleet/cluster.secret"), &"ab".repeat(32));
        let users: BTreeMap<_, _> = (0..sha_users)
            .map(|n| {
                (
                    format!("old{n}"),
                    json!({"password_hash": UNSALTED, "role": "viewer", "created_at": local(9_000)}),
                )
            })
            .chain([("ann".to_owned(), json!({"password_hash": UNSALTED}))])
            .collect();
        write(
            &home.join(".fleet_monitoring/users.json"),
            &json!(users).to_string(),
        );
        write(
            &home.join(".fleet-data/fleet_data.json"),
            &json!({"machines": {"m9": {"machine_id": "m9", "info": {"hostname": "nine"}, "first_seen": local(8_000),
                "last_seen": local(4_000), "latest_metrics": {"cpu": {"percent": 9.0}}}},
                "metrics_history": {"m9": [{"timestamp": local(4_000), "metrics": {"cpu": {"percent": 9.0}}}]}})
            .to_string(),
        );
        Self::users_db(home);
        let open = Self::fleet_db(home);
        Self { folder, _open: open }
    }

    fn users_db(home: &Path) {
        let users = Connection::open(home.join(".fleet-data/users.db")).unwrap();
        users
            .execute_batch(
                "CREATE TABLE users (username TEXT PRIMARY KEY, password_hash TEXT, salt TEXT, role TEXT,
                 created_at TEXT, last_login TEXT, is_active INTEGER DEFAULT 1)",
            )
            .unwrap();
        let bcrypt = bcrypt::hash(PASSWORD, 4).unwrap();
        for (name, hash, salt, role) in [
            ("ann", bcrypt.as_str(), "", "admin"),
            ("bob", SALTED, "00ff", "viewer"),
            ("eve", "{weird}", "", "viewer"),
        ] {
            users
                .execute(
                    "INSERT INTO users VALUES (?1, ?2, ?3, ?4, ?5, NULL, 1)",
                    params![name, hash, salt, role, local(90_000)],
                )
                .unwrap();
        }
    }

    fn fleet_db(home: &Path) -> Connection {
        let mut fleet = Connection::open(home.join(".fleet-data/fleet.db")).unwrap();
        fleet.pragma_update(None, "journal_mode", "wal").unwrap();
        fleet
            .execute_batch(
                "CREATE TABLE machines (machine_id TEXT PRIMARY KEY, info_json TEXT, first_seen TEXT, last_seen TEXT,
                 status TEXT, latest_metrics_json TEXT);
                 CREATE TABLE metrics_history (id INTEGER PRIMARY KEY, machine_id TEXT, timestamp TEXT, metrics_json TEXT);
                 CREATE TABLE commands (id TEXT PRIMARY KEY, machine_id TEXT, action TEXT, params_json TEXT, status TEXT,
                 created_at TEXT, executed_at TEXT, result_json TEXT);
                 INSERT INTO commands VALUES ('c1', 'm1', 'kill_process', '{}', 'pending', '', NULL, NULL);",
            )
            .unwrap();
        let filling = fleet.transaction().unwrap();
        for machine in ["m1", "m2", "m3"] {
            let info = json!({"hostname": machine, "os": "Darwin", "serial_number": "S1"}).to_string();
            let metrics = json!({"cpu": {"percent": 42.0}, "network": {"bytes_recv": 5_000}}).to_string();
            filling
                .execute(
                    "INSERT INTO machines VALUES (?1, ?2, ?3, ?4, 'online', ?5)",
                    params![machine, info, local(90 * 86_400), local(60), metrics],
                )
                .unwrap();
            for row in 0..ROWS {
                let metrics = json!({"cpu": {"percent": row % 100}, "timestamp": local(60)}).to_string();
                filling
                    .execute(
                        "INSERT INTO metrics_history (machine_id, timestamp, metrics_json) VALUES (?1, ?2, ?3)",
                        params![machine, local((ROWS - row) * 30), metrics],
                    )
                    .unwrap();
            }
            filling
                .execute(
                    "INSERT INTO metrics_history (machine_id, timestamp, metrics_json) VALUES (?1, ?2, '{}')",
                    params![machine, local(80 * 86_400)],
                )
                .unwrap();
        }
        filling.commit().unwrap();
        fleet
    }

    fn path(&self) -> &str {
        self.folder.path().to_str().unwrap()
    }
}

/// Every file of a folder with its bytes.
fn bytes_of(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let (mut found, mut folders) = (BTreeMap::new(), vec![folder.to_owned()]);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap().flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else {
                found.insert(path.clone(), fs::read(path).unwrap());
            }
        }
    }
    found
}

fn migrate(home: &Path, arguments: &[&str]) -> (bool, String) {
    let output = atlas(home).arg("migrate").args(arguments).output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8(said).unwrap())
}

/// What a reader sees of the fleet, less what depends on the moment.
fn fleet_seen(server: &Server) -> Value {
    let list = server.until("all machines are back", |list| {
        list["machines"].as_array().unwrap().len() == 4
    });
    let machines = list["machines"].as_array().unwrap().iter().map(|machine| {
        let id = machine["machine_id"].as_str().unwrap();
        let history = server.get(&format!("/api/fleet/history/{id}?limit=10000"));
        json!([
            id,
            machine["first_seen"],
            machine["last_seen"],
            machine["status"],
            machine["info"]["hostname"],
            machine["latest_metrics"]["cpu"],
            history["history"].as_array().unwrap().len()
        ])
    });
    Value::Array(machines.collect())
}

#[test]
fn a_dry_run_shows_what_would_be_taken_and_changes_nothing() {
    let (old, home) = (OldHome::new(2), tempfile::tempdir().unwrap());
    let before = bytes_of(old.folder.path());
    let (well, said) = migrate(home.path(), &["--from", old.path(), "--dry-run"]);
    assert!(well, "{said}");
    for expected in [
        "2 settings of",
        "ann, admin, bcrypt",
        "bob, viewer, SHA-256 with salt",
        "old1, viewer, SHA-256 without salt",
        "machines         4",
        "history          1504 rows",
        "commands         1 stay where they are",
        "left: the user \"eve\"",
        "left: server.db_encryption_key",
    ] {
        assert!(said.contains(expected), "{expected}: {said}");
    }
    assert!(!said.contains("old-key") && !said.contains(SALTED), "{said}");
    assert_eq!(fs::read_dir(home.path()).unwrap().count(), 0);
    assert!(before == bytes_of(old.folder.path()));
    let (well, said) = migrate(home.path(), &["--from", old.path()]);
    assert!(!well && said.contains("say --yes"), "{said}");
    let (well, said) = migrate(home.path(), &["--from", home.path().to_str().unwrap()]);
    assert!(!well && said.contains("nothing of ATLAS 1.x or 2.0"), "{said}");
}

#[test]
fn all_of_it_is_taken_over_and_the_old_files_stay_as_they_were() {
    let (old, home) = (OldHome::new(2), Arc::new(tempfile::tempdir().unwrap()));
    let before = bytes_of(old.folder.path());
    let (well, said) = migrate(home.path(), &["--from", old.path(), "--yes"]);
    assert!(
        well && said.contains("users: 4, machines: 4, rows of history: 1501 (too old or unreadable: 3"),
        "{said}"
    );
    assert!(before == bytes_of(old.folder.path()));
    let config = fs::read_to_string(home.path().join(".fleet_monitoring/config.yaml")).unwrap();
    assert!(
        config.contains("port: 8701") && config.contains("api_key: old-key"),
        "{config}"
    );
    assert_eq!(
        fs::read_to_string(home.path().join(".fleet/cluster.secret")).unwrap(),
        "ab".repeat(32)
    );
    // No SHA-256 rests on the disk, and no copy of an old database is left.
    for (file, bytes) in bytes_of(home.path()) {
        for hash in [SALTED, UNSALTED] {
            assert!(
                !bytes.windows(64).any(|part| part == hash.as_bytes()),
                "{}",
                file.display()
            );
        }
        assert!(!file.to_string_lossy().contains(".atlas-migration"));
    }
    let server = Server::start_as(home.clone(), "ann");
    let seen = fleet_seen(&server);
    assert_eq!(seen[0][0], "m1");
    assert_eq!(
        (&seen[0][3], &seen[0][4], &seen[0][6]),
        (&json!("offline"), &json!("m1"), &json!(ROWS))
    );
    assert_eq!((&seen[3][0], &seen[3][6]), (&json!("m9"), &json!(1)));
    let (well, said) = migrate(home.path(), &["--from", old.path(), "--yes"]);
    assert!(!well && said.contains("this was done already"), "{said}");
    // They go on from there.
    assert_eq!(server.report(r#"{"machine_id":"m1"}"#).status(), 200);
    let server = server.kill_and_restart_as("ann");
    let again = fleet_seen(&server);
    assert_eq!((&again[0][1], &again[0][3]), (&seen[0][1], &json!("online")));
}

#[test]
fn old_passwords_of_all_three_kinds_still_sign_in_and_are_hashed_anew_unseen() {
    let (old, home) = (OldHome::new(1), Arc::new(tempfile::tempdir().unwrap()));
    let (well, said) = migrate(home.path(), &["--from", old.path(), "--yes"]);
    assert!(well, "{said}");
    let server = Server::start_as(home, "ann");
    let kinds = |server: &Server| -> Vec<(String, String)> {
        let users = server.get("/api/v2/users");
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let users = users["users"].as_array().unwrap().iter();
        users
            .map(|user| (text(&user["username"]), text(&user["hash"])))
            .collect()
    };
    let expected = |bob: &str, old: &str| {
        [("ann", "bcrypt"), ("bob", bob), ("old0", old)]
            .map(|(name, kind)| (name.to_owned(), kind.to_owned()))
            .to_vec()
    };
    assert_eq!(kinds(&server), expected("wrapped", "wrapped_unsalted"));
    for (name, wrong) in [
        ("ann", SALTED_PASSWORD),
        ("bob", UNSALTED_PASSWORD),
        ("bob", SALTED),
        ("old0", SALTED_PASSWORD),
        ("old0", UNSALTED),
    ] {
        assert_eq!(server.sign_in_as(name, wrong).status(), 401, "{name}");
    }
    assert_eq!(kinds(&server), expected("wrapped", "wrapped_unsalted"));
    for (name, right) in [("bob", SALTED_PASSWORD), ("old0", UNSALTED_PASSWORD)] {
        assert_eq!(server.sign_in_as(name, right).status(), 200, "{name}");
    }
    assert_eq!(kinds(&server), expected("bcrypt", "bcrypt"));
    // What was hashed anew is of the same passwords, and rests on the disk.
    let server = server.kill_and_restart_as("ann");
    assert_eq!(kinds(&server), expected("bcrypt", "bcrypt"));
    for (name, right) in [("bob", SALTED_PASSWORD), ("old0", UNSALTED_PASSWORD)] {
        assert_eq!(server.sign_in_as(name, right).status(), 200, "{name}");
    }
}

#[test]
fn killed_at_any_moment_and_run_again_it_comes_to_the_same_end() {
    let old = OldHome::new(4);
    let seen_after = |kills: u64| {
        let home = Arc::new(tempfile::tempdir().unwrap());
        for kill in 0..kills {
            let mut child = atlas(home.path())
                .args(["migrate", "--from", old.path(), "--yes"])
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .unwrap();
            // The moments of the kills, not a wait for something.
            std::thread::park_timeout(Duration::from_millis(40 + 130 * kill));
            child.kill().unwrap();
            child.wait().unwrap();
        }
        let (well, said) = migrate(home.path(), &["--from", old.path(), "--yes"]);
        assert!(well || said.contains("this was done already"), "{said}");
        let config = fs::read(home.path().join(".fleet_monitoring/config.yaml")).unwrap();
        let secret = fs::read(home.path().join(".fleet/cluster.secret")).unwrap();
        let files = bytes_of(home.path());
        assert!(
            !files
                .keys()
                .any(|file| file.to_string_lossy().contains(".atlas-migration"))
        );
        let server = Server::start_as(home, "ann");
        (fleet_seen(&server), config, secret)
    };
    assert!(seen_after(8) == seen_after(0));
}

#[test]
fn a_running_server_is_in_the_way() {
    let (old, server) = (OldHome::new(0), Server::start());
    let (well, said) = migrate(server.folder.path(), &["--from", old.path(), "--yes"]);
    assert!(!well && said.contains("stop the server first"), "{said}");
    assert!(
        !server
            .folder
            .path()
            .join(".fleet_monitoring/data/migration.json")
            .exists()
    );
}

#[test]
fn rolled_back_everything_is_as_it_was_before() {
    let old = OldHome::new(0);
    let mut server = Server::start();
    assert_eq!(server.report(r#"{"machine_id":"own"}"#).status(), 200);
    server.kill();
    let home = server.folder.clone();
    let (well, said) = migrate(home.path(), &["--from", old.path(), "--yes"]);
    assert!(well && said.contains("cluster.secret stays as it is"), "{said}");
    let migrated = Server::start_in(home.clone(), "server", &[]);
    migrated.until("five machines", |list| {
        list["machines"].as_array().unwrap().len() == 5
    });
    drop(migrated);
    let (well, said) = migrate(home.path(), &["--rollback", "--yes"]);
    assert!(well && said.contains("is as it was before"), "{said}");
    assert!(!home.path().join(".fleet_monitoring/config.yaml").exists());
    let back = Server::start_in(home.clone(), "server", &[]);
    let list = back.until("one machine", |list| {
        list["machines"].as_array().unwrap().len() == 1
    });
    assert_eq!(list["machines"][0]["machine_id"], "own");
    let (well, said) = migrate(home.path(), &["--rollback", "--yes"]);
    assert!(!well && said.contains("nothing to take back"), "{said}");
}
