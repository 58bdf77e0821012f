//! Operators' keys: made on the operator's own machine, registered at the server by their public part,
//! and gone with their owner.

#![cfg(feature = "server")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

#[allow(unreachable_pub, dead_code, reason = "each test file uses a part of it")]
mod running;

use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Stdio;

use running::{Server, atlas, code};
use serde_json::{Value, json};

const PASSPHRASE: &str = "plum wagon tide seven";

/// The status, and what was said on both outputs.
fn run(home: &Path, arguments: &[&str], typed: &str) -> (i32, String, String) {
    let mut command = atlas(home);
    command.args(arguments).stdin(Stdio::piped());
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // A command that needs no input may have ended already.
    let _ = child.stdin.take().unwrap().write_all(typed.as_bytes());
    let output = child.wait_with_output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    let status = output.status.code().unwrap();
    (status, text(output.stdout), text(output.stderr))
}

fn key_of(home: &Path, more: &[&str]) -> String {
    let arguments = [&["operator", "key", "create", "--quiet"], more].concat();
    let (status, public, said) = run(home, &arguments, "grey otters sing\n");
    assert_eq!(status, 0, "{said}");
    public.trim().to_owned()
}

fn register(server: &Server, cookie: &str, public_key: &str) -> (u16, Value) {
    let request = server.request_as(cookie, "POST", "/api/v2/me/operator-keys");
    let asked = json!({"name": "laptop", "public_key": public_key});
    let answer = request.json(&asked).send().unwrap();
    (answer.status().as_u16(), answer.json().unwrap())
}

fn make(server: &Server, user: &str, role: &str) -> String {
    let body = json!({"username": user, "password": PASSPHRASE, "role": role, "must_change_password": false});
    let made = server
        .request("POST", "/api/v2/users")
        .json(&body)
        .send()
        .unwrap();
    assert_eq!(made.status(), 201);
    server.cookie_of(user, PASSPHRASE)
}

