//! Requests that are too large, malformed or lies: refused with little memory, and nothing stored.

use std::io::Write;
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};

use crate::raw::{Answer, Raw, assert_serves, report, report_head};
use crate::running::{Server, atlas};

/// The server may need so much more memory for all of this together (security.md, T7).
const GROWTH_KB_MAX: u64 = 64 * 1024;

/// The most memory that the server has ever had, in KB.
fn peak_kb(server: &Server) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", server.pid())).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

fn sent(server: &Server, request: impl AsRef<[u8]>) -> Answer {
    let mut raw = Raw::connect(server);
    raw.send(request);
    raw.answer()
}

fn code(answer: &Answer) -> String {
    let said: Value = serde_json::from_slice(&answer.body).unwrap();
    let code = if said["error"].is_object() {
        &said["error"]["code"]
    } else {
        &said["code"]
    };
    code.as_str().unwrap_or_default().to_owned()
}

/// Sends chunks up to 100 MiB; how many bytes went out before the server had enough.
fn chunked_without_end(server: &Server) -> (Answer, usize) {
    let mut raw = Raw::connect(server);
    raw.send(report_head("Transfer-Encoding: chunked\r\n"));
    let chunk = [b"10000\r\n".as_slice(), &[b' '; 0x10000], b"\r\n"].concat();
    let (mut out, mut said) = (0, Vec::new());
    while out < (100 << 20) && raw.send(&chunk) {
        out += chunk.len();
        if let Some(heard) = raw.peek(Duration::from_millis(1)) {
            said = heard;
            break;
        }
    }
    let answer = String::from_utf8_lossy(&said).into_owned();
    let status = answer
        .split(' ')
        .nth(1)
        .map_or(0, |status| status.parse().unwrap());
    (
        Answer {
            status,
            head: answer,
            body: said,
        },
        out,
    )
}

#[test]
fn lengths_that_lie_are_refused_at_once() {
    let server = Server::start();
    for length in ["2147483648", "99999999999", "1048577"] {
        // Not a byte of the body is sent: the answer can't have waited for it.
        let answer = sent(&server, report_head(&format!("Content-Length: {length}\r\n")));
        assert_eq!((answer.status, code(&answer).as_str()), (413, "too_large"));
        assert!(answer.head.contains("connection: close"), "{}", answer.head);
    }
    let (answer, out) = chunked_without_end(&server);
    assert_eq!(answer.status, 413, "{}", answer.head);
    assert!(out < (16 << 20), "{out} bytes were taken");
    let smuggled = [
        "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 2\r\n",
        "Content-Length: 2\r\nContent-Length: 3\r\n",
        "Content-Length: 2\r\nContent-Length: 2\r\n",
        "Content-Length: -1\r\n",
        "Content-Length: +2\r\n",
        "Content-Length: 2, 2\r\n",
        "Transfer-Encoding: chunked, identity\r\n",
        "Transfer-Encoding: xchunked\r\n",
    ];
    for head in smuggled {
        let answer = sent(&server, report_head(head) + "{}");
        assert_eq!(answer.status, 400, "{head}{}", answer.text());
    }
    assert_serves(&server, "afterwards");
}

