//! Who may call what: every route of the table, over real HTTPS, with every sort of caller.

#![cfg(feature = "server")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

#[allow(unreachable_pub, dead_code, reason = "each test file uses a part of it")]
mod running;

use atlas::http::access::Access;
use atlas::http::router::{Entry, table};
use atlas_actors::model::{Role, Scope, Scopes};
use reqwest::blocking::RequestBuilder;
use running::{Server, code};
use serde_json::{Value, json};

/// A caller: how it shows who it is, and what it should be able to do.
struct Caller {
    name: String,
    header: Option<(&'static str, String)>,
    scopes: Scopes,
    is_person: bool,
}

const PASSPHRASE: &str = "plum wagon tide seven";

fn path(entry: &Entry) -> String {
    let path = entry.path.replace("{id}", "x").replace("{command}", "y");
    path.replace("{name}", "z")
}

fn call(server: &Server, entry: &Entry, caller: &Caller) -> RequestBuilder {
    let method = entry.method.as_str().parse().unwrap();
    let request = server
        .client
        .request(method, format!("{}{}", server.url, path(entry)));
    let request = match &caller.header {
        Some((name, value)) => request.header(*name, value),
        None => request,
    };
    if entry.method == "GET" {
        request
    } else {
        request.json(&json!({}))
    }
}

fn callers(server: &Server) -> Vec<Caller> {
    let nobody = Caller {
        name: "nobody".into(),
        header: None,
        scopes: Scopes::default(),
        is_person: false,
    };
    let mut callers = vec![nobody];
    for role in Role::ALL {
        let name = format!("the-{}", role.name());
        let user = json!({"username": name, "password": PASSPHRASE, "role": role.name(), "must_change_password": false});
        let made = server
            .request("POST", "/api/v2/users")
            .json(&user)
            .send()
            .unwrap();
        assert_eq!(made.status(), 201, "{}", made.text().unwrap());
        callers.push(Caller {
            header: Some(("cookie", server.cookie_of(&name, PASSPHRASE))),
            name,
            scopes: role.scopes(),
            is_person: true,
        });
    }
    for (n, scope) in Scope::ALL.into_iter().enumerate() {
        let asked = json!({"name": scope.name(), "scopes": [scope.name()]});
        let made = server
            .request("POST", "/api/v2/keys")
            .json(&asked)
            .send()
            .unwrap();
        let made: Value = made.json().unwrap();
        let key = made["key"].as_str().unwrap();
        let header = if n % 2 == 0 {
            ("authorization", format!("Bearer {key}"))
        } else {
            ("x-api-key", key.to_owned())
        };
        callers.push(Caller {
            name: format!("a key for {}", scope.name()),
            header: Some(header),
            scopes: Scopes::of(&[scope]),
            is_person: false,
        });
    }
    callers
}

/// What such a caller should be told; nothing = it is let in.
fn refusal(access: Access, caller: &Caller) -> Option<(u16, &'static str)> {
    if matches!(access, Access::Open | Access::Agent) {
        return None;
    }
    if caller.header.is_none() {
        return Some((401, "not_signed_in"));
    }
    match access {
        Access::Open | Access::Agent | Access::Known => None,
        Access::Person | Access::FreshPerson => (!caller.is_person).then_some((403, "session_required")),
        Access::Scope(scope) | Access::Fresh(scope) if !caller.scopes.contains(scope) => {
            Some((403, "scope_missing"))
        }
        Access::Scope(_) => None,
        Access::Fresh(_) => (!caller.is_person).then_some((403, "reauthentication_required")),
    }
}

#[test]
fn every_route_lets_in_whom_its_row_names_and_nobody_else() {
    let server = Server::start();
    let callers = callers(&server);
    let mut asked = 0;
    // Signing out comes last in nobody's table: it would end what the others need.
    for entry in table().iter().filter(|entry| !entry.path.ends_with("/logout")) {
        for caller in &callers {
            let what = format!("{} {} by {}", entry.method, entry.path, caller.name);
            let answer = call(&server, entry, caller).send().unwrap();
            assert!(answer.headers().contains_key("content-security-policy"), "{what}");
            assert!(answer.headers().contains_key("x-request-id"), "{what}");
            let status = answer.status().as_u16();
            match refusal(entry.access, caller) {
                Some((expected, word)) => {
                    assert_eq!((status, code(answer).as_str()), (expected, word), "{what}");
                }
                None if matches!(entry.access, Access::Agent) => {}
                None => assert!(!matches!(status, 401 | 403 | 500..), "{what}: {status}"),
            }
            asked += 1;
        }
    }
    assert!(asked > 900, "only {asked} questions were asked");
}

/// Not read from the table: what only an administrator may see, written down once more.
#[test]
fn only_an_administrator_sees_users_keys_and_the_server() {
    let viewer = Role::Viewer.scopes();
    let hidden = table().into_iter().filter(|entry| match entry.access {
        Access::Scope(scope) | Access::Fresh(scope) => entry.method == "GET" && !viewer.contains(scope),
        Access::Open | Access::Agent | Access::Known | Access::Person | Access::FreshPerson => false,
    });
    assert_eq!(
        hidden.map(|entry| entry.path).collect::<Vec<_>>(),
        [
            "/api/v2/tokens",
            "/api/v2/agents",
            "/api/v2/agents/rotation",
            "/api/v2/quarantine",
            "/api/v2/storage",
            "/api/fleet/storage",
            "/api/fleet/storage-info",
            "/api/v2/audit",
            "/api/v2/audit/export",
            "/api/v2/certificate",
            "/api/fleet/cert-status",
            "/api/fleet/cert-info",
            "/api/v2/users",
            "/api/fleet/users",
            "/api/v2/keys",
            "/api/auth/api-keys",
        ]
    );
}

/// Not read from the table: what a role may change, written down once more.
#[test]
fn a_viewer_changes_nothing_and_an_operator_no_user_key_or_server() {
    let changes = |role: Role| {
        let entries = table().into_iter().filter(|entry| entry.method != "GET");
        let theirs = entries.filter(|entry| match entry.access {
            Access::Scope(scope) | Access::Fresh(scope) => role.scopes().contains(scope),
            Access::Open | Access::Agent | Access::Known | Access::Person | Access::FreshPerson => false,
        });
        theirs
            .map(|entry| format!("{} {}", entry.method, entry.path))
            .collect::<Vec<_>>()
    };
    // Having a machine measured is no change of it, nor is arithmetic, nor a route that always refuses.
    let looks = [
        "POST /api/v2/machines/{id}/report-now",
        "POST /api/fleet/network-test/calculate-mos",
        "POST /api/fleet/network-test/metrics",
    ];
    assert_eq!(changes(Role::Viewer), looks);
    assert_eq!(
        changes(Role::Operator),
        [
            looks[0],
            looks[1],
            looks[2],
            "POST /api/v2/commands",
            "POST /api/v2/commands/{id}/cancel",
            "PUT /api/v2/machines/{id}/tags",
            "POST /api/fleet/command/{id}",
            "DELETE /api/v2/machines/{id}",
        ]
    );
}

#[test]
fn a_page_of_another_site_changes_nothing_on_any_route() {
    let server = Server::start();
    let admin = Caller {
        name: "admin".into(),
        header: Some(("cookie", server.cookie.clone())),
        scopes: Role::Admin.scopes(),
        is_person: true,
    };
    for entry in table() {
        if entry.method == "GET" || entry.access == Access::Agent {
            continue;
        }
        for (header, value) in [
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-site", "same-site"),
            ("origin", "https://elsewhere.example"),
            ("origin", "null"),
        ] {
            let answer = call(&server, &entry, &admin)
                .header(header, value)
                .send()
                .unwrap();
            let what = format!("{} {} with {header}: {value}", entry.method, entry.path);
            assert_eq!(
                (answer.status().as_u16(), code(answer).as_str()),
                (403, "other_site"),
                "{what}"
            );
        }
    }
    assert_eq!(server.get("/api/auth/me")["username"], "admin", "still signed in");
    let own = server.request("POST", "/api/v2/tokens").json(&json!({}));
    assert_eq!(
        own.header("sec-fetch-site", "same-origin")
            .send()
            .unwrap()
            .status(),
        201
    );
}