fn owners(server: &Server) -> Vec<String> {
    let list = server.get("/api/v2/operator-keys");
    let keys = list["keys"].as_array().unwrap();
    keys.iter()
        .map(|key| key["owner"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn a_key_is_made_once_for_its_owner_only_and_shows_its_public_part() {
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path();
    let public = key_of(home, &[]);
    let file = home.join(".fleet_monitoring/operator.key");
    let mode = std::fs::metadata(&file).unwrap().permissions().mode();
    assert_eq!((mode & 0o777, public.starts_with("aop1_")), (0o600, true));
    assert_eq!(run(home, &["operator", "key", "show"], "").1.trim(), public);
    let (status, _, said) = run(home, &["operator", "key", "create"], "");
    assert!(status == 1 && said.contains("there is a key already"), "{said}");

    let locked = home.join("locked.key").display().to_string();
    let public = key_of(home, &["--key", &locked, "--passphrase"]);
    let shown = run(home, &["operator", "key", "show", "--json", "--key", &locked], "").1;
    let shown: Value = serde_json::from_str(&shown).unwrap();
    assert_eq!(
        (&shown["public_key"], &shown["has_passphrase"]),
        (&json!(public), &json!(true))
    );
    assert!(!std::fs::read_to_string(&locked).unwrap().contains("private"));
}

#[test]
fn a_registered_key_is_its_owners_and_outlives_a_restart() {
    let server = Server::start();
    let folder = tempfile::tempdir().unwrap();
    let public = key_of(folder.path(), &[]);
    let (ann, bob) = (make(&server, "ann", "admin"), make(&server, "bob", "operator"));
    let (status, registered) = register(&server, &ann, &public);
    assert_eq!(
        (status, &registered["owner"], &registered["signs_commands"]),
        (201, &json!("ann"), &json!(true))
    );
    for (cookie, key, status, word) in [
        (&bob, &*public, 409, "operator_key_registered"),
        (&bob, "aop1_AAAA", 400, "invalid_operator_key"),
        (&bob, &public[..public.len() - 1], 400, "invalid_operator_key"),
    ] {
        let (answered, said) = register(&server, cookie, key);
        assert_eq!((answered, &said["error"]["code"]), (status, &json!(word)));
    }
    let bobs = key_of(folder.path(), &["--force"]);
    let (status, registered_too) = register(&server, &bob, &bobs);
    assert_eq!((status, &registered_too["signs_commands"]), (201, &json!(false)));

    let path = format!("/api/v2/me/operator-keys/{}", registered["id"].as_str().unwrap());
    let foreign = server.request_as(&bob, "DELETE", &path).send().unwrap();
    assert_eq!(
        (foreign.status().as_u16(), code(foreign).as_str()),
        (404, "operator_key_not_found")
    );
    let server = server.kill_and_restart();
    assert_eq!(owners(&server), ["ann", "bob"]);
    let listed = run(server.folder.path(), &["operator", "key", "list"], "").1;
    assert!(
        listed.contains("ann  laptop") && listed.contains("signs commands"),
        "{listed}"
    );
    let ann = server.cookie_of("ann", PASSPHRASE);
    assert_eq!(
        server.request_as(&ann, "DELETE", &path).send().unwrap().status(),
        204
    );
    let server = server.kill_and_restart();
    assert_eq!(owners(&server), ["bob"]);
    let log = server.get("/api/v2/audit");
    for action in ["operator_key.register", "operator_key.remove"] {
        let records = log["records"].as_array().unwrap();
        assert!(
            records
                .iter()
                .any(|record| record["action"] == action && record["actor"] == "ann")
        );
    }
}

#[test]
fn the_key_of_who_is_shut_out_or_removed_counts_no_more() {
    let server = Server::start();
    let folder = tempfile::tempdir().unwrap();
    let ann = make(&server, "ann", "admin");
    assert_eq!(register(&server, &ann, &key_of(folder.path(), &[])).0, 201);
    let user = |method: &str, body: Value| {
        let request = server.request(method, "/api/v2/users/ann");
        assert!(request.json(&body).send().unwrap().status().is_success());
    };
    user("PATCH", json!({"is_active": false}));
    assert!(owners(&server).is_empty());
    user("PATCH", json!({"is_active": true}));
    assert_eq!(owners(&server), ["ann"]);
    user("DELETE", json!({}));
    let again = make(&server, "ann", "admin");
    let own = server.request_as(&again, "GET", "/api/v2/me/operator-keys");
    assert_eq!(own.send().unwrap().json::<Value>().unwrap()["keys"], json!([]));
}

#[test]
fn what_was_sealed_to_operators_is_opened_by_each_of_them_on_their_own_machine() {
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path();
    let locked = home.join("locked.key").display().to_string();
    let public = [
        key_of(home, &[]),
        key_of(home, &["--key", &locked, "--passphrase"]),
    ];
    let public = public.map(|public| public.parse().unwrap());
    let sealed = atlas::wire::operator_sealed::seal("output of 7\u{1b}[31m", &public, b"planted\n").unwrap();
    let file = home.join("output.sealed").display().to_string();
    std::fs::write(&file, &sealed).unwrap();
    let (status, content, said) = run(home, &["open", &file], "");
    assert_eq!((status, &*content), (0, "planted\n"), "{said}");
    assert!(said.contains("output of 7\\u{1b}[31m"), "{said}");
    let with_locked = ["open", &*file, "--quiet", "--key", &*locked];
    let opened = run(home, &with_locked, "grey otters sing\n");
    assert_eq!((opened.0, &*opened.1, &*opened.2), (0, "planted\n", ""));
    let (status, content, said) = run(home, &with_locked, "grey otters swim\n");
    assert!(
        status == 1 && content.is_empty() && said.contains("passphrase is wrong"),
        "{said}"
    );

    let changed = [&sealed[..sealed.len() - 1], b"x"].concat();
    std::fs::write(&file, changed).unwrap();
    let (status, content, said) = run(home, &["open", &file], "");
    assert!(
        status == 1 && content.is_empty() && said.contains("was changed"),
        "{said}"
    );
    std::fs::write(&file, sealed).unwrap();
    key_of(home, &["--force"]);
    let (status, content, said) = run(home, &["open", &file], "");
    assert!(
        status == 1 && content.is_empty() && said.contains("was not sealed to the key"),
        "{said}"
    );
}
