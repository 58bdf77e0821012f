//! People and programs that sign in: passwords, sessions, second factors, API keys, lockout; what
//! each of them can do, and what ends it.

#![cfg(feature = "server")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

#[allow(unreachable_pub, dead_code, reason = "each test file uses a part of it")]
mod running;

use reqwest::blocking::Response;
use running::{PASSWORD, Server, code, cookie};
use serde_json::{Value, json};
use totp_rs::Totp;

const PASSPHRASE: &str = "plum wagon tide seven";
const ANOTHER: &str = "grey otters sing at noon";

fn post(server: &Server, cookie: &str, path: &str, body: &Value) -> Response {
    server.request_as(cookie, "POST", path).json(body).send().unwrap()
}

fn patch(server: &Server, user: &str, body: &Value) -> Response {
    let request = server.request("PATCH", &format!("/api/v2/users/{user}"));
    request.json(body).send().unwrap()
}

fn make(server: &Server, user: &str, role: &str) {
    let body = json!({"username": user, "password": PASSPHRASE, "role": role, "must_change_password": false});
    let made = post(server, &server.cookie, "/api/v2/users", &body);
    assert_eq!(made.status(), 201, "{}", made.text().unwrap());
}

fn me(server: &Server, cookie: &str) -> u16 {
    let answer = server.request_as(cookie, "GET", "/api/auth/me").send().unwrap();
    answer.status().as_u16()
}

#[test]
fn a_new_password_ends_all_sessions_and_brings_one() {
    let server = Server::start();
    make(&server, "ann", "operator");
    let (desk, phone) = (
        server.cookie_of("ann", PASSPHRASE),
        server.cookie_of("ann", PASSPHRASE),
    );
    let path = "/api/v2/me/password";
    let wrong = json!({"current_password": ANOTHER, "new_password": ANOTHER.repeat(2)});
    assert_eq!(post(&server, &desk, path, &wrong).status(), 401);
    for (new, word) in [
        ("short", "password_too_short"),
        ("Password1234!", "password_too_common"),
        (&"x y z ".repeat(400), "password_too_long"),
        (PASSPHRASE, "password_unchanged"),
    ] {
        let asked = json!({"current_password": PASSPHRASE, "new_password": new});
        let answer = post(&server, &desk, path, &asked);
        assert_eq!(
            (answer.status().as_u16(), code(answer).as_str()),
            (422, word),
            "{new}"
        );
    }
    let asked = json!({"current_password": PASSPHRASE, "new_password": ANOTHER});
    let changed = post(&server, &desk, path, &asked);
    let new = cookie(&changed, "__Host-atlas=").unwrap();
    assert_eq!(changed.status(), 200);
    assert_eq!(
        (me(&server, &desk), me(&server, &phone), me(&server, &new)),
        (401, 401, 200)
    );
    assert_eq!(server.sign_in_as("ann", PASSPHRASE).status(), 401);
    let server = server.kill_and_restart();
    assert_eq!(
        (me(&server, &desk), me(&server, &phone), me(&server, &new)),
        (401, 401, 200)
    );
    assert_eq!(server.sign_in_as("ann", ANOTHER).status(), 200);
}

#[test]
fn the_config_says_how_long_a_new_password_is_at_least() {
    let folder = std::sync::Arc::new(tempfile::tempdir().unwrap());
    let mut server = Server::start_in(folder, "server", &[("FLEET_MIN_PASSWORD_LENGTH", "16")]);
    let adds = |server: &Server, name: &str, password: &str| {
        let body = json!({"username": name, "password": password, "role": "viewer"});
        let answer = post(server, &server.cookie, "/api/v2/users", &body);
        (answer.status().as_u16(), answer.text().unwrap())
    };
    let (status, said) = adds(&server, "ann", "otters grey 7%k");
    assert!(status == 422 && said.contains("at least 16 characters"), "{said}");
    assert_eq!(adds(&server, "ann", "otters grey 7%kw").0, 201);
    server.kill();
    let server = Server::start_in(
        server.folder.clone(),
        "server",
        &[("FLEET_MIN_PASSWORD_LENGTH", "9")],
    );
    assert_eq!(adds(&server, "bob", "x7%kq!vzb").0, 201);
    let (status, said) = adds(&server, "eve", "x7%kq!vz");
    assert!(status == 422 && said.contains("at least 9 characters"), "{said}");
    let shown = running::atlas(server.folder.path())
        .args(["config", "show"])
        .output()
        .unwrap();
    let shown = String::from_utf8(shown.stdout).unwrap();
    let line = shown
        .lines()
        .find(|line| line.starts_with("fleet.server.min_password_length"));
    assert!(line.is_some_and(|line| !line.contains("not used yet")), "{shown}");
}

