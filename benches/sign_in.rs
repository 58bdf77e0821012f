//! Sign-ins a second over real HTTPS, and whether the time of a refusal tells who exists: the medians
//! of a wrong password, an unknown user and one who is shut out. One after another and in turn, each
//! from an address of its own, so that nobody is held back. Starts a server of its own.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a bench that can't go on has to stop"
)]

#[path = "../tests/running/mod.rs"]
#[allow(
    unreachable_pub,
    dead_code,
    reason = "a bench uses a part of what the tests have"
)]
mod running;

use std::sync::Arc;
use std::time::{Duration, Instant};

use running::Server;
use serde_json::json;

const PASSPHRASE: &str = "plum wagon tide seven";
/// Users of each sort; each is tried twice, which holds nobody back.
const USERS: usize = 30;
const TRIES_OF_EACH: usize = 2;
/// People who sign in at once, and how often each does.
const AT_ONCE: usize = 4;
const SIGN_INS_OF_EACH: usize = 15;

fn main() {
    let folder = Arc::new(tempfile::tempdir().unwrap());
    let proxies = ("ATLAS__FLEET__SERVER__TRUSTED_PROXIES", "127.0.0.1");
    let server = Server::start_in(folder, "server", &[proxies]);
    for n in 0..USERS {
        make(&server, &format!("known-{n}"), true);
        make(&server, &format!("out-{n}"), false);
    }
    println!(
        "{:.1} sign-ins a second, {AT_ONCE} people at once",
        sign_ins_per_s(&server)
    );
    tell_refusals(&server);
}

fn make(server: &Server, name: &str, is_active: bool) {
    let user =
        json!({"username": name, "password": PASSPHRASE, "role": "viewer", "must_change_password": false});
    let made = server
        .request("POST", "/api/v2/users")
        .json(&user)
        .send()
        .unwrap();
    assert_eq!(made.status(), 201);
    if !is_active {
        let out = server.request("PATCH", &format!("/api/v2/users/{name}"));
        let out = out.json(&json!({"is_active": false})).send().unwrap();
        assert_eq!(out.status(), 200);
    }
}

fn sign_ins_per_s(server: &Server) -> f64 {
    let began = Instant::now();
    std::thread::scope(|scope| {
        for person in 0..AT_ONCE {
            scope.spawn(move || {
                for _ in 0..SIGN_INS_OF_EACH {
                    let (status, _) = attempt(server, &format!("known-{person}"), PASSPHRASE, person);
                    assert_eq!(status, 200);
                }
            });
        }
    });
    #[expect(clippy::cast_precision_loss, reason = "a few dozens")]
    let count = (AT_ONCE * SIGN_INS_OF_EACH) as f64;
    count / began.elapsed().as_secs_f64()
}

/// The status, and how long it took.
fn attempt(server: &Server, user: &str, password: &str, address: usize) -> (u16, Duration) {
    let body = json!({"username": user, "password": password});
    let from = format!("198.51.{}.{}", address / 250, address % 250 + 1);
    let request = server.client.post(format!("{}/api/auth/login", server.url));
    let began = Instant::now();
    let answer = request
        .header("x-forwarded-for", from)
        .json(&body)
        .send()
        .unwrap();
    let status = answer.status().as_u16();
    answer.bytes().unwrap();
    (status, began.elapsed())
}

fn tell_refusals(server: &Server) {
    let sorts = [
        ("wrong password", "known"),
        ("unknown user", "nobody"),
        ("shut out", "out"),
    ];
    let mut took: [Vec<Duration>; 3] = Default::default();
    let mut address = 0;
    for n in 0..USERS * TRIES_OF_EACH {
        for (times, (_, prefix)) in took.iter_mut().zip(sorts) {
            // Of a network (/24) of its own every time but a few.
            address += 83;
            let user = format!("{prefix}-{}", n % USERS);
            let (status, time) = attempt(server, &user, "seven grey otters swim", address);
            assert_eq!(status, 401);
            times.push(time);
        }
    }
    let medians = took.map(|mut times| {
        times.sort_unstable();
        times[times.len() / 2]
    });
    for ((sort, _), median) in sorts.iter().zip(medians) {
        println!("{sort}: median {:.1} ms", median.as_secs_f64() * 1_000.0);
    }
    let (least, most) = (medians.iter().min().unwrap(), medians.iter().max().unwrap());
    let gap = (most.as_secs_f64() / least.as_secs_f64() - 1.0) * 100.0;
    println!("the gap between the medians: {gap:.2} % (target: under 5 %)");
}
