//! Sign-in by an identity provider: who gets in, as whom, and every way in which somebody could be made
//! to get in who should not.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

#[allow(unreachable_pub, dead_code, reason = "each test file uses a part of it")]
mod running;

use std::sync::Arc;

use reqwest::blocking::Response;
use running::provider::Provider;
use running::{Server, cookie};
use serde_json::{Value, json};

const PASSPHRASE: &str = "plum wagon tide seven";

/// A server, and the provider that it knows.
struct Pair {
    server: Server,
    provider: Provider,
}

impl Pair {
    fn start(more: &[(&str, &str)]) -> Self {
        let provider = Provider::start();
        let folder = Arc::new(tempfile::tempdir().unwrap());
        let settings = provider.settings(folder.path());
        let mut settings: Vec<(&str, &str)> =
            settings.iter().map(|(key, value)| (&**key, &**value)).collect();
        settings.extend(more);
        let server = Server::start_in(folder, "server", &settings);
        Self { server, provider }
    }

    /// The server's answer, without following it.
    fn get(&self, path_and_query: &str, cookies: &str) -> Response {
        let request = self
            .server
            .client
            .get(format!("{}{path_and_query}", self.server.url));
        request.header("cookie", cookies).send().unwrap()
    }

    /// Sends a browser on its way: to where, and what it carries.
    fn begin(&self, path: &str, cookies: &str) -> (String, String) {
        let sent = self.get(path, cookies);
        assert_eq!(sent.status(), 303);
        let trip = trip(&sent);
        (location(&sent), trip)
    }

    /// What the provider sends the browser back with: path and query of the server.
    fn at_provider(&self, url: &str, says: &str) -> String {
        assert!(url.starts_with(&self.provider.issuer), "{url}");
        let sent = running::provider::visit(&format!("{url}&{says}"));
        let back = location(&sent);
        let at = back.find("/api/auth/oidc/callback?").unwrap();
        back[at..].to_owned()
    }

    /// The whole trip of a browser; the provider says that of the person.
    fn travel(&self, says: &str) -> Response {
        let (url, trip) = self.begin("/api/auth/oidc/start", "");
        let back = self.at_provider(&url, says);
        self.get(&back, &trip)
    }

    fn me(&self, cookie: &str) -> Value {
        let asked = self.server.request_as(cookie, "GET", "/api/auth/me");
        asked.send().unwrap().json().unwrap()
    }
}

fn location(answer: &Response) -> String {
    answer.headers()["location"].to_str().unwrap().to_owned()
}

/// The cookie that travels; other sites' pages bring it back.
fn trip(answer: &Response) -> String {
    let mut set = answer.headers().get_all("set-cookie").iter();
    let cookie = set.find_map(|value| value.to_str().ok()?.strip_prefix("__Host-atlas-trip="));
    let cookie = cookie.unwrap();
    assert!(cookie.contains("HttpOnly") && cookie.contains("Secure") && cookie.contains("SameSite=Lax"));
    format!("__Host-atlas-trip={}", cookie.split(';').next().unwrap())
}

fn session(answer: &Response) -> String {
    assert_eq!((answer.status().as_u16(), &*location(answer)), (303, "/"));
    cookie(answer, "__Host-atlas=").unwrap()
}

/// Nobody was signed in, and that is why.
fn assert_refused(answer: &Response, word: &str) {
    assert_eq!(location(answer), format!("/login?refused={word}"));
    assert!(cookie(answer, "__Host-atlas=").is_none());
}

#[test]
fn whom_the_provider_vouches_for_gets_the_account_and_the_role_that_it_says() {
    let pair = Pair::start(&[]);
    let methods: Value = pair.get("/api/auth/methods", "").json().unwrap();
    assert_eq!(methods["oidc"]["name"], "the tests");
    let cookie = session(&pair.travel("user=ann&groups=staff,unknown"));
    let me = pair.me(&cookie);
    assert_eq!(
        (&me["username"], &me["role"], &me["signed_in_by"]),
        (&json!("ann"), &json!("viewer"), &json!("oidc"))
    );
    assert_eq!(
        pair.server.sign_in_as("ann", "").status(),
        401,
        "there is no password"
    );
    // Another name, the same person; another role, at once for all sessions.
    let again = session(&pair.travel("user=ann.new&groups=staff,ops"));
    let me = pair.me(&again);
    assert_eq!(
        (&me["username"], &me["role"]),
        (&json!("ann"), &json!("operator"))
    );
    assert_eq!(pair.me(&cookie)["code"], "not_signed_in");
    assert_refused(&pair.travel("groups=strangers"), "no_role");
    let audit = pair.server.get("/api/v2/audit?action=session.sign_in");
    let records = audit["records"].as_array().unwrap();
    let said = |result: &str| {
        records.iter().any(|record| {
            record["actor"] == "ann"
                && record["result"] == result
                && record["target"] == "provider subject subject-of-ann"
        })
    };
    assert!(said("ok") && said("refused"), "{audit}");
    let server = pair.server.kill_and_restart();
    let me: Value = server
        .request_as(&again, "GET", "/api/auth/me")
        .send()
        .unwrap()
        .json()
        .unwrap();
    assert_eq!(
        (&me["username"], &me["signed_in_by"]),
        (&json!("ann"), &json!("oidc"))
    );
}