#[test]
fn another_role_and_deactivation_end_what_is_open_at_once() {
    let server = Server::start();
    make(&server, "ann", "operator");
    let cookie = server.cookie_of("ann", PASSPHRASE);
    assert_eq!(
        patch(&server, "ann", &json!({"role": "viewer"}))
            .json::<Value>()
            .unwrap()["role"],
        "viewer"
    );
    assert_eq!(me(&server, &cookie), 401);
    let cookie = server.cookie_of("ann", PASSPHRASE);
    let tagging = server
        .request_as(&cookie, "PUT", "/api/v2/machines/x/tags")
        .json(&json!({"tags": []}));
    assert_eq!(code(tagging.send().unwrap()), "scope_missing");
    assert_eq!(patch(&server, "ann", &json!({"is_active": false})).status(), 200);
    assert_eq!(me(&server, &cookie), 401);
    let (disabled, unknown) = (
        server.sign_in_as("ann", PASSPHRASE),
        server.sign_in_as("nobody", PASSPHRASE),
    );
    assert_eq!(
        (disabled.status(), unknown.status()),
        (401.try_into().unwrap(), 401.try_into().unwrap())
    );
    let without_id = |answer: Response| {
        let mut said: Value = answer.json().unwrap();
        said["error"]["request_id"] = Value::Null;
        said
    };
    assert_eq!(
        without_id(disabled),
        without_id(unknown),
        "nothing tells that ann exists"
    );
}

#[test]
fn the_last_administrator_stays_and_unknown_things_are_unknown() {
    let server = Server::start();
    for change in [json!({"role": "viewer"}), json!({"is_active": false})] {
        let answer = patch(&server, "admin", &change);
        assert_eq!(
            (answer.status().as_u16(), code(answer).as_str()),
            (409, "last_admin")
        );
    }
    let removed = server.request("DELETE", "/api/v2/users/admin").send().unwrap();
    assert_eq!(code(removed), "last_admin");
    for (method, path, word) in [
        ("DELETE", "/api/v2/users/nobody", "user_not_found"),
        ("DELETE", "/api/v2/keys/0011223344556677", "key_not_found"),
        (
            "DELETE",
            "/api/v2/me/sessions/0011223344556677",
            "session_not_found",
        ),
    ] {
        let answer = server.request(method, path).send().unwrap();
        assert_eq!(
            (answer.status().as_u16(), code(answer).as_str()),
            (404, word),
            "{path}"
        );
    }
    make(&server, "ann", "admin");
    let taken = json!({"username": "ann", "password": PASSPHRASE, "role": "viewer"});
    assert_eq!(
        code(post(&server, &server.cookie, "/api/v2/users", &taken)),
        "user_exists"
    );
    let removed = server.request("DELETE", "/api/v2/users/ann").send().unwrap();
    assert_eq!(removed.status(), 204);
    let users = server.get("/api/v2/users");
    assert_eq!(users["users"].as_array().unwrap().len(), 1);
    assert_eq!(users["users"][0]["hash"], "bcrypt");
}

#[test]
fn somebody_who_was_given_a_password_must_choose_one_of_their_own_first() {
    let server = Server::start();
    let asked = json!({"username": "ann", "password": PASSPHRASE, "role": "viewer"});
    assert_eq!(
        post(&server, &server.cookie, "/api/v2/users", &asked).status(),
        201
    );
    let cookie_now = server.cookie_of("ann", PASSPHRASE);
    let list = server
        .request_as(&cookie_now, "GET", "/api/fleet/machines")
        .send()
        .unwrap();
    assert_eq!(
        (list.status().as_u16(), code(list).as_str()),
        (403, "password_change_required")
    );
    let due = server
        .request_as(&cookie_now, "GET", "/api/fleet/users/check-password-update")
        .send()
        .unwrap();
    assert_eq!(due.json::<Value>().unwrap()["needs_update"], true);
    let path = "/api/fleet/users/force-update-password";
    let changed = post(&server, &cookie_now, path, &json!({"new_password": ANOTHER}));
    assert_eq!(changed.status(), 200);
    let own = cookie(&changed, "__Host-atlas=").unwrap();
    let list = server
        .request_as(&own, "GET", "/api/fleet/machines")
        .send()
        .unwrap();
    assert_eq!(list.status(), 200);
    assert_eq!(
        code(post(&server, &own, path, &json!({"new_password": PASSPHRASE}))),
        "no_password_change_due"
    );
}

