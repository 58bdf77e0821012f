//! Who steals the disk or a backup of the store finds no secret in it: each one that a server has to do
//! with is planted, and every byte of the store and of a copy of it is looked at.

#![cfg(feature = "server")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

#[allow(unreachable_pub, dead_code, reason = "each test file uses a part of it")]
mod running;

use std::path::Path;
use std::sync::Arc;

use atlas::wire::enrolment::token::JoinToken;
use atlas_actors::clock::SystemClock;
use atlas_actors::store::Store;
use atlas_store::SqliteStore;
use atlas_store::sqlite::SqliteOptions;
use running::enrolled::{enrol, token};
use running::{KEY, PASSWORD, Server};
use serde_json::{Value, json};
use totp_rs::Totp;

/// A secret in each form in which it could have been written.
fn forms(what: &str, secret: &[u8]) -> Vec<(String, Vec<u8>)> {
    use std::fmt::Write;
    let hex = secret.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    });
    let base64 = atlas::wire::base64::encode(secret);
    // The first and the last characters depend on what stands beside.
    let whole = base64.trim_end_matches('=').as_bytes();
    let base64 = whole[..whole.len() - 3].to_vec();
    vec![
        (format!("{what}, as it is"), secret.to_vec()),
        (format!("{what}, in hex"), hex.into_bytes()),
        (format!("{what}, in base64"), base64),
    ]
}

fn posted(server: &Server, path: &str, body: &Value) -> Value {
    let answer = server.request("POST", path).json(body).send().unwrap();
    assert!(answer.status().is_success(), "{path}");
    answer.json().unwrap()
}

/// The bytes of a text in base 32.
fn base32(text: &str) -> Vec<u8> {
    let letters = text
        .bytes()
        .filter(u8::is_ascii_alphanumeric)
        .map(|letter| match letter {
            b'2'..=b'7' => u64::from(letter - b'2') + 26,
            letter => u64::from(letter.to_ascii_uppercase() - b'A'),
        });
    let letters: Vec<u64> = letters.collect();
    let groups = letters
        .chunks(8)
        .map(|group| group.iter().fold(0, |bits, five| bits << 5 | five));
    groups.flat_map(|bits| bits.to_be_bytes()[3..].to_vec()).collect()
}

fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let entries = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    entries
        .filter(|path| path.is_file())
        .map(|path| (path.display().to_string(), std::fs::read(path).unwrap()))
        // What the store keeps back for a full disk is zeros.
        .filter(|(_, bytes)| bytes.iter().any(|byte| *byte != 0))
        .collect()
}

fn found(files: &[(String, Vec<u8>)], canaries: &[(String, Vec<u8>)]) -> Vec<String> {
    let mut found = Vec::new();
    for (file, bytes) in files {
        for (what, canary) in canaries {
            if bytes.windows(canary.len()).any(|window| window == &canary[..]) {
                found.push(format!("{what} in {file}"));
            }
        }
    }
    found
}

#[test]
fn no_secret_rests_in_the_store_or_in_a_copy_of_it() {
    let mut server = Server::start();
    let (one_use, many_uses) = (token(&server, 1), token(&server, 9));
    let (_, mut agent) = enrol(&server, &many_uses, "mac-1").unwrap();
    assert_eq!(agent.report(&server).status(), 200);
    let before = agent.identity.clone();
    agent.identity = agent.rekey(&server).unwrap();
    assert_eq!(agent.report(&server).status(), 200);
    let session = server.cookie.split_once('=').unwrap().1.to_owned();
    let asked = json!({"name": "script", "scopes": ["machines:read"], "days": 7});
    let key: Value = posted(&server, "/api/v2/keys", &asked);
    let secret: Value = posted(&server, "/api/v2/me/totp", &json!({}));
    let app = Totp::from_url(secret["otpauth_uri"].as_str().unwrap()).unwrap();
    let code = json!({"code": app.generate_current().to_string()});
    let recovery = posted(&server, "/api/v2/me/totp/confirm", &code);
    assert_eq!(server.get("/api/auth/me")["has_totp"], true);
    let mut canaries = forms(
        "a second factor's secret",
        &base32(secret["secret"].as_str().unwrap()),
    );
    for text in [&one_use, &many_uses] {
        let parsed: JoinToken = text.parse().unwrap();
        canaries.push((
            "a token's secret as text".to_owned(),
            text.split('.').nth(1).unwrap().into(),
        ));
        canaries.extend(forms("what stands for a token", parsed.hash().0.expose()));
    }
    canaries.extend(forms("an agent's root", before.root.expose()));
    canaries.extend(forms("an agent's newer root", agent.identity.root.expose()));
    canaries.extend(forms("an agent's identity", before.identity_key.expose()));
    for (what, text) in [
        ("a session", session.as_str()),
        ("a password", PASSWORD),
        ("an API key", key["key"].as_str().unwrap()),
        ("an app's secret", secret["secret"].as_str().unwrap()),
        ("a recovery code", recovery["recovery_codes"][0].as_str().unwrap()),
        ("the shared key", KEY),
    ] {
        canaries.push((what.to_owned(), text.into()));
    }
    let data = server.folder.path().join(".fleet_monitoring/data");
    for key in ["vault.key", "identity.key", "local-admin.key"] {
        let text = std::fs::read_to_string(data.join(key)).unwrap();
        canaries.push((key.to_owned(), text.lines().next().unwrap().into()));
    }
    server.kill();
    let copy = tempfile::tempdir().unwrap();
    snapshot(&data.join("store"), &copy.path().join("copy.db"));
    let mut looked_at = files(&data.join("store"));
    looked_at.extend(files(copy.path()));
    assert!(looked_at.iter().map(|(_, bytes)| bytes.len()).sum::<usize>() > 10_000);
    let machine = vec![("what is no secret".to_owned(), b"mac-1".to_vec())];
    assert!(!found(&looked_at, &machine).is_empty(), "nothing was looked at");
    assert_eq!(found(&looked_at, &canaries), Vec::<String>::new());
}

/// A copy, as a backup of the running store makes it.
fn snapshot(store: &Path, to: &Path) {
    let (folder, to) = (store.to_owned(), to.to_owned());
    actix_rt::System::new().block_on(async move {
        let options = SqliteOptions {
            folder,
            clock: Arc::new(SystemClock),
            on_fatal: Box::new(|reason| panic!("{reason}")),
            bytes_max: None,
        };
        let store = SqliteStore::open(options).unwrap();
        store.snapshot(to).await.unwrap();
        store.close().await;
    });
}

#[test]
fn the_key_that_wraps_is_its_owners_and_without_it_agents_are_unknown() {
    use std::os::unix::fs::PermissionsExt;
    let server = Server::start();
    let key = server.folder.path().join(".fleet_monitoring/data/vault.key");
    assert_eq!(
        std::fs::metadata(&key).unwrap().permissions().mode() & 0o777,
        0o600
    );
    let (_, mut agent) = enrol(&server, &token(&server, 1), "mac-1").unwrap();
    let server = server.kill_and_restart();
    assert_eq!(agent.report(&server).status(), 200);
    std::fs::write(&key, "ab".repeat(32)).unwrap();
    let server = server.kill_and_restart();
    assert_eq!(agent.report(&server).status(), 401);
}
