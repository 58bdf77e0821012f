//! Paths that try to leave the dashboard's folder, in more than 300 spellings, sent as they are: the
//! server has no folder, so there is nothing to leave (security.md, T19).

use crate::raw::{Raw, assert_serves};
use crate::running::Server;

const FROM: [&str; 6] = [
    "/",
    "/assets/",
    "/assets/x/",
    "/api/fleet/",
    "/static/",
    "/dashboard/",
];

const UP: [&str; 16] = [
    "../",
    "..%2f",
    "..%2F",
    "%2e%2e/",
    "%2e%2e%2f",
    "%2E%2E%5C",
    "..\\",
    "..%5c",
    "%252e%252e%252f",
    "..%252f",
    "....//",
    "..;/",
    "%c0%ae%c0%ae/",
    "..%c0%af",
    "..%00/",
    "/",
];

const TO: [&str; 5] = [
    "etc/passwd",
    ".fleet_monitoring/data/server.key",
    "data/local-admin.key",
    ".fleet/cluster.secret",
    "index.html",
];

#[test]
fn no_path_leads_to_a_file() {
    let server = Server::start();
    let mut spellings = 0;
    let mut raw = Raw::connect(&server);
    for (from, up, to) in corpus() {
        let path = format!("{from}{}{to}", up.repeat(if up == "/" { 1 } else { 6 }));
        let get = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n");
        raw.send(get);
        let mut answer = raw.answer();
        if answer.status == 0 || answer.head.contains("connection: close") {
            raw = Raw::connect(&server);
        }
        if answer.status == 0 {
            raw.send(format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n"));
            answer = raw.answer();
        }
        // 400: HTTP has no such address.
        assert!(matches!(answer.status, 404 | 400), "{path}: {}", answer.status);
        assert!(!answer.text().contains("root:") && !answer.text().contains("PRIVATE KEY"));
        spellings += 1;
    }
    assert!(spellings >= 300, "{spellings}");
    assert_serves(&server, "afterwards");
}

fn corpus() -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
    FROM.into_iter()
        .flat_map(|from| UP.into_iter().flat_map(move |up| TO.map(|to| (from, up, to))))
}