#[test]
fn sees_and_ends_ones_own_sessions_and_nobody_elses() {
    let server = Server::start();
    make(&server, "ann", "viewer");
    let theirs = server.cookie_of("ann", PASSPHRASE);
    let phone = server.cookie_of("admin", PASSWORD);
    let list = server.get("/api/v2/me/sessions");
    let sessions = list["sessions"].as_array().unwrap();
    assert_eq!(sessions.len(), 2, "{list}");
    let other = sessions
        .iter()
        .find(|session| session["is_this"] == false)
        .unwrap();
    assert_eq!(other["address"], "127.0.0.1");
    let foreign = server
        .request_as(&theirs, "GET", "/api/v2/me/sessions")
        .send()
        .unwrap();
    let foreign: Value = foreign.json().unwrap();
    let end = |id: &Value| {
        let path = format!("/api/v2/me/sessions/{}", id.as_str().unwrap());
        server.request("DELETE", &path).send().unwrap().status().as_u16()
    };
    assert_eq!(end(&foreign["sessions"][0]["id"]), 404);
    assert_eq!(end(&other["id"]), 204);
    assert_eq!(
        (
            me(&server, &phone),
            me(&server, &theirs),
            me(&server, &server.cookie)
        ),
        (401, 200, 200)
    );
}

#[test]
fn what_is_dangerous_needs_the_password_again_after_a_while() {
    let server = Server::start();
    let cookie = server.cookie.clone();
    // Nobody waits five minutes here: a proof does not outlive the process, and a session does.
    let server = server.kill_and_restart();
    let user = json!({"username": "ann", "password": PASSPHRASE, "role": "viewer"});
    let refused = post(&server, &cookie, "/api/v2/users", &user);
    assert_eq!(
        (refused.status().as_u16(), code(refused).as_str()),
        (403, "reauthentication_required")
    );
    let list = server.request_as(&cookie, "GET", "/api/v2/users").send().unwrap();
    assert_eq!(
        list.json::<Value>().unwrap()["users"].as_array().unwrap().len(),
        1
    );
    let path = "/api/v2/me/reauthenticate";
    assert_eq!(
        code(post(&server, &cookie, path, &json!({"password": ANOTHER}))),
        "sign_in_refused"
    );
    assert_eq!(
        post(&server, &cookie, path, &json!({"password": PASSWORD})).status(),
        200
    );
    assert_eq!(post(&server, &cookie, "/api/v2/users", &user).status(), 201);
}

#[test]
fn five_wrong_passwords_hold_a_stranger_up_and_not_the_owner() {
    let server = Server::start();
    let device = cookie(&server.sign_in_as("admin", PASSWORD), "__Host-atlas-device=").unwrap();
    for _ in 0..5 {
        assert_eq!(server.sign_in_as("admin", ANOTHER).status(), 401);
    }
    let held_up = server.sign_in_as("admin", PASSWORD);
    assert!(held_up.headers().contains_key("retry-after"));
    assert_eq!(
        (held_up.status().as_u16(), code(held_up).as_str()),
        (429, "locked_out")
    );
    let owner = |server: &Server| {
        let body = json!({"username": "admin", "password": PASSWORD});
        post(server, &device, "/api/auth/login", &body).status().as_u16()
    };
    assert_eq!(owner(&server), 200);
    let mut server = server;
    server.kill();
    let server = Server::start_with_cookie(server.folder.clone(), &device);
    assert_eq!(
        server.sign_in_as("admin", PASSWORD).status(),
        429,
        "a restart is no way around it"
    );
    assert_eq!(owner(&server), 200);
}

#[test]
fn a_second_factor_is_asked_for_and_each_code_counts_once() {
    let server = Server::start();
    let begun: Value = post(&server, &server.cookie, "/api/v2/me/totp", &json!({}))
        .json()
        .unwrap();
    assert!(begun["qr_svg"].as_str().unwrap().contains("<svg"));
    let app = Totp::from_url(begun["otpauth_uri"].as_str().unwrap()).unwrap();
    let now = || app.generate_current().to_string();
    let confirm = "/api/v2/me/totp/confirm";
    assert_eq!(
        code(post(
            &server,
            &server.cookie,
            confirm,
            &json!({"code": "000000x"})
        )),
        "wrong_code"
    );
    let used = now();
    let confirmed = post(&server, &server.cookie, confirm, &json!({"code": used}));
    let confirmed: Value = confirmed.json().unwrap();
    let recovery = confirmed["recovery_codes"].as_array().unwrap();
    assert_eq!(recovery.len(), 10, "{confirmed}");
    assert_eq!(server.get("/api/auth/me")["has_totp"], true);
    assert_eq!(
        code(server.sign_in_as("admin", PASSWORD)),
        "second_factor_required"
    );
    assert_eq!(code(server.sign_in_as("admin", ANOTHER)), "sign_in_refused");
    let sign_in = |code: &str| {
        let body = json!({"username": "admin", "password": PASSWORD, "code": code});
        post(&server, "", "/api/auth/login", &body).status().as_u16()
    };
    assert_eq!(sign_in(&used), 401, "it confirmed the factor already");
    let spare = recovery[0].as_str().unwrap().to_lowercase();
    assert_eq!((sign_in(&spare), sign_in(&spare)), (200, 401));
    let server_users = server.get("/api/v2/users");
    assert_eq!(server_users["users"][0]["has_totp"], true);
    let dropped = server.request("DELETE", "/api/v2/me/totp").send().unwrap();
    assert_eq!(dropped.status(), 204);
    assert_eq!(server.sign_in_as("admin", PASSWORD).status(), 200);
}

