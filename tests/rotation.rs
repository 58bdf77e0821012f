//! Keys are rotated under way: a hundred agents of which thirty are away, three rotations, the server
//! killed in between, and agents killed between any two of their steps. Nothing that was reported may
//! be lost, and nobody may be locked out.

#![cfg(feature = "server")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

#[allow(unreachable_pub, dead_code, reason = "each test file uses a part of it")]
mod running;

use running::Server;
use running::enrolled::{Enrolled, agents, code, enrol, send, token};
use serde_json::{Value, json};

const AGENTS: usize = 100;
const AWAY: usize = 30;

fn rotate(server: &Server, is_emergency: bool) -> Value {
    let asked = json!({"emergency": is_emergency, "within_s": 0});
    let answer = server
        .request("POST", "/api/v2/agents/rotation")
        .json(&asked)
        .send();
    let answer = answer.unwrap();
    assert_eq!(answer.status(), 200);
    answer.json().unwrap()
}

/// Where an agent is killed while it moves to another key.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Killed {
    Never,
    /// It asked, and the answer never reached it.
    BeforeTheAnswer,
    /// It has the answer in memory, and did not write it down.
    BeforeItIsWritten,
    /// It wrote its new key down, and did not use it.
    BeforeItIsUsed,
    /// It used its new key, and the acknowledgement never reached it.
    BeforeTheAcknowledgement,
}

const KILLS: [Killed; 5] = [
    Killed::Never,
    Killed::BeforeTheAnswer,
    Killed::BeforeItIsWritten,
    Killed::BeforeItIsUsed,
    Killed::BeforeTheAcknowledgement,
];

/// Reports until it is acknowledged, as an agent does; agrees on another key when it is told to, or
/// must. It is killed once; then it starts again from what it has on disk.
fn beat(server: &Server, agent: &mut Enrolled, mut killed: Killed) {
    agent.seq += 1;
    let metrics = json!({"uptime_seconds": agent.seq});
    for _ in 0..5 {
        let answer = send(server, agent.seal(agent.seq, &metrics));
        if answer.status() == 200 {
            let receipt: Value = answer.json().unwrap();
            if receipt["rekey"] == true {
                renew(server, agent, killed, false);
            }
            return;
        }
        match code(answer) {
            (401, code) if code == "key_retired" || code == "unknown_agent" => {
                renew(server, agent, std::mem::replace(&mut killed, Killed::Never), true);
            }
            other => panic!("locked out: {other:?}"),
        }
    }
    panic!("the agent found no way back");
}

/// `is_stuck` = the report of the newest number has not arrived yet.
fn renew(server: &Server, agent: &mut Enrolled, killed: Killed, is_stuck: bool) {
    let renewed = agent.rekey(server).unwrap();
    if matches!(killed, Killed::BeforeTheAnswer | Killed::BeforeItIsWritten) {
        // All that it has after the kill is what was on disk.
        return;
    }
    agent.identity = renewed;
    if killed == Killed::BeforeTheAcknowledgement {
        agent.seq += u64::from(!is_stuck);
        let metrics = json!({"uptime_seconds": agent.seq});
        send(server, agent.seal(agent.seq, &metrics));
        let again: Value = send(server, agent.seal(agent.seq, &metrics)).json().unwrap();
        assert_eq!(again["duplicate"], true, "it must not count twice");
    }
}

