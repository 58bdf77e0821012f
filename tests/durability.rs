//! The disk is slow, fails, or is full: what was acknowledged is kept, and what can't be kept is not
//! acknowledged. Faults are injected into the real program with strace; a small disk is a tmpfs.

#![cfg(feature = "server")]
#![cfg(all(feature = "server", target_os = "linux"))]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

#[allow(unreachable_pub, dead_code, reason = "each test file uses a part of it")]
mod running;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use running::small_disk::SmallDisk;
use running::{KEY, Server, at_home, atlas};
use serde_json::json;
use tempfile::TempDir;

const SERVER: [&str; 4] = ["server", "--json", "--port", "0"];
/// `EX_IOERR`: the disk failed.
const STATUS_DISK: i32 = 74;

fn folder() -> Arc<TempDir> {
    Arc::new(tempfile::tempdir().unwrap())
}

fn store(home: &Path) -> PathBuf {
    home.join(".fleet_monitoring/data/store")
}

/// The server under strace, with faults in the fsyncs of one of its files. Each thread counts its own.
fn faulty(home: &Path, file: &str, fault: &str) -> Command {
    let mut command = at_home(Command::new("strace"), home);
    command
        // The tracer is the child of the server: what is killed is the server, and none is left behind.
        .args(["-D", "-f", "-qq", "-o"])
        .arg(home.join("trace"))
        .arg("-P")
        .arg(store(home).join(file))
        .args(["-e", "trace=fsync,fdatasync", "-e"])
        .arg(format!("inject=fsync,fdatasync:{fault}"))
        .arg(env!("CARGO_BIN_EXE_atlas"))
        .args(SERVER);
    command
}

fn fsyncs(home: &Path) -> usize {
    let trace = std::fs::read_to_string(home.join("trace")).unwrap();
    trace.lines().filter(|line| line.contains("sync(")).count()
}

fn body(machine: &str, count: u64) -> String {
    json!({"machine_id": machine, "metrics": {"uptime_seconds": count}}).to_string()
}

/// Sends one report; the status, or nothing when the server is gone.
fn send(server: &Server, machine: &str, count: u64) -> Option<u16> {
    let request = server.client.post(format!("{}/api/fleet/report", server.url));
    let sent = request.header("x-api-key", KEY).body(body(machine, count)).send();
    sent.ok().map(|answer| answer.status().as_u16())
}

/// The counts of that machine that are kept.
fn kept(server: &Server, machine: &str) -> Vec<u64> {
    let history = server.get(&format!("/api/fleet/history/{machine}?limit=10000"));
    let rows = history["history"].as_array().unwrap().iter();
    rows.filter_map(|row| row["metrics"]["uptime_seconds"].as_f64())
        .map(|count| count as u64)
        .collect()
}

#[test]
fn no_report_is_acknowledged_before_its_fsync_has_returned() {
    let home = folder();
    // Every fsync of the log takes so long: an answer that does not wait for it comes sooner.
    let command = faulty(home.path(), "atlas.db-wal", "delay_enter=150ms");
    let mut server = Server::start_by(command, home.clone());
    let before = fsyncs(home.path());
    for count in 1..=10 {
        let sent = Instant::now();
        assert_eq!(send(&server, "m", count), Some(200));
        assert!(
            sent.elapsed() >= Duration::from_millis(150),
            "report {count} after {:?}",
            sent.elapsed()
        );
    }
    assert!(fsyncs(home.path()) >= before + 10);
    let before = fsyncs(home.path());
    std::thread::scope(|scope| {
        for machine in 0..32 {
            let server = &server;
            scope.spawn(move || assert_eq!(send(server, &format!("m{machine}"), 1), Some(200)));
        }
    });
    let together = fsyncs(home.path()) - before;
    assert!(
        together < 32,
        "32 reports at once took {together} fsyncs: they are not committed in groups"
    );
    server.kill();
}

#[test]
fn a_failed_fsync_ends_the_server_and_nothing_is_acknowledged_after_it() {
    for nth in [6, 7, 9, 14, 25] {
        let home = folder();
        let fault = format!("error=EIO:when={nth}");
        let mut server = Server::launch(faulty(home.path(), "atlas.db-wal", &fault), home.clone());
        let mut acknowledged = 0;
        while send(&server, "m", acknowledged + 1) == Some(200) {
            acknowledged += 1;
            assert!(acknowledged < 1_000, "fsync {nth} never failed");
        }
        assert_ne!(send(&server, "m", acknowledged + 2), Some(200));
        assert_eq!(server.ended(), Some(STATUS_DISK), "at fsync {nth}");
        drop(server);
        let server = Server::start_in(home, "server", &[]);
        if acknowledged > 0 {
            server.until("the machine is back", |list| {
                list["machines"].as_array().unwrap().len() == 1
            });
            let kept = kept(&server, "m");
            assert!(
                (1..=acknowledged).all(|count| kept.contains(&count)),
                "{nth}: {kept:?} of {acknowledged}"
            );
        }
        assert_eq!(send(&server, "m", acknowledged + 3), Some(200));
    }
}