#[test]
fn a_name_alone_opens_no_account() {
    let pair = Pair::start(&[("ATLAS__FLEET__AUTH__OIDC__CREATE_USERS", "false")]);
    assert_refused(&pair.travel("user=admin&groups=chiefs"), "name_taken");
    assert_refused(&pair.travel("user=local-admin&groups=chiefs"), "name_taken");
    assert_refused(&pair.travel("user=bob"), "no_account");
    assert_refused(&pair.travel("user=%3Cb%3E"), "no_account");
    // An administrator makes the account; who comes first from the provider under its name gets it.
    let make = json!({"username": "bob", "role": "viewer"});
    let made = pair
        .server
        .request("POST", "/api/v2/users")
        .json(&make)
        .send()
        .unwrap();
    assert_eq!(
        (made.status().as_u16(), &made.json::<Value>().unwrap()["hash"]),
        (201, &json!("none"))
    );
    session(&pair.travel("user=bob&sub=bob-1"));
    assert_refused(&pair.travel("user=bob&sub=bob-2"), "name_taken");
    let out = json!({"is_active": false});
    let shut = pair
        .server
        .request("PATCH", "/api/v2/users/bob")
        .json(&out)
        .send()
        .unwrap();
    assert_eq!(shut.status(), 200);
    assert_refused(&pair.travel("user=bob&sub=bob-1"), "shut_out");
}

#[test]
fn the_last_administrator_stays_one_whatever_the_provider_says() {
    let pair = Pair::start(&[]);
    session(&pair.travel("user=ann&groups=chiefs"));
    let gone = json!({"role": "viewer"});
    let changed = pair
        .server
        .request("PATCH", "/api/v2/users/admin")
        .json(&gone)
        .send()
        .unwrap();
    assert_eq!(changed.status(), 200);
    let cookie = session(&pair.travel("user=ann&groups=staff"));
    assert_eq!(pair.me(&cookie)["role"], "admin");
}

#[test]
fn a_token_that_is_not_for_this_sign_in_is_refused() {
    let pair = Pair::start(&[]);
    for fault in [
        "other_nonce",
        "other_audience",
        "more_audiences",
        "expired",
        "from_the_future",
        "other_issuer",
        "unsigned",
        "other_key",
        "unknown_key",
    ] {
        let answer = pair.travel(&format!("fault={fault}"));
        assert_eq!(
            location(&answer),
            "/login?refused=provider_not_believed",
            "{fault}"
        );
        assert!(cookie(&answer, "__Host-atlas=").is_none(), "{fault}");
    }
    let users = pair.server.get("/api/v2/users");
    assert_eq!(
        users["users"].as_array().unwrap().len(),
        1,
        "no account was made: {users}"
    );
    session(&pair.travel("fault=none"));
}

