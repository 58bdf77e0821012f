//! How a server ends under load: what it answered is whole and on disk, told twice it ends at once.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::raw::{Raw, report_head};
use crate::running::{KEY, Server};

const REPORTERS: usize = 4;

/// Reports until the server refuses; the last number whose answer was 200 and whole.
fn report_on(server: &Server, machine: usize, acknowledged: &AtomicU64) {
    for next in 1..100_000_u64 {
        let body = json!({"machine_id": format!("m{machine}"), "metrics": {"uptime_seconds": next}});
        let sent = server
            .client
            .post(format!("{}/api/fleet/report", server.url))
            .header("x-api-key", KEY)
            .body(body.to_string())
            .send();
        match sent {
            Ok(answer) if answer.status() == 200 => {
                // Cut off, it would be no JSON.
                let receipt: Value = answer.json().unwrap();
                assert_eq!(receipt["status"], "ok");
                acknowledged.store(next, Ordering::Relaxed);
            }
            _ => return,
        }
    }
}

#[test]
fn a_server_that_is_told_to_stop_has_kept_all_that_it_answered() {
    let mut server = Server::start();
    let acknowledged: Vec<_> = (0..REPORTERS).map(|_| AtomicU64::new(0)).collect();
    std::thread::scope(|scope| {
        for (machine, acknowledged) in acknowledged.iter().enumerate() {
            let server = &server;
            scope.spawn(move || report_on(server, machine, acknowledged));
        }
        let busy = || {
            acknowledged
                .iter()
                .all(|count| count.load(Ordering::Relaxed) > 50)
        };
        while !busy() {
            std::thread::park_timeout(Duration::from_millis(5));
        }
        server.signal("TERM");
    });
    assert_eq!(server.wait().code(), Some(0));
    let folder = server.folder.clone();
    drop(server);
    let server = Server::start_in(folder, "server", &[]);
    let list = server.until("all are back", |list| {
        list["machines"].as_array().unwrap().len() == REPORTERS
    });
    for machine in list["machines"].as_array().unwrap() {
        let number: usize = machine["machine_id"].as_str().unwrap()[1..].parse().unwrap();
        let kept = machine["latest_metrics"]["uptime_seconds"].as_u64().unwrap();
        assert!(kept >= acknowledged[number].load(Ordering::Relaxed), "{machine}");
    }
}

#[test]
fn a_server_that_is_told_twice_ends_at_once() {
    let mut server = Server::start();
    // Comes fast enough to be waited for, and takes longer than the test.
    let mut raw = Raw::connect(&server);
    raw.send(report_head("Content-Length: 1000000\r\n"));
    raw.send([b' '; 60_000]);
    server.signal("TERM");
    let refuses = || std::net::TcpStream::connect(("127.0.0.1", server.port())).is_err();
    let began = Instant::now();
    while !refuses() {
        assert!(began.elapsed() < Duration::from_secs(20), "it still listens");
        std::thread::park_timeout(Duration::from_millis(20));
    }
    let told_again = Instant::now();
    server.signal("TERM");
    assert!(server.wait().success());
    // It would have waited 10 s for the body.
    assert!(
        told_again.elapsed() < Duration::from_secs(5),
        "{:?}",
        told_again.elapsed()
    );
}
