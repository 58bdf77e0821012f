//! Clients that are slow on purpose: each is cut off by its own deadline, and hinders nobody.

use std::io::Read;
use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};

use crate::raw::{Raw, assert_serves, report_head};
use crate::running::Server;

/// Keeps a beat without a sleep: waits for bytes that should not come, and hands over those that do.
fn beat(raw: &mut Raw, pause: Duration) -> Option<Vec<u8>> {
    raw.peek(pause)
}

/// Sends the pieces one by one until the server has enough; what it said, and after how long.
fn drip(mut raw: Raw, pieces: impl Iterator<Item = Vec<u8>>, pause: Duration) -> (String, Duration) {
    let started = Instant::now();
    let mut said = Vec::new();
    for piece in pieces {
        let heard = beat(&mut raw, pause);
        said.extend(heard.iter().flatten());
        if heard.is_some() || !raw.send(piece) {
            break;
        }
    }
    while let Some(more) = raw.peek(Duration::from_secs(30)).filter(|more| !more.is_empty()) {
        said.extend(more);
    }
    (String::from_utf8_lossy(&said).into_owned(), started.elapsed())
}

fn within(name: &str, elapsed: Duration, from_s: u64, to_s: u64) {
    let bounds = Duration::from_secs(from_s)..Duration::from_secs(to_s);
    assert!(bounds.contains(&elapsed), "{name}: {elapsed:?}");
}

/// No request at all, not even TLS: closed after 10 s.
fn no_handshake(server: &Server) {
    let started = Instant::now();
    let mut socket = TcpStream::connect(("127.0.0.1", server.port())).unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(40))).unwrap();
    let read = socket.read(&mut [0; 64]);
    assert!(matches!(read, Ok(0)) || read.is_err_and(|e| e.kind() == std::io::ErrorKind::ConnectionReset));
    within("no handshake", started.elapsed(), 9, 25);
}

fn no_request(server: &Server) {
    let started = Instant::now();
    assert!(Raw::connect(server).is_closed());
    within("no request", started.elapsed(), 4, 15);
}

/// The head comes letter by letter: closed after 5 s, however steadily they come.
fn slow_head(server: &Server) {
    let head = report_head(&format!("X-Padding: {}\r\n", "x".repeat(2_000)));
    let letters = head.into_bytes().into_iter().map(|letter| vec![letter]);
    let (said, elapsed) = drip(Raw::connect(server), letters, Duration::from_millis(100));
    assert!(said.is_empty() || said.contains(" 408 "), "{said}");
    within("slow head", elapsed, 4, 15);
}

/// A byte a second, then none at all: 408 after the grace of 3 s.
fn starved_body(server: &Server, pause: Duration, name: &str) {
    let mut raw = Raw::connect(server);
    raw.send(report_head("Content-Length: 1000\r\n"));
    let (said, elapsed) = drip(raw, std::iter::repeat_n(b"{".to_vec(), 900), pause);
    assert!(
        said.contains(" 408 ") && said.contains("\"body_too_slow\""),
        "{name}: {said}"
    );
    within(name, elapsed, 2, 12);
}

/// Fast enough at each moment, and without an end: 408 after 15 s.
fn endless_body(server: &Server) {
    let mut raw = Raw::connect(server);
    raw.send(report_head("Content-Length: 1000000\r\n"));
    let (said, elapsed) = drip(
        raw,
        std::iter::repeat_n(vec![b' '; 800], 1_000),
        Duration::from_millis(250),
    );
    assert!(
        said.contains(" 408 ") && said.contains("\"body_too_slow\""),
        "{said}"
    );
    within("endless body", elapsed, 14, 30);
}

#[test]
fn slow_clients_are_cut_off_each_by_its_deadline_and_hinder_nobody() {
    let server = Server::start();
    thread::scope(|scope| {
        scope.spawn(|| no_handshake(&server));
        scope.spawn(|| no_request(&server));
        scope.spawn(|| slow_head(&server));
        scope.spawn(|| starved_body(&server, Duration::from_secs(1), "dripping body"));
        scope.spawn(|| starved_body(&server, Duration::from_secs(20), "stalled body"));
        scope.spawn(|| endless_body(&server));
        // 200 more that stall: they hold no worker.
        let stalled: Vec<_> = (0..200)
            .map(|_| {
                let mut raw = Raw::connect(&server);
                raw.send(report_head("Content-Length: 1000\r\n"));
                raw
            })
            .collect();
        assert_serves(&server, "while-others-stall");
        drop(stalled);
    });
    assert_serves(&server, "afterwards");
}