#[test]
fn an_api_key_does_what_it_is_for_until_it_is_revoked_or_its_maker_is() {
    let server = Server::start();
    make(&server, "ann", "admin");
    let ann = server.cookie_of("ann", PASSPHRASE);
    let asked = json!({"name": "backup script", "scopes": ["machines:read", "metrics:read"], "days": 7});
    let made = |cookie: &str| -> Value { post(&server, cookie, "/api/v2/keys", &asked).json().unwrap() };
    let (first, second) = (made(&ann), made(&server.cookie));
    let uses = |key: &Value, path: &str| {
        let request = server.client.get(format!("{}{path}", server.url));
        let request = request.bearer_auth(key["key"].as_str().unwrap());
        request.send().unwrap().status().as_u16()
    };
    assert_eq!(
        (uses(&first, "/api/fleet/machines"), uses(&first, "/api/v2/users")),
        (200, 403)
    );
    let listed = server.get("/api/v2/keys");
    assert!(
        !listed.to_string().contains(first["key"].as_str().unwrap()),
        "the secret is shown once"
    );
    let entry = |id: &Value| {
        let keys = server.get("/api/v2/keys");
        let found = keys["keys"]
            .as_array()
            .unwrap()
            .iter()
            .find(|key| key["id"] == *id)
            .cloned();
        found.unwrap_or_default()
    };
    assert!(entry(&first["id"])["last_used"].is_string() && entry(&second["id"])["last_used"].is_null());
    let path = format!("/api/v2/keys/{}", second["id"].as_str().unwrap());
    assert_eq!(uses(&second, "/api/fleet/machines"), 200);
    assert_eq!(server.request("DELETE", &path).send().unwrap().status(), 204);
    assert_eq!(uses(&second, "/api/fleet/machines"), 401);
    assert_eq!(patch(&server, "ann", &json!({"is_active": false})).status(), 200);
    assert_eq!(uses(&first, "/api/fleet/machines"), 401);
    assert_eq!(patch(&server, "ann", &json!({"is_active": true})).status(), 200);
    assert_eq!(uses(&first, "/api/fleet/machines"), 200);
    let server = server.kill_and_restart();
    let request = server.client.get(format!("{}/api/fleet/machines", server.url));
    let answer = request
        .header("x-api-key", first["key"].as_str().unwrap())
        .send()
        .unwrap();
    assert_eq!(answer.status(), 200);
    for (asked, word) in [
        (json!({"name": "a", "scopes": []}), "unknown_scope"),
        (json!({"name": "a", "scopes": ["everything"]}), "unknown_scope"),
        (
            json!({"name": "", "scopes": ["machines:read"]}),
            "invalid_key_request",
        ),
        (
            json!({"name": "a", "scopes": ["machines:read"], "days": 0}),
            "invalid_key_request",
        ),
    ] {
        assert_eq!(
            code(post(&server, &server.cookie, "/api/v2/keys", &asked)),
            word,
            "{asked}"
        );
    }
}

#[test]
fn no_secret_of_a_person_or_a_program_is_on_disk() {
    let server = Server::start();
    let asked = json!({"name": "k", "scopes": ["machines:read"]});
    let key: Value = post(&server, &server.cookie, "/api/v2/keys", &asked)
        .json()
        .unwrap();
    let key = key["key"].as_str().unwrap();
    let signed_in = server.sign_in_as("admin", PASSWORD);
    let device = cookie(&signed_in, "__Host-atlas-device=").unwrap();
    let token = server.cookie.clone();
    let planted: Vec<&str> = vec![
        PASSWORD,
        key.rsplit('_').next().unwrap(),
        token.split('=').next_back().unwrap(),
        device.split('=').next_back().unwrap(),
    ];
    let mut read = 0;
    let mut folders = vec![server.folder.path().to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap().flatten() {
            if entry.path().is_dir() {
                folders.push(entry.path());
                continue;
            }
            let bytes = std::fs::read(entry.path()).unwrap();
            read += bytes.len();
            for secret in &planted {
                let found = bytes
                    .windows(secret.len())
                    .any(|window| window == secret.as_bytes());
                assert!(!found, "{} has a secret", entry.path().display());
            }
        }
    }
    assert!(read > 10_000, "the store was looked through");
}
