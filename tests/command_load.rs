//! One command to all machines of a fleet: how long until it is on disk, and until the last result is.
//!
//! `ATLAS_MACHINES=1000 cargo test --test command_load -- --nocapture` prints the figures.

#![cfg(feature = "server")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

#[allow(unreachable_pub, dead_code, reason = "each test file uses a part of it")]
mod running;

use std::time::Instant;

use running::Server;
use running::commands::{fetch, id_of, queue, tell};
use running::enrolled::{Enrolled, enrol, token};
use serde_json::json;

/// Agents that speak at once.
const THREADS: usize = 16;

#[test]
fn one_command_to_all_reaches_each_machine_once_and_all_results_come_back() {
    let machines: usize = std::env::var("ATLAS_MACHINES")
        .ok()
        .and_then(|n| n.parse().ok())
        .unwrap_or(60);
    let server = Server::start();
    let token = token(&server, u32::try_from(machines).unwrap());
    let mut agents: Vec<Enrolled> = (0..machines)
        .map(|n| enrol(&server, &token, &format!("m{n}")).unwrap().1)
        .collect();
    for agent in &mut agents {
        assert_eq!(agent.report(&server).status(), 200);
    }
    server.until("all machines are there", |list| {
        list["machines"].as_array().unwrap().len() == machines
    });
    let began = Instant::now();
    let asked = json!({"targets": {"filter": "presence:online"}, "action": "collect_report", "expected_targets": machines});
    let batch = queue(&server, &asked);
    let queued = began.elapsed();
    std::thread::scope(|scope| {
        for agents in agents.chunks(machines.div_ceil(THREADS)) {
            let server = &server;
            scope.spawn(move || {
                for agent in agents {
                    let fetched = fetch(server, &agent.identity);
                    let delivered = fetched["commands"].as_array().unwrap();
                    assert_eq!(delivered.len(), 1, "{fetched}");
                    let id = id_of(&delivered[0]);
                    tell(
                        server,
                        &agent.identity,
                        &json!({"command_id": id, "state": "started"}),
                    );
                    let told = json!({"command_id": id, "state": "succeeded", "exit_code": 0});
                    assert_eq!(tell(server, &agent.identity, &told)["is_settled"], true);
                    assert_eq!(fetch(server, &agent.identity)["commands"], json!([]));
                }
            });
        }
    });
    let settled = began.elapsed();
    let path = format!("/api/v2/batches/{}", batch["batch_id"].as_str().unwrap());
    assert_eq!(server.get(&path)["states"], json!({"succeeded": machines}));
    let server = server.kill_and_restart();
    assert_eq!(
        server.get(&path)["states"],
        json!({"succeeded": machines}),
        "after a kill -9"
    );
    println!("{machines} machines: queued durably in {queued:?}, last result on disk after {settled:?}");
}
