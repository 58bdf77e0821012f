//! Backups: made while the server runs, checked, and put back as they were.

#![cfg(feature = "server")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

#[allow(unreachable_pub, dead_code, reason = "each test file uses a part of it")]
mod running;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use running::{Server, atlas};
use serde_json::Value;

fn run(home: &Path, arguments: &[&str]) -> (bool, String) {
    let output = atlas(home).args(arguments).output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8(said).unwrap())
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let (mut found, mut folders) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap().flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path)
            } else {
                found.push(path)
            }
        }
    }
    found.sort();
    found
}

/// A running server with two machines, and a backup of it.
fn backed_up() -> (Server, PathBuf) {
    let server = Server::start();
    for id in ["m1", "m2"] {
        let sections = r#"{"posture":{"taken_at":"2026-11-24T04:00:00Z","value":{"security_score":70}}}"#;
        let report = format!(r#"{{"machine_id":"{id}","sections":{sections}}}"#);
        assert_eq!(server.report(report).status(), 200);
    }
    fs::write(
        server.folder.path().join(".fleet_monitoring/config.yaml"),
        "# ours\n",
    )
    .unwrap();
    let to = server.folder.path().join("backup");
    let (well, said) = run(server.folder.path(), &["backup", "--to", to.to_str().unwrap()]);
    assert!(well && said.contains("all sums right"), "{said}");
    (server, to)
}

#[test]
fn a_backup_of_a_running_server_comes_back_as_it_was() {
    let (mut server, backup) = backed_up();
    // What comes after it is not in it.
    assert_eq!(server.report(r#"{"machine_id":"m3"}"#).status(), 200);
    let from = backup.to_str().unwrap();
    assert!(run(server.folder.path(), &["restore", "--from", from, "--verify"]).0);
    server.kill();
    for file in files(&backup) {
        assert_eq!(
            fs::metadata(&file).unwrap().permissions().mode() & 0o777,
            0o600,
            "{}",
            file.display()
        );
        assert!(!file.ends_with("local-admin.key"));
    }
    let home = Arc::new(tempfile::tempdir().unwrap());
    let (well, said) = run(home.path(), &["restore", "--from", from]);
    assert!(well, "{said}");
    for file in [
        ".fleet/cluster.secret",
        ".fleet_monitoring/data/identity.key",
        ".fleet_monitoring/config.yaml",
    ] {
        let read = |home: &Path| fs::read(home.join(file)).unwrap();
        assert!(read(home.path()) == read(server.folder.path()), "{file}");
    }
    // Signs in with the password of before.
    let restored = Server::start_in(home, "server", &[]);
    let list = restored.until("both machines are back", |list| {
        list["machines"].as_array().unwrap().len() == 2
    });
    assert_eq!(list["machines"][0]["machine_id"], "m1");
    let section = restored.get("/api/v2/machines/m1/sections/posture");
    assert_eq!(section["value"]["security_score"], 70);
    assert_eq!(restored.report(r#"{"machine_id":"m1"}"#).status(), 200);
}

#[test]
fn nothing_is_overwritten() {
    let (server, backup) = backed_up();
    let (home, backup) = (server.folder.path(), backup.to_str().unwrap());
    let (well, said) = run(home, &["backup", "--to", backup]);
    assert!(!well && said.contains("is not empty"), "{said}");
    let (well, said) = run(home, &["restore", "--from", backup]);
    assert!(
        !well && said.contains("an empty one only") && said.lines().count() == 1,
        "{said}"
    );
    let other = tempfile::tempdir().unwrap();
    fs::create_dir(other.path().join(".fleet")).unwrap();
    fs::write(other.path().join(".fleet/cluster.secret"), "mine").unwrap();
    let (well, said) = run(other.path(), &["restore", "--from", backup]);
    assert!(well && said.contains("stays as it is"), "{said}");
    assert_eq!(
        fs::read_to_string(other.path().join(".fleet/cluster.secret")).unwrap(),
        "mine"
    );
    let nothing = tempfile::tempdir().unwrap();
    let (well, said) = run(
        nothing.path(),
        &["backup", "--to", nothing.path().join("b").to_str().unwrap()],
    );
    assert!(!well && said.contains("there is no store"), "{said}");
    assert!(!nothing.path().join("b").exists() && !nothing.path().join(".fleet_monitoring").exists());
}

#[test]
fn a_damaged_backup_is_found_and_not_put_back() {
    let (server, backup) = backed_up();
    let home = tempfile::tempdir().unwrap();
    let refused = |what: &str| {
        for more in [&["--verify"][..], &[]] {
            let arguments = [&["restore", "--from", backup.to_str().unwrap()], more].concat();
            let (well, said) = run(home.path(), &arguments);
            assert!(
                !well && said.contains(what) && said.lines().count() == 1,
                "{what}: {said}"
            );
        }
        assert!(!home.path().join(".fleet_monitoring/data").exists());
    };
    let store = backup.join("data/store/atlas.db");
    let sound = fs::read(&store).unwrap();
    let mut broken = sound.clone();
    broken[5_000] ^= 1;
    fs::write(&store, &broken).unwrap();
    refused("data/store/atlas.db is not what it was");
    fs::write(&store, &sound).unwrap();
    let stranger = backup.join("data/stranger");
    fs::write(&stranger, "").unwrap();
    refused("data/stranger is not in its manifest");
    fs::remove_file(&stranger).unwrap();
    let key = backup.join("data/identity.key");
    let content = fs::read(&key).unwrap();
    fs::remove_file(&key).unwrap();
    refused("data/identity.key is missing");
    fs::write(&key, content).unwrap();
    let manifest = backup.join("manifest.json");
    let text = fs::read_to_string(&manifest).unwrap();
    fs::write(
        &manifest,
        text.replacen("data/identity.key", "../identity.key", 1),
    )
    .unwrap();
    refused("leads out of it");
    fs::remove_file(&manifest).unwrap();
    refused("it has no manifest.json");
    drop(server);
}

#[test]
fn a_secret_is_made_once_for_its_owner_and_never_shown() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join(".fleet/cluster.secret");
    let (well, said) = run(home.path(), &["secret", "generate"]);
    let secret = fs::read_to_string(&path).unwrap();
    assert!(well && secret.len() == 64 && !said.contains(&secret), "{said}");
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let (well, said) = run(home.path(), &["secret", "generate"]);
    assert!(!well && said.contains("--force"), "{said}");
    assert_eq!(fs::read_to_string(&path).unwrap(), secret);
    let (well, said) = run(
        home.path(),
        &["secret", "generate", "--force", "--bytes", "48", "--json"],
    );
    let answer: Value = serde_json::from_str(&said).unwrap();
    assert!(well && answer["bytes"] == 48);
    assert_eq!(fs::read_to_string(&path).unwrap().len(), 96);
    assert!(!run(home.path(), &["secret", "generate", "--force", "--bytes", "31"]).0);
}