#[test]
fn nobody_is_locked_out_and_nothing_is_lost_when_keys_are_rotated() {
    let mut server = Server::start();
    let text = token(&server, u32::try_from(AGENTS).unwrap());
    let mut fleet: Vec<Enrolled> = (0..AGENTS)
        .map(|number| enrol(&server, &text, &format!("m{number:03}")).unwrap().1)
        .collect();
    for agent in &mut fleet {
        beat(&server, agent, Killed::Never);
    }
    for (round, is_emergency) in [(1, false), (2, false), (3, true)] {
        let begun = rotate(&server, is_emergency);
        assert_eq!(
            (&begun["generation"], &begun["waiting"]),
            (&json!(round), &json!(AGENTS))
        );
        for (number, agent) in fleet.iter_mut().enumerate().skip(AWAY) {
            if number == AGENTS / 2 {
                server = server.kill_and_restart();
            }
            beat(&server, agent, KILLS[number % KILLS.len()]);
            beat(&server, agent, Killed::Never);
        }
        server = server.kill_and_restart();
        for agent in fleet.iter_mut().skip(AWAY) {
            beat(&server, agent, Killed::Never);
            beat(&server, agent, Killed::Never);
        }
        let stands = server.get("/api/v2/agents/rotation");
        assert_eq!(
            (&stands["moved"], &stands["waiting"]),
            (&json!(AGENTS - AWAY), &json!(AWAY)),
            "{stands}"
        );
        let overdue = agents(&server);
        let overdue = overdue.iter().filter(|agent| agent["key_state"] == "overdue");
        assert_eq!(overdue.count(), if is_emergency { AWAY } else { 0 });
    }
    for agent in fleet.iter_mut().take(AWAY) {
        beat(&server, agent, Killed::Never);
        beat(&server, agent, Killed::Never);
    }
    assert_eq!(server.get("/api/v2/agents/rotation")["waiting"], 0);
    let suspected = agents(&server);
    assert!(suspected.iter().all(|agent| agent["possible_duplicate"] == false));
    for agent in &fleet {
        let path = format!("/api/fleet/history/{}?limit=1000", agent.identity.machine_id);
        let history = server.get(&path);
        let kept = history["history"].as_array().unwrap().iter();
        let kept: Vec<String> = kept
            .map(|entry| entry["metrics"]["uptime_seconds"].to_string())
            .collect();
        let all: Vec<String> = (1..=agent.seq).map(|seq| format!("{seq}.0")).collect();
        assert_eq!(kept, all, "{}", agent.identity.machine_id);
    }
}

#[test]
fn the_old_key_is_taken_until_the_new_one_was_used_and_not_after_an_emergency() {
    let server = Server::start();
    let (_, mut before) = enrol(&server, &token(&server, 1), "mac-1").unwrap();
    rotate(&server, false);
    let receipt: Value = before.report(&server).json().unwrap();
    assert_eq!(receipt["rekey"], true);
    let mut after = before.clone();
    after.identity = before.rekey(&server).unwrap();
    assert_eq!(
        before.report(&server).status(),
        200,
        "the new one is not used yet"
    );
    after.seq = before.seq;
    let receipt: Value = after.report(&server).json().unwrap();
    assert_eq!(
        (&receipt["status"], &receipt["rekey"]),
        (&json!("ok"), &Value::Null)
    );
    assert_eq!(after.identity.epoch, before.identity.epoch + 1);
    rotate(&server, true);
    assert_eq!(code(after.report(&server)), (401, "key_retired".into()));
    after.identity = after.rekey(&server).unwrap();
    assert_eq!(after.report(&server).status(), 200);
}

#[test]
fn a_key_that_was_left_behind_and_comes_back_is_a_copys() {
    let server = Server::start();
    let (_, mut original) = enrol(&server, &token(&server, 1), "mac-1").unwrap();
    original.report(&server);
    let mut copy = original.clone();
    rotate(&server, false);
    original.identity = original.rekey(&server).unwrap();
    original.report(&server);
    assert_eq!(agents(&server)[0]["possible_duplicate"], false);
    copy.seq = original.seq;
    copy.report(&server);
    assert_eq!(agents(&server)[0]["possible_duplicate"], true);
}

/// The agent's own process, not a simulated one.
#[test]
fn a_running_agent_moves_to_a_new_key_by_itself() {
    let folder = std::sync::Arc::new(tempfile::tempdir().unwrap());
    let config = folder.path().join(".fleet_monitoring/config.yaml");
    std::fs::create_dir_all(config.parent().unwrap()).unwrap();
    std::fs::write(&config, "fleet: {agent: {report_interval: 1}}").unwrap();
    let server = Server::start_in(folder, "up", &[]);
    let epoch = || agents(&server).first().map(|agent| agent["epoch"].clone());
    server.until("this machine's agent reports", |list| {
        list["machines"].as_array().unwrap().len() == 1
    });
    assert_eq!(epoch(), Some(json!(1)));
    rotate(&server, false);
    server.until("it has moved", |_| epoch() == Some(json!(2)));
    rotate(&server, true);
    server.until("it has moved in an emergency", |_| epoch() == Some(json!(3)));
    let identity = server
        .folder
        .path()
        .join(".fleet_monitoring/data/agent/identity.json");
    let identity: Value = serde_json::from_slice(&std::fs::read(identity).unwrap()).unwrap();
    assert_eq!(identity["epoch"], 3, "it is written down");
}
