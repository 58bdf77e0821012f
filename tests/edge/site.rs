//! What pages of other sites can make a browser send: requests under other names, changes, streams.
//! And the headers that keep browsers from helping them, on every sort of answer.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;

use reqwest::header::HeaderMap;
use serde_json::json;

use crate::raw::{Raw, assert_serves};
use crate::running::{PASSWORD, Server};

fn with_config(server: &str) -> Server {
    let folder = Arc::new(tempfile::tempdir().unwrap());
    let home = folder.path().join(".fleet_monitoring");
    std::fs::create_dir(&home).unwrap();
    std::fs::write(home.join("config.yaml"), format!("fleet:\n  server:\n{server}")).unwrap();
    Server::start_in(folder, "server", &[])
}

/// Asks for a token, which changes something, with these headers and the administrator's cookie.
fn asked(server: &Server, headers: &[(&str, &str)]) -> u16 {
    let mut request = server.request("POST", "/api/v2/tokens").json(&json!({}));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.send().unwrap().status().as_u16()
}

#[test]
fn only_a_page_of_this_site_changes_anything() {
    let server = with_config("    public_url: https://fleet.example:8443\n");
    let own = server.url.clone();
    for headers in [
        &[("sec-fetch-site", "same-origin")][..],
        &[("sec-fetch-site", "none")],
        // What a page can't write wins over what it can.
        &[("sec-fetch-site", "same-origin"), ("origin", "null")],
        &[("origin", "https://fleet.example:8443")],
        &[("origin", &own)],
        &[],
    ] {
        assert_eq!(asked(&server, headers), 201, "{headers:?}");
    }
    for headers in [
        &[("sec-fetch-site", "cross-site")][..],
        &[("sec-fetch-site", "same-site")],
        &[("sec-fetch-site", "cross-site"), ("origin", &own)],
        &[("sec-fetch-site", "")],
        &[("origin", "https://evil.example")],
        &[("origin", "null")],
        &[("origin", "http://fleet.example:8443")],
        &[("origin", "https://fleet.example")],
        &[("origin", "https://fleet.example:8443.evil.example")],
        &[("origin", "https://localhost:1")],
    ] {
        assert_eq!(asked(&server, headers), 403, "{headers:?}");
    }
    // A stream is opened with GET, and still tells another site's page everything.
    let stream = server
        .request("GET", "/api/fleet/stream")
        .header("accept", "text/event-stream");
    let answer = stream.header("sec-fetch-site", "cross-site").send().unwrap();
    assert_eq!(answer.status(), 403);
    // Signing in for somebody else is a change as well, and a form needs no preflight.
    let form = format!("username=admin&password={PASSWORD}");
    let login = server
        .client
        .post(format!("{own}/login"))
        .header("sec-fetch-site", "cross-site");
    assert_eq!(login.body(form).send().unwrap().status(), 403);
    let text = server
        .request("POST", "/api/v2/tokens")
        .header("content-type", "text/plain");
    assert_eq!(text.body("{}").send().unwrap().status(), 415);
}

#[test]
fn a_strict_site_takes_no_change_that_does_not_say_where_it_comes_from() {
    let server = with_config("    strict_origin: true\n");
    assert_eq!(asked(&server, &[]), 403);
    assert_eq!(asked(&server, &[("sec-fetch-site", "same-origin")]), 201);
    let made = crate::running::atlas(server.folder.path())
        .args(["token", "create"])
        .output();
    assert!(
        made.unwrap().status.success(),
        "the command line has a key of its own"
    );
    assert_serves(&server, "agents-are-no-browsers");
}

fn get_as(server: &Server, host: &str) -> u16 {
    let mut raw = Raw::connect(server);
    raw.send(format!("GET / HTTP/1.1\r\n{host}\r\n"));
    raw.answer().status
}