#[test]
fn a_way_back_counts_once_and_only_in_the_browser_that_began() {
    let pair = Pair::start(&[]);
    let (url, trip) = pair.begin("/api/auth/oidc/start", "");
    let (_, other_trip) = pair.begin("/api/auth/oidc/start", "");
    let back = pair.at_provider(&url, "user=ann");
    let state = back
        .split("state=")
        .nth(1)
        .unwrap()
        .split('&')
        .next()
        .unwrap()
        .to_owned();
    // Somebody else's browser, no browser at all, another state, a state that was never given.
    assert_refused(&pair.get(&back, &other_trip), "begin_again");
    assert_refused(&pair.get(&back, ""), "begin_again");
    assert_refused(
        &pair.get(&back.replace(&state, &"0".repeat(64)), &trip),
        "begin_again",
    );
    assert_refused(&pair.get("/api/auth/oidc/callback", &trip), "begin_again");
    assert_refused(&pair.get(&back, &format!("{trip}x")), "begin_again");
    let declined = format!("/api/auth/oidc/callback?state={state}&error=access_denied");
    assert_refused(&pair.get(&declined, &trip), "provider_declined");
    let mixed = format!("{back}&iss=https%3A%2F%2Fid.example");
    assert_refused(&pair.get(&mixed, &trip), "provider_not_believed");
    // The code is this trip's: another one's PKCE does not open it.
    let (other_url, another) = pair.begin("/api/auth/oidc/start", "");
    let other_back = pair.at_provider(&other_url, "user=ann");
    let code = |back: &str| back.split("code=").nth(1).unwrap().to_owned();
    let injected = other_back.replace(&code(&other_back), &code(&back));
    assert_refused(&pair.get(&injected, &another), "provider_declined");
    // That has used the code up at this provider, so this is the next one.
    let (url, trip) = pair.begin("/api/auth/oidc/start", "");
    let back = pair.at_provider(&url, "user=ann");
    let answer = pair.get(&back, &trip);
    let removed = answer.headers().get_all("set-cookie").iter();
    let mut removed = removed.filter_map(|value| value.to_str().ok());
    assert!(removed.any(|value| value.starts_with("__Host-atlas-trip=;") && value.contains("Max-Age=0")));
    session(&answer);
    assert_refused(&pair.get(&back, &trip), "provider_declined");
}

#[test]
fn what_is_dangerous_asks_the_provider_to_see_the_person_anew() {
    let pair = Pair::start(&[]);
    let ann = session(&pair.travel("user=ann&groups=chiefs"));
    let folder = pair.server.folder.clone();
    let settings = pair.provider.settings(folder.path());
    let settings: Vec<(&str, &str)> = settings.iter().map(|(key, value)| (&**key, &**value)).collect();
    // A restart: nobody counts as having just proved who they are.
    drop(pair.server);
    let pair = Pair {
        server: Server::start_in(folder, "server", &settings),
        provider: pair.provider,
    };
    let make_key = || {
        let asked = json!({"name": "n", "scopes": ["machines:read"]});
        let request = pair.server.request_as(&ann, "POST", "/api/v2/keys").json(&asked);
        request.send().unwrap().status().as_u16()
    };
    assert_eq!(make_key(), 403, "a restart proves nothing");
    let prove = |says: &str| {
        let (url, trip) = pair.begin("/api/auth/oidc/prove", &ann);
        assert!(url.contains("prompt=login") && url.contains("max_age=0"), "{url}");
        location(&pair.get(&pair.at_provider(&url, says), &trip))
    };
    let password = json!({"password": PASSPHRASE});
    let tried = pair
        .server
        .request_as(&ann, "POST", "/api/v2/me/reauthenticate")
        .json(&password);
    assert_eq!(tried.send().unwrap().status(), 401, "there is no password");
    assert_eq!(
        prove("fault=seen_long_ago"),
        "/proved?refused=provider_not_believed"
    );
    assert_eq!(prove("sub=somebody-else"), "/proved?refused=name_taken");
    assert_eq!(make_key(), 403);
    assert_eq!(prove("user=ann"), "/proved");
    assert_eq!(make_key(), 201);
    assert!(pair.me(&ann)["reauthenticated_until"].is_string());
}

#[test]
fn a_provider_in_a_private_network_is_not_asked_unless_the_config_allows_it() {
    let pair = Pair::start(&[("ATLAS__FLEET__AUTH__OIDC__ALLOW_PRIVATE_ADDRESS", "false")]);
    assert_refused(&pair.get("/api/auth/oidc/start", ""), "provider_unreachable");
}

#[test]
fn a_server_without_a_provider_says_so() {
    let server = Server::start();
    let methods: Value = server
        .client
        .get(format!("{}/api/auth/methods", server.url))
        .send()
        .unwrap()
        .json()
        .unwrap();
    assert_eq!(methods, json!({"password": true, "oidc": null}));
    let start = server
        .client
        .get(format!("{}/api/auth/oidc/start", server.url))
        .send()
        .unwrap();
    assert_eq!(
        (start.status().as_u16(), running::code(start)),
        (404, "oidc_off".to_owned())
    );
    let nobody = json!({"username": "bob", "role": "viewer"});
    let made = server
        .request("POST", "/api/v2/users")
        .json(&nobody)
        .send()
        .unwrap();
    assert_eq!(
        (made.status().as_u16(), running::code(made)),
        (400, "password_missing".to_owned())
    );
}