#[test]
fn bodies_that_swell_cost_little_memory() {
    let server = Server::start();
    assert_serves(&server, "before");
    let before = peak_kb(&server);
    let keys = |count: usize| {
        let keys: Vec<_> = (0..count).map(|key| format!("\"{key}\":1")).collect();
        format!(r#"{{"machine_id":"a","metrics":{{{}}}}}"#, keys.join(","))
    };
    let million = sent(&server, report(&keys(1_000_000)));
    assert!(matches!(million.status, 413 | 0), "{}", million.text());
    let deep = |depth: usize| {
        let (open, close) = ("[".repeat(depth), "]".repeat(depth));
        format!(r#"{{"machine_id":"a","metrics":{{"x":{open}{close}}}}}"#)
    };
    for body in [keys(80_000), deep(10_000), deep(400_000)] {
        let answer = sent(&server, report(&body));
        assert_eq!((answer.status, code(&answer).as_str()), (400, "malformed_report"));
    }
    sealed_bombs(&server);
    let growth = peak_kb(&server) - before;
    assert!(growth < GROWTH_KB_MAX, "{growth} KB more");
    assert_serves(&server, "afterwards");
}

/// Bombs in a seal that is genuine: only an enrolled agent can send these.
fn sealed_bombs(server: &Server) {
    let identity = enrolled(server, "bomber");
    let key = identity.seal_key(0);
    let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
    for _ in 0..800 {
        gzip.write_all(&[b' '; 1 << 20]).unwrap();
    }
    let gigabyte = gzip.finish().unwrap();
    assert!(gigabyte.len() < 900_000, "{}", gigabyte.len());
    // What the seal holds is compressed a second time at most: the inner text is the bomb.
    let many = format!("[{}]", vec!["0"; 600_000].join(","));
    for plaintext in [many.into_bytes(), gigabyte] {
        let sealed = key.seal(&atlas::wire::envelope_v2::Outgoing {
            seq: 1,
            sent_at: atlas_actors::clock::Clock::now(&atlas_actors::clock::SystemClock),
            context: atlas::wire::envelope_v2::Context {
                method: "POST",
                route: "/api/fleet/report",
            },
            compression: atlas::wire::envelope_v2::Compression::Allowed,
            plaintext: &plaintext,
        });
        let body = serde_json::to_string(&sealed.unwrap()).unwrap();
        let answer = sent(server, report(&body));
        assert_eq!(answer.status, 400, "{}", answer.text());
    }
}

fn enrolled(server: &Server, machine: &str) -> atlas::wire::enrolment::identity::AgentIdentity {
    let made = atlas(server.folder.path())
        .args(["token", "create", "--json"])
        .output()
        .unwrap();
    let token: Value = serde_json::from_slice(&made.stdout).unwrap();
    let home = tempfile::tempdir().unwrap();
    let enrolled = atlas(home.path())
        .args(["agent", "enroll", &server.url, "--machine-id", machine, "--token"])
        .arg(token["token"].as_str().unwrap())
        .status();
    assert!(enrolled.unwrap().success());
    let folder = home.path().join(".fleet_monitoring/data/agent");
    atlas::agent::identity_file::load(&folder).unwrap().unwrap()
}

#[test]
fn values_that_can_t_be_true_are_refused_and_not_echoed() {
    let server = Server::start();
    let now = jiff::Timestamp::now();
    let year = jiff::SignedDuration::from_hours(24 * 366);
    let at = |moment: jiff::Timestamp| json!({"machine_id": "a", "sent_at": moment.to_string()}).to_string();
    let cases = [
        (
            r#"{"machine_id":"a","metrics":{"cpu":{"percent":NaN}}}"#.to_owned(),
            400,
        ),
        (
            r#"{"machine_id":"a","metrics":{"cpu":{"percent":1e999}}}"#.to_owned(),
            400,
        ),
        (
            r#"{"machine_id":"a","metrics":{"cpu":{"percent":-Infinity}}}"#.to_owned(),
            400,
        ),
        (at(now + year), 409),
        (at(now - year), 409),
        (
            json!({"machine_id": "<script>alert(1)</script>"}).to_string(),
            400,
        ),
        (
            json!({"machine_id": "a", "machine_info": {"hostname": "<img src=x onerror=alert(1)>"}})
                .to_string(),
            400,
        ),
        (
            json!({"machine_id": "a", "machine_info": {"hostname": "a\u{1b}[2Jalert"}}).to_string(),
            400,
        ),
        (json!({"machine_id": "a\r\nalert: 1"}).to_string(), 400),
        (json!({"machine_id": "../alert"}).to_string(), 400),
        ("\u{feff}{\"machine_id\":\"alert\"}".to_owned(), 400),
    ];
    for (body, status) in cases {
        let answer = sent(&server, report(&body));
        assert_eq!(answer.status, status, "{body}: {}", answer.text());
        assert!(!answer.text().contains("alert"), "{}", answer.text());
        assert!(!code(&answer).is_empty());
    }
    assert_eq!(server.get("/api/fleet/machines"), json!({"machines": []}));
    assert_serves(&server, "afterwards");
}