#[test]
fn a_name_that_is_not_this_server_s_leads_nowhere() {
    let server = with_config("    names: [fleet.example]\n");
    for own in [
        "localhost",
        "fleet.example",
        "FLEET.example.:8768",
        "127.0.0.1:1",
        "[::1]",
    ] {
        assert_eq!(get_as(&server, &format!("Host: {own}\r\n")), 200, "{own}");
    }
    for foreign in [
        "evil.example",
        "fleet.example.evil.example",
        "localhost.evil.example:8768",
        "",
    ] {
        assert_eq!(get_as(&server, &format!("Host: {foreign}\r\n")), 421, "{foreign}");
    }
    assert!(matches!(get_as(&server, ""), 400 | 421));
    // Agents of 2.0 may know the server by whatever name: no cookie speaks for them.
    let mut raw = Raw::connect(&server);
    let report = crate::raw::report(r#"{"machine_id":"by-alias"}"#);
    raw.send(report.replace("Host: localhost", "Host: alias.example"));
    assert_eq!(raw.answer().status, 200);
}

#[test]
fn a_forwarded_address_that_nobody_vouches_for_does_not_evade_the_lockout() {
    let server = Server::start();
    let guess = |at: u32| {
        server
            .client
            .post(format!("{}/api/auth/login", server.url))
            .header("x-forwarded-for", format!("203.0.{at}.7"))
            .header("forwarded", format!("for=203.0.{at}.7"))
            .json(&json!({"username": "admin", "password": "wrong horse battery"}))
            .send()
            .unwrap()
            .status()
            .as_u16()
    };
    assert!((0..12).map(guess).any(|status| status == 429));
}

const HEADERS: [(&str, &str); 9] = [
    (
        "content-security-policy",
        "default-src 'none'; script-src 'self'; style-src 'self'",
    ),
    (
        "content-security-policy",
        "frame-ancestors 'none'; require-trusted-types-for 'script'",
    ),
    ("strict-transport-security", "max-age=31536000; includeSubDomains"),
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    ("referrer-policy", "no-referrer"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("x-request-id", ""),
];

fn assert_headers(what: &str, headers: &HeaderMap) {
    for (name, value) in HEADERS {
        let sent = headers.get(name).map(|sent| sent.to_str().unwrap());
        assert!(
            sent.is_some_and(|sent| sent.contains(value)),
            "{what}: {name}: {sent:?}"
        );
    }
    assert!(headers.contains_key("cache-control"), "{what}");
}

#[test]
fn every_sort_of_answer_carries_the_headers() {
    let server = Server::start();
    let own = |path: &str| format!("{}{path}", server.url);
    let form = format!("username=admin&password={}", PASSWORD.replace(' ', "+"));
    let list = server.request("GET", "/api/fleet/machines").send().unwrap();
    let etag = list.headers()["etag"].clone();
    let answers = [
        (200, server.client.get(own("/"))),
        (200, server.request("GET", "/api/fleet/machines")),
        (
            304,
            server
                .request("GET", "/api/fleet/machines")
                .header("if-none-match", etag),
        ),
        (200, server.request("GET", "/api/fleet/stream")),
        (303, server.client.post(own("/login")).body(form)),
        (
            400,
            server
                .request("POST", "/api/v2/tokens")
                .json(&json!({"max_uses": "many"})),
        ),
        (401, server.client.get(own("/api/fleet/machines"))),
        (
            403,
            server
                .request("POST", "/api/v2/tokens")
                .header("origin", "null")
                .json(&json!({})),
        ),
        (404, server.client.get(own("/assets/none.js"))),
        (404, server.client.get(own("/none"))),
        (405, server.client.delete(own("/api/fleet/report"))),
        (
            413,
            server
                .client
                .post(own("/api/auth/login"))
                .json(&"x".repeat(2 << 20)),
        ),
        (415, server.client.post(own("/api/auth/login")).body("a")),
        (421, server.client.get(own("/")).header("host", "evil.example")),
    ];
    for (status, request) in answers {
        let answer = request.send().unwrap();
        assert_eq!(answer.status(), status);
        assert_headers(&status.to_string(), answer.headers());
    }
}

#[test]
fn plain_http_is_never_sent_on_to_https() {
    let server = Server::start();
    for path in ["/", "/api/fleet/machines", "/api/fleet/report"] {
        let mut socket = TcpStream::connect(("127.0.0.1", server.port())).unwrap();
        socket.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        socket
            .write_all(format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n").as_bytes())
            .unwrap();
        let mut said = Vec::new();
        // It may be cut off hard.
        let _ = socket.read_to_end(&mut said);
        assert!(!said.starts_with(b"HTTP/"), "{}", String::from_utf8_lossy(&said));
    }
}