#[test]
fn a_disk_that_fails_while_the_server_starts_is_told_apart_from_other_failures() {
    for (file, nth) in [
        ("atlas.db", 1),
        ("atlas.db-wal", 1),
        ("atlas.db-wal", 2),
        ("atlas.db-wal", 3),
    ] {
        let home = folder();
        let fault = format!("error=EIO:when={nth}");
        let ended = faulty(home.path(), file, &fault).output().unwrap();
        let said = String::from_utf8_lossy(&ended.stderr).into_owned();
        assert_eq!(
            ended.status.code(),
            Some(STATUS_DISK),
            "{file}, fsync {nth}: {said}"
        );
        assert!(said.contains("the disk failed"), "{said}");
        drop(Server::start_in(home, "server", &[]));
    }
}

/// Reports until one is refused; answers with the number of the last that was taken.
fn report_until_full(server: &Server, from: u64) -> u64 {
    for count in from..from + 10_000 {
        match send(server, "m", count) {
            Some(200) => {}
            status => {
                assert_eq!(status, Some(507));
                return count - 1;
            }
        }
    }
    panic!("the disk never became full");
}

#[test]
fn a_full_disk_is_told_lets_people_in_and_heals_without_a_restart() {
    let Some(disk) = SmallDisk::mount(64) else { return };
    let server = Server::start_in(disk.0.clone(), "server", &[]);
    assert_eq!(send(&server, "gone", 1), Some(200));
    assert_eq!(send(&server, "m", 1), Some(200));
    disk.fill();
    let acknowledged = report_until_full(&server, 2);
    let refused = server.report(body("m", acknowledged + 1));
    assert_eq!(refused.status(), 507);
    let refused: serde_json::Value = refused.json().unwrap();
    assert_eq!(refused["error"]["code"], "storage_full");

    // Whoever is to make room gets in, sees everything, and can take things away.
    for _ in 0..8 {
        server.sign_in("admin");
    }
    assert_eq!(
        server.get("/api/fleet/machines")["machines"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
    assert!(!kept(&server, "m").is_empty());
    let forgotten = server.request("DELETE", "/api/v2/machines/gone").send().unwrap();
    assert!(forgotten.status().is_success(), "{}", forgotten.status());
    assert_eq!(send(&server, "m", acknowledged + 1), Some(507));

    disk.make_room();
    let began = Instant::now();
    while send(&server, "m", acknowledged + 2) != Some(200) {
        assert!(
            began.elapsed() < Duration::from_secs(5),
            "it does not go on by itself"
        );
    }
    let server = server.kill_and_restart();
    server.until("the machine is back", |list| {
        list["machines"].as_array().unwrap().len() == 1
    });
    let kept = kept(&server, "m");
    let all = (1..=acknowledged).chain([acknowledged + 2]);
    assert!(all.clone().all(|count| kept.contains(&count)), "{kept:?}");
    assert!(!kept.contains(&(acknowledged + 1)), "what was refused was kept");
}

#[test]
fn a_server_starts_on_a_full_disk_and_lets_people_in() {
    let Some(disk) = SmallDisk::mount(64) else { return };
    let mut server = Server::start_in(disk.0.clone(), "server", &[]);
    assert_eq!(send(&server, "m", 1), Some(200));
    disk.fill();
    report_until_full(&server, 2);
    for _ in 0..3 {
        // Starting includes signing in.
        server = server.kill_and_restart();
    }
    assert_eq!(send(&server, "m", 1), Some(507));
    assert_eq!(
        server.get("/api/fleet/machines")["machines"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    disk.make_room();
    assert_eq!(send(&server, "m", 9_999), Some(200));
}

#[test]
fn a_first_start_without_room_for_anything_says_so() {
    let Some(disk) = SmallDisk::mount(1) else { return };
    disk.fill();
    let ended = atlas(disk.0.path()).args(SERVER).output().unwrap();
    assert_eq!(ended.status.code(), Some(1));
    let said = String::from_utf8_lossy(&ended.stderr).into_owned();
    assert!(said.contains("is full: make room"), "{said}");
}
