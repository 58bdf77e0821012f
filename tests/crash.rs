//! The server is killed at random moments under load: what it had acknowledged must be there.

#![cfg(feature = "server")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

#[allow(unreachable_pub, dead_code, reason = "each test file uses a part of it")]
mod running;

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use running::{KEY, Server};
use serde_json::json;

const REPORTERS: u64 = 4;

/// Each reporter counts up in a metric; answers with the highest number that was acknowledged.
fn load(server: &Server, from: &[AtomicU64]) {
    std::thread::scope(|scope| {
        for (machine, acknowledged) in from.iter().enumerate() {
            let (client, url) = (server.client.clone(), format!("{}/api/fleet/report", server.url));
            scope.spawn(move || {
                for _ in 0..10_000 {
                    let next = acknowledged.load(Ordering::Relaxed) + 1;
                    let body =
                        json!({"machine_id": format!("m{machine}"), "metrics": {"uptime_seconds": next}});
                    let sent = client
                        .post(&url)
                        .header("x-api-key", KEY)
                        .body(body.to_string())
                        .send();
                    match sent {
                        Ok(answer) if answer.status() == 200 => acknowledged.store(next, Ordering::Relaxed),
                        _ => return,
                    }
                }
            });
        }
        let pause = u64::from(getrandom::u32().unwrap() % 400);
        std::thread::park_timeout(Duration::from_millis(100 + pause));
        // The kill must come while requests are under way.
        kill(server);
    });
}

fn kill(server: &Server) {
    let pid = server.pid().to_string();
    assert!(
        std::process::Command::new("kill")
            .args(["-9", &pid])
            .status()
            .unwrap()
            .success()
    );
}

#[test]
fn nothing_acknowledged_is_lost_when_the_server_is_killed() {
    let kills: u32 = std::env::var("ATLAS_KILLS")
        .ok()
        .and_then(|kills| kills.parse().ok())
        .unwrap_or(8);
    let acknowledged: Vec<_> = (0..REPORTERS).map(|_| AtomicU64::new(0)).collect();
    let mut server = Server::start();
    let mut lost = 0;
    for _ in 0..kills {
        load(&server, &acknowledged);
        server = server.kill_and_restart();
        let list = server.until("all machines are back", |list| {
            list["machines"].as_array().unwrap().len() == 4
        });
        for machine in list["machines"].as_array().unwrap() {
            let number: usize = machine["machine_id"].as_str().unwrap()[1..].parse().unwrap();
            let kept = machine["latest_metrics"]["uptime_seconds"].as_u64().unwrap();
            let promised = acknowledged[number].load(Ordering::Relaxed);
            lost += promised.saturating_sub(kept);
            // One more may be on disk whose acknowledgement was cut off.
            acknowledged[number].store(promised.max(kept), Ordering::Relaxed);
        }
    }
    let total: u64 = acknowledged
        .iter()
        .map(|count| count.load(Ordering::Relaxed))
        .sum();
    println!("kills {kills} acknowledged {total} lost {lost}");
    assert_eq!(lost, 0);
    for (machine, count) in acknowledged.iter().enumerate() {
        let history = server.get(&format!("/api/fleet/history/m{machine}?limit=10000"));
        let kept = history["history"].as_array().unwrap().len() as u64;
        assert!(
            kept + u64::from(kills) >= count.load(Ordering::Relaxed).min(10_000),
            "m{machine}: {kept}"
        );
    }
}
