//! `atlas user` and `atlas key`: people and programs looked after from the server's own terminal,
//! beside a running server and without one.

#![cfg(feature = "server")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

#[allow(unreachable_pub, dead_code, reason = "each test file uses a part of it")]
mod running;

use std::io::Write;
use std::path::Path;
use std::process::Stdio;

use running::{PASSWORD, Server, atlas};
use serde_json::Value;

const PASSPHRASE: &str = "plum wagon tide seven";

/// The status, and what was said on both outputs.
fn run(home: &Path, arguments: &[&str], typed: &str) -> (i32, String, String) {
    let mut command = atlas(home);
    command.args(arguments).stdin(Stdio::piped());
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A command that needs no input may have ended already.
    let _ = child.stdin.take().unwrap().write_all(typed.as_bytes());
    let output = child.wait_with_output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (
        output.status.code().unwrap(),
        text(output.stdout),
        text(output.stderr),
    )
}

fn users(home: &Path) -> Vec<Value> {
    let (status, list, said) = run(home, &["user", "list", "--json"], "");
    assert_eq!(status, 0, "{said}");
    let list: Value = serde_json::from_str(&list).unwrap();
    list["users"].as_array().unwrap().clone()
}

#[test]
fn looks_after_users_beside_a_running_server() {
    let server = Server::start();
    let home = server.folder.path();
    let add = ["user", "add", "ann o", "--role", "operator"];
    let (status, _, said) = run(home, &add, "short\n");
    assert!(status == 1 && said.contains("at least 12 characters"), "{said}");
    assert_eq!(run(home, &add, &format!("{PASSPHRASE}\n")).0, 0);
    assert_eq!(server.sign_in_as("ann o", PASSPHRASE).status(), 200);
    assert_eq!(run(home, &["user", "role", "ann o", "viewer"], "").0, 0);
    let ann = users(home)
        .into_iter()
        .find(|user| user["username"] == "ann o")
        .unwrap();
    assert_eq!(
        (&ann["role"], &ann["must_change_password"]),
        (&"viewer".into(), &false.into())
    );
    assert_eq!(run(home, &["user", "disable-2fa", "ann o"], "").0, 0);
    let (status, _, said) = run(home, &["user", "remove", "admin"], "");
    assert!(status == 1 && said.contains("last administrator"), "{said}");
    assert_eq!(run(home, &["user", "remove", "ann o"], "").0, 0);
    assert_eq!(users(home).len(), 1);
}

#[test]
fn a_lost_password_is_replaced_while_no_server_runs() {
    let mut server = Server::start();
    server.kill();
    let (home, cookie) = (server.folder.path(), server.cookie.clone());
    let (status, said, wrong) = run(home, &["user", "passwd", "admin"], &format!("{PASSPHRASE}\n"));
    assert!(status == 0 && said.contains("new password"), "{said}{wrong}");
    assert_eq!(
        run(home, &["user", "passwd", "nobody"], &format!("{PASSPHRASE}\n")).0,
        1
    );
    assert_eq!(
        run(
            home,
            &["user", "add", "ann", "--role", "admin"],
            &format!("{PASSPHRASE}\n")
        )
        .0,
        0
    );
    let (status, _, said) = run(home, &["audit", "verify"], "");
    assert_eq!(status, 0, "{said}");
    let server = Server::start_with_cookie(server.folder.clone(), &cookie);
    assert_eq!(
        server.request("GET", "/api/auth/me").send().unwrap().status(),
        401
    );
    assert_eq!(server.sign_in_as("admin", PASSWORD).status(), 401);
    assert_eq!(server.sign_in_as("admin", PASSPHRASE).status(), 200);
    let ann = server.cookie_of("ann", PASSPHRASE);
    let audit = server
        .request_as(&ann, "GET", "/api/v2/audit?actor=local-admin")
        .send();
    let audit: Value = audit.unwrap().json().unwrap();
    let told = |action: &str, target: &str| {
        let mut records = audit["records"].as_array().unwrap().iter();
        records.any(|record| record["action"] == action && record["target"] == target)
    };
    assert!(
        told("user.change", "admin") && told("user.create", "ann"),
        "{audit}"
    );
}

#[test]
fn makes_lists_and_revokes_api_keys() {
    let server = Server::start();
    let home = server.folder.path();
    let create = [
        "key",
        "create",
        "backup script",
        "--scope",
        "machines:read",
        "--quiet",
    ];
    let (status, key, said) = run(home, &create, "");
    assert_eq!(status, 0, "{said}");
    let uses = || {
        let request = server.client.get(format!("{}/api/fleet/machines", server.url));
        request.bearer_auth(key.trim()).send().unwrap().status().as_u16()
    };
    assert_eq!(uses(), 200);
    let (_, list, _) = run(home, &["key", "list", "--json"], "");
    let list: Value = serde_json::from_str(&list).unwrap();
    let id = list["keys"][0]["id"].as_str().unwrap();
    assert_eq!(list["keys"][0]["created_by"], "local-admin");
    assert_eq!(run(home, &["key", "revoke", id], "").0, 0);
    assert_eq!(uses(), 401);
    let (status, _, said) = run(home, &["key", "revoke", id], "");
    assert!(status == 1 && said.contains("no API key of that id"), "{said}");
    let (status, _, said) = run(home, &["key", "create", "x", "--scope", "everything"], "");
    assert!(status == 1 && said.contains("Name one scope"), "{said}");
}
