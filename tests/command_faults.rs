//! Server, agent or both are killed (-9) around each step of a command, and the way between them is
//! cut: each command begins at most once, and each comes to an end that is told.
//!
//! `ATLAS_FAULTS=60 cargo test --test command_faults -- --nocapture` shows the matrix over more rounds.

#![cfg(feature = "server")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

#[allow(unreachable_pub, dead_code, reason = "each test file uses a part of it")]
mod running;

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

use running::Server;
use running::agent::Agent;
use running::commands::{LOOSE, allow, command, only, operator, queue_signed, run_script, script, until};
use serde_json::Value;

const CONFIG: &str =
    "report_interval: 1, retry: {backoff: 0.2, max_delay: 0.5}, circuit_breaker: {enabled: false}";
/// Longer than a lease: what was fetched and never begun is handed out again after it.
const PATIENCE: Duration = Duration::from_secs(150);

/// What happens to whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Fault {
    KillServer,
    KillAgent,
    KillBoth,
    /// The server stands still: nothing goes through.
    Cut,
}

const FAULTS: [Fault; 4] = [Fault::KillServer, Fault::KillAgent, Fault::KillBoth, Fault::Cut];

fn strike(fault: Fault, server: &mut Server, agent: &mut Agent) {
    if matches!(fault, Fault::KillAgent | Fault::KillBoth) {
        agent.kill();
    }
    if matches!(fault, Fault::KillServer | Fault::KillBoth) {
        server.restart_at_its_address("server");
    }
    if fault == Fault::Cut {
        server.signal("STOP");
        std::thread::park_timeout(Duration::from_millis(1_500));
        server.signal("CONT");
    }
    if matches!(fault, Fault::KillAgent | Fault::KillBoth) {
        agent.run();
    }
}

fn ended(server: &Server, id: &str) -> Option<Value> {
    let began = Instant::now();
    while began.elapsed() < PATIENCE {
        let command = command(server, id);
        if !["queued", "leased", "started"].contains(&command["state"].as_str().unwrap()) {
            return Some(command);
        }
        std::thread::park_timeout(Duration::from_millis(100));
    }
    None
}

fn begun(mark: &Path) -> usize {
    std::fs::read_to_string(mark).map_or(0, |text| text.lines().count())
}

/// A machine that may run the script, and the script: it leaves a line each time it begins.
fn set_up(server: &Server) -> Agent {
    script(
        server,
        "mark",
        "#!/bin/sh\necho begun >> \"$1\"\necho begun\nsleep 0.4\necho done\n",
    );
    let mut agent = Agent::enrol(server, "m1", CONFIG);
    allow(&agent.folder(), LOOSE);
    agent.run();
    server.until("the machine reports", |list| {
        list["machines"].as_array().unwrap().len() == 1
    });
    agent
}

#[test]
fn whatever_is_killed_when_a_command_begins_at_most_once_and_its_end_is_told() {
    let rounds: u64 = std::env::var("ATLAS_FAULTS")
        .ok()
        .and_then(|n| n.parse().ok())
        .unwrap_or(8);
    let mut server = Server::start();
    let key = operator(&server);
    let mut agent = set_up(&server);
    let mut matrix: BTreeMap<(Fault, String), usize> = BTreeMap::new();
    let (mut most, mut lost) = (0, 0);
    for round in 0..rounds {
        let fault = FAULTS[usize::try_from(round % 4).unwrap()];
        let mark = agent.home.path().join(format!("mark-{round}"));
        let batch = queue_signed(
            &server,
            &key,
            &run_script("m1", "mark", &[mark.to_str().unwrap()]),
        );
        // Somewhere between the queueing and the end.
        let moment = u64::from(getrandom::u32().unwrap()) % 900;
        std::thread::park_timeout(Duration::from_millis(moment));
        strike(fault, &mut server, &mut agent);
        let Some(end) = ended(&server, &only(&batch)) else {
            lost += 1;
            continue;
        };
        let state = end["state"].as_str().unwrap().to_owned();
        let times = begun(&mark);
        most = most.max(times);
        assert!(
            times <= 1,
            "{fault:?} after {moment} ms: begun {times} times: {end}"
        );
        match state.as_str() {
            "succeeded" => assert_eq!(times, 1, "{fault:?} after {moment} ms: {end}"),
            "unknown" => {}
            _ => panic!("{fault:?} after {moment} ms: {end}"),
        }
        *matrix.entry((fault, state)).or_default() += 1;
    }
    println!("rounds {rounds}, begun at most {most} times, ends lost {lost}");
    for ((fault, state), count) in matrix {
        println!("{fault:?}: {count} {state}");
    }
    assert_eq!(lost, 0);
}

#[test]
fn an_agent_that_dies_at_its_work_says_that_nobody_knows_and_does_not_do_it_again() {
    let server = Server::start();
    let key = operator(&server);
    let mut agent = set_up(&server);
    script(
        &server,
        "long",
        "#!/bin/sh\necho begun >> \"$1\"\necho begun\nsleep 600\n",
    );
    let mark = agent.home.path().join("mark");
    let id = only(&queue_signed(
        &server,
        &key,
        &run_script("m1", "long", &[mark.to_str().unwrap()]),
    ));
    until(&server, &id, &["started"]);
    agent.kill();
    agent.run();
    let end = ended(&server, &id).unwrap();
    assert_eq!(
        (end["state"].as_str(), end["code"].as_str()),
        (Some("unknown"), Some("agent_stopped")),
        "{end}"
    );
    assert_eq!(begun(&mark), 1);
    let next = only(&queue_signed(
        &server,
        &key,
        &run_script("m1", "mark", &[mark.to_str().unwrap()]),
    ));
    assert_eq!(ended(&server, &next).unwrap()["state"], "succeeded");
    assert_eq!(begun(&mark), 2);
}

#[test]
fn a_result_that_waits_is_told_when_the_server_is_back() {
    let mut server = Server::start();
    let key = operator(&server);
    let agent = set_up(&server);
    script(
        &server,
        "slow",
        "#!/bin/sh\necho begun >> \"$1\"\nsleep 2\necho \"after the server was gone\"\n",
    );
    let mark = agent.home.path().join("mark");
    let id = only(&queue_signed(
        &server,
        &key,
        &run_script("m1", "slow", &[mark.to_str().unwrap()]),
    ));
    until(&server, &id, &["started"]);
    server.kill();
    running::commands::lines(&mark, 1);
    // It ends while nobody listens.
    std::thread::park_timeout(Duration::from_secs(3));
    server.restart_at_its_address("server");
    let end = ended(&server, &id).unwrap();
    assert_eq!(end["state"], "succeeded", "{end}");
    assert_eq!(
        running::commands::output(&server, &id),
        "after the server was gone\n"
    );
    assert_eq!(begun(&mark), 1);
}
