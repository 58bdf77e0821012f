//! Who may speak for a machine, over real HTTPS: tokens, agents that wait, agents that are turned out,
//! copies of agents, and what is left to agents of 2.0.

#![cfg(feature = "server")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

#[allow(unreachable_pub, dead_code, reason = "each test file uses a part of it")]
mod running;

use std::sync::Arc;
use std::time::{Duration, Instant};

use atlas::wire::enrolment::agent::AgentSeeds;
use atlas::wire::enrolment::rekey::AgentRekey;
use atlas::wire::envelope_v1::KeyV1;
use atlas::wire::secret::Secret;
use atlas_actors::clock::{Clock, SystemClock};
use running::enrolled::{Enrolled, agents, ask_for_key, code, enrol, enrol_as, enrol_shared, send, token};
use running::{KEY, Server, atlas};
use serde_json::{Value, json};

/// The secret that every server of the tests makes for its cluster.
fn cluster_secret(server: &Server) -> String {
    std::fs::read_to_string(server.folder.path().join(".fleet/cluster.secret")).unwrap()
}

fn delete(server: &Server, path: &str) -> u16 {
    server.request("DELETE", path).send().unwrap().status().as_u16()
}

fn approve(server: &Server, agent: &Enrolled) -> u16 {
    let path = format!("/api/v2/agents/{}/approve", agent.identity.agent_id);
    server.request("POST", &path).send().unwrap().status().as_u16()
}

fn state(server: &Server, agent: &Enrolled) -> (String, bool) {
    let id = agent.identity.agent_id.to_string();
    let all = agents(server);
    let one = all.iter().find(|one| one["agent_id"] == id.as_str()).unwrap();
    let state = one["state"].as_str().unwrap().to_owned();
    (state, one["possible_duplicate"].as_bool().unwrap())
}

#[test]
fn tokens_are_listed_with_who_made_them_survive_a_restart_and_can_be_ended() {
    let server = Server::start();
    let text = token(&server, 3);
    let id = text["atl1_".len()..].split('.').next().unwrap().to_owned();
    let server = server.kill_and_restart();
    let listed = server.get("/api/v2/tokens");
    let mine = |listed: &Value| {
        let tokens = listed["tokens"].as_array().unwrap();
        tokens.iter().find(|token| token["id"] == id.as_str()).cloned()
    };
    let one = mine(&listed).unwrap();
    assert_eq!(
        (&one["uses_left"], &one["uses_max"], &one["created_by"]),
        (&json!(3), &json!(3), &json!("admin"))
    );
    assert!(one["created_at"].as_str().unwrap().ends_with('Z'));
    assert!(!listed.to_string().contains(text.split('.').nth(1).unwrap()));
    assert_eq!(enrol(&server, &text, "mac-1").unwrap().0, 200);
    assert_eq!(mine(&server.get("/api/v2/tokens")).unwrap()["uses_left"], 2);
    assert_eq!(delete(&server, &format!("/api/v2/tokens/{id}")), 204);
    assert_eq!(mine(&server.get("/api/v2/tokens")), None);
    assert_eq!(
        enrol(&server, &text, "mac-2").err(),
        Some((401, "token_refused".into()))
    );
    assert_eq!(delete(&server, &format!("/api/v2/tokens/{id}")), 404);
}

#[test]
fn the_command_line_lists_and_ends_tokens_and_agents() {
    let server = Server::start();
    let run = |arguments: &[&str]| {
        let output = atlas(server.folder.path()).args(arguments).output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        (output.status.code().unwrap(), text)
    };
    let made: Value = serde_json::from_str(&run(&["token", "create", "--json"]).1).unwrap();
    let id = made["token_id"].as_str().unwrap();
    assert!(run(&["token", "list"]).1.contains(id));
    let (_, agent) = enrol(&server, made["token"].as_str().unwrap(), "mac-1").unwrap();
    assert!(!run(&["token", "list"]).1.contains(id), "it is used up");
    let agent_id = agent.identity.agent_id.to_string();
    assert!(run(&["agents", "list"]).1.contains(&agent_id));
    assert_eq!(run(&["agents", "revoke", &agent_id]).0, 0);
    let listed: Value = serde_json::from_str(&run(&["agents", "list", "--json"]).1).unwrap();
    assert_eq!(listed["agents"][0]["state"], "revoked");
    assert_eq!(run(&["agents", "approve", &agent_id]).0, 1);
    assert_eq!(run(&["agents", "revoke", "../tokens"]).0, 1);
    assert!(run(&["agents", "rotation"]).1.contains("generation 0"));
}

#[test]
fn another_identity_for_a_known_machine_waits_and_replaces_only_when_approved() {
    let server = Server::start();
    let text = token(&server, 5);
    let (status, mut first) = enrol(&server, &text, "mac-1").unwrap();
    assert_eq!(status, 200);
    assert_eq!(first.report(&server).status(), 200);
    let (status, mut second) = enrol(&server, &text, "mac-1").unwrap();
    assert_eq!(status, 202);
    assert_eq!(state(&server, &second), ("pending".into(), true));
    assert_eq!(code(second.report(&server)), (403, "agent_pending".into()));
    assert_eq!(
        first.report(&server).status(),
        200,
        "the first one is not touched"
    );
    let server = server.kill_and_restart();
    assert_eq!(code(second.report(&server)), (403, "agent_pending".into()));
    assert_eq!(approve(&server, &second), 204);
    assert_eq!(second.report(&server).status(), 200);
    assert_eq!(code(first.report(&server)), (401, "agent_revoked".into()));
    assert_eq!(state(&server, &first), ("revoked".into(), false));
    let server = server.kill_and_restart();
    assert_eq!(second.report(&server).status(), 200);
    assert_eq!(code(first.report(&server)), (401, "agent_revoked".into()));
}

#[test]
fn the_same_identity_stays_the_same_agent() {
    let server = Server::start();
    let text = token(&server, 2);
    let identity = Secret::new([9; 32]);
    let seeds = || AgentSeeds::again(identity.clone()).unwrap();
    let (_, mut before) = enrol_as(&server, &text, "mac-1", seeds()).unwrap();
    let (status, mut after) = enrol_as(&server, &text, "mac-1", seeds()).unwrap();
    assert_eq!(
        (status, after.identity.agent_id, after.identity.epoch),
        (200, before.identity.agent_id, 2)
    );
    assert_eq!(after.report(&server).status(), 200);
    assert_eq!(code(before.report(&server)), (401, "unknown_agent".into()));
    assert_eq!(agents(&server).len(), 1);
}

#[test]
fn a_revoked_agent_is_refused_within_a_second_and_its_process_says_why_and_stops() {
    let server = Server::start();
    let home = tempfile::tempdir().unwrap();
    let text = token(&server, 2);
    let enroll = |more: &[&str]| {
        let mut command = atlas(home.path());
        command.args([
            "agent",
            "enroll",
            &server.url,
            "--token",
            &text,
            "--machine-id",
            "mac-1",
        ]);
        command.args(more).output().unwrap()
    };
    assert!(enroll(&[]).status.success());
    let config = home.path().join("c.yaml");
    std::fs::write(&config, "fleet: {agent: {report_interval: 1}}").unwrap();
    let mut agent = atlas(home.path())
        .args(["agent", "--quiet", "--config", config.to_str().unwrap()])
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    server.until("mac-1 reports", |list| {
        list["machines"][0]["machine_id"] == "mac-1"
    });
    let id = agents(&server)[0]["agent_id"].as_str().unwrap().to_owned();
    assert_eq!(delete(&server, &format!("/api/v2/agents/{id}")), 204);
    let began = Instant::now();
    let status = loop {
        if let Some(status) = agent.try_wait().unwrap() {
            break status;
        }
        if began.elapsed() > Duration::from_secs(20) {
            agent.kill().unwrap();
            panic!("the agent goes on");
        }
        std::thread::park_timeout(Duration::from_millis(20));
    };
    assert_eq!(status.code(), Some(77));
    let mut said = String::new();
    std::io::Read::read_to_string(&mut agent.stderr.take().unwrap(), &mut said).unwrap();
    assert!(said.contains("was revoked by an administrator"), "{said}");
    // launchd starts again whatever does not end with 0.
    let under_launchd = atlas(home.path())
        .args(["agent", "--quiet"])
        .env("XPC_SERVICE_NAME", "com.atlas.fleet.agent")
        .output()
        .unwrap();
    assert_eq!(under_launchd.status.code(), Some(0));
    let again = enroll(&[]);
    assert!(String::from_utf8_lossy(&again.stderr).contains("--new-identity"));
    assert!(enroll(&["--new-identity"]).status.success());
}

#[test]
fn revoking_takes_effect_before_it_is_answered() {
    let server = Server::start();
    let (_, mut agent) = enrol(&server, &token(&server, 1), "mac-1").unwrap();
    assert_eq!(agent.report(&server).status(), 200);
    let path = format!("/api/v2/agents/{}", agent.identity.agent_id);
    assert_eq!(delete(&server, &path), 204);
    assert_eq!(code(agent.report(&server)), (401, "agent_revoked".into()));
    assert_eq!(
        agent.rekey(&server).err(),
        Some((401, "agent_revoked".into())),
        "no way around it"
    );
    assert_eq!(
        server.report(r#"{"machine_id":"mac-1"}"#).status(),
        403,
        "nor by the shared key"
    );
}

#[test]
fn the_cluster_secret_only_asks_and_never_for_a_machine_that_is_bound() {
    let server = Server::start();
    let secret = cluster_secret(&server);
    let (_, mut bound) = enrol(&server, &token(&server, 1), "mac-1").unwrap();
    assert_eq!(
        enrol_shared(&server, &secret, "mac-1").err(),
        Some((403, "machine_is_enrolled".into()))
    );
    let (status, mut asking) = enrol_shared(&server, &secret, "mac-2").unwrap();
    assert_eq!(status, 202);
    assert_eq!(code(asking.report(&server)), (403, "agent_pending".into()));
    assert_eq!(
        server.report(r#"{"machine_id":"mac-2"}"#).status(),
        200,
        "who only asks takes nothing from an agent of 2.0"
    );
    assert_eq!(approve(&server, &asking), 204);
    assert_eq!(asking.report(&server).status(), 200);
    assert_eq!(server.report(r#"{"machine_id":"mac-2"}"#).status(), 403);
    assert_eq!(bound.report(&server).status(), 200);
    let wrong = "ab".repeat(32);
    assert_eq!(
        enrol_shared(&server, &wrong, "mac-3").err(),
        Some((401, "token_refused".into()))
    );
}

#[test]
fn a_pending_agent_that_is_turned_down_leaves_nothing() {
    let server = Server::start();
    let (_, asking) = enrol_shared(&server, &cluster_secret(&server), "mac-1").unwrap();
    assert_eq!(
        delete(&server, &format!("/api/v2/agents/{}", asking.identity.agent_id)),
        204
    );
    assert!(agents(&server).is_empty());
}

type Change = fn(&mut Enrolled);

/// Two processes with one credential: noticed with the second report at the latest.
#[test]
fn a_copy_of_an_agent_is_noticed_within_two_reports() {
    let server = Server::start();
    let text = token(&server, 4);
    let copies: [(&str, Change); 3] = [
        ("the next block of numbers", |copy| copy.seq += 1_024),
        ("a spool of its own", |copy| {
            copy.spool = 1;
            copy.seq = 0;
        }),
        ("the same numbers", |_| {}),
    ];
    for (number, (what, change)) in copies.into_iter().enumerate() {
        let (_, mut original) = enrol(&server, &text, &format!("mac-{number}")).unwrap();
        assert_eq!(original.report(&server).status(), 200);
        let mut copy = original.clone();
        change(&mut copy);
        assert_eq!(original.report(&server).status(), 200);
        assert_eq!(
            state(&server, &original),
            ("active".into(), false),
            "{what}: so far it is alone"
        );
        let other = json!({"uptime_seconds": 99});
        copy.seq += 1;
        send(&server, copy.seal(copy.seq, &other));
        original.report(&server);
        assert_eq!(state(&server, &original), ("active".into(), true), "{what}");
    }
    let (_, mut alone) = enrol(&server, &text, "mac-9").unwrap();
    for _ in 0..5 {
        let sealed = alone.seal_next();
        assert_eq!(send(&server, sealed.clone()).status(), 200);
        let again: Value = send(&server, sealed).json().unwrap();
        assert_eq!(again["duplicate"], true);
        alone.seq += 1_000;
    }
    assert_eq!(state(&server, &alone), ("active".into(), false));
}

#[test]
fn a_suspicion_survives_a_restart_and_ends_when_an_administrator_says_so() {
    let server = Server::start();
    let (_, mut agent) = enrol(&server, &token(&server, 1), "mac-1").unwrap();
    agent.report(&server);
    let reused = agent.seal(agent.seq, &json!({"uptime_seconds": 99}));
    assert_eq!(code(send(&server, reused)), (409, "seq_reuse".into()));
    let server = server.kill_and_restart();
    assert_eq!(state(&server, &agent), ("active".into(), true));
    assert_eq!(approve(&server, &agent), 204);
    assert_eq!(state(&server, &agent), ("active".into(), false));
    assert_eq!(agent.report(&server).status(), 200);
}

/// Every route that an agent may call, with one agent's key and another one's name.
#[test]
fn an_agent_can_act_for_itself_only() {
    let server = Server::start();
    let text = token(&server, 2);
    let (_, mut a) = enrol(&server, &text, "mac-a").unwrap();
    let (_, b) = enrol(&server, &text, "mac-b").unwrap();
    server.report(r#"{"machine_id":"old-1"}"#);
    let foreign = json!({"machine_id": "mac-b", "metrics": {}}).to_string();
    let sealed = a.seal_body(1, &foreign, SystemClock.now());
    assert_eq!(code(send(&server, sealed)), (403, "not_its_machine".into()));
    let mut as_b = a.identity.clone();
    as_b.agent_id = b.identity.agent_id;
    let rekey = AgentRekey::begin(&as_b, Secret::random().unwrap(), SystemClock.now());
    let refused = ask_for_key(&server.client, &server.url, &rekey);
    assert_eq!(code(refused), (401, "token_refused".into()));
    for (method, path) in [
        ("GET", "/api/fleet/commands/mac-b"),
        ("POST", "/api/fleet/command/mac-b/ack"),
        ("POST", "/api/fleet/commands/mac-b/x/ack"),
    ] {
        let asked = |key: &str| {
            let method = reqwest::Method::from_bytes(method.as_bytes()).unwrap();
            let request = server.client.request(method, format!("{}{path}", server.url));
            request
                .header("x-api-key", key)
                .json(&json!({"id": "x", "status": "success"}))
                .send()
                .unwrap()
        };
        assert_eq!(asked(KEY).status(), 403, "{path}");
        assert_eq!(asked(&a.identity.kid.to_string()).status(), 401, "{path}");
    }
    assert_eq!(a.report(&server).status(), 200);
}

#[test]
fn a_repeated_or_old_request_for_a_key_is_refused() {
    let server = Server::start();
    let (_, mut agent) = enrol(&server, &token(&server, 1), "mac-1").unwrap();
    let rekey = AgentRekey::begin(&agent.identity, Secret::random().unwrap(), SystemClock.now());
    let ask = |rekey: &AgentRekey| ask_for_key(&server.client, &server.url, rekey);
    assert_eq!(ask(&rekey).status(), 200);
    assert_eq!(code(ask(&rekey)), (409, "rekey_repeated".into()));
    let old = SystemClock.now().minus(Duration::from_secs(600));
    let rekey = AgentRekey::begin(&agent.identity, Secret::random().unwrap(), old);
    assert_eq!(code(ask(&rekey)), (409, "clock_skew".into()));
    assert_eq!(
        agent.report(&server).status(),
        200,
        "its key is as good as before"
    );
}

fn sealed_v1(machine: &str) -> String {
    let key = KeyV1::parse(V1_KEY).unwrap();
    let body = json!({"machine_id": machine, "metrics": {}}).to_string();
    serde_json::to_string(&key.seal(body.as_bytes()).unwrap()).unwrap()
}

const V1_KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

#[test]
fn a_machine_that_has_sealed_stays_sealed_even_when_the_key_is_taken_away() {
    let folder = Arc::new(tempfile::tempdir().unwrap());
    let server = Server::start_in(folder.clone(), "server", &[("FLEET_ENCRYPTION_KEY", V1_KEY)]);
    assert_eq!(server.report(sealed_v1("old-1")).status(), 200);
    assert_eq!(
        code(server.report(r#"{"machine_id":"old-2"}"#)),
        (400, "encryption_required".into())
    );
    drop(server);
    let server = Server::start_in(folder, "server", &[]);
    assert_eq!(
        code(server.report(r#"{"machine_id":"old-1"}"#)),
        (400, "encryption_required".into())
    );
    assert_eq!(server.report(r#"{"machine_id":"old-2"}"#).status(), 200);
    assert_eq!(delete(&server, "/api/v2/machines/old-1"), 204);
    assert_eq!(
        server.report(r#"{"machine_id":"old-1"}"#).status(),
        200,
        "forgotten is forgotten"
    );
}

#[test]
fn an_upgraded_machine_is_its_own_agents_for_good() {
    let server = Server::start();
    let text = token(&server, 1);
    assert_eq!(server.report(r#"{"machine_id":"mac-1"}"#).status(), 200);
    server.until("it is counted as an old agent", |_| {
        server.get("/api/fleet/health")["legacy_agents"] == 1
    });
    let (_, mut agent) = enrol(&server, &text, "mac-1").unwrap();
    assert_eq!(
        code(server.report(r#"{"machine_id":"mac-1"}"#)),
        (403, "machine_is_enrolled".into())
    );
    assert_eq!(agent.report(&server).status(), 200);
    server.until("it is no old agent any more", |_| {
        server.get("/api/fleet/summary")["legacy_agents"] == 0
    });
    let server = server.kill_and_restart();
    assert_eq!(server.report(r#"{"machine_id":"mac-1"}"#).status(), 403);
    assert_eq!(
        delete(&server, &format!("/api/v2/agents/{}", agent.identity.agent_id)),
        204
    );
    let server = server.kill_and_restart();
    assert_eq!(server.report(r#"{"machine_id":"mac-1"}"#).status(), 403);
}

#[test]
fn the_operator_can_require_seals_and_end_the_old_way_by_a_date() {
    let folder = Arc::new(tempfile::tempdir().unwrap());
    let config = folder.path().join(".fleet_monitoring/config.yaml");
    std::fs::create_dir_all(config.parent().unwrap()).unwrap();
    let with = |text: &str| {
        std::fs::write(&config, text).unwrap();
        Server::start_in(folder.clone(), "server", &[])
    };
    let server = with("fleet: {server: {require_sealed: true}}");
    assert_eq!(
        code(server.report(r#"{"machine_id":"old-1"}"#)),
        (400, "encryption_required".into())
    );
    drop(server);
    let server = with("fleet: {server: {legacy_agents_until: 2020-01-01}}");
    assert_eq!(
        code(server.report(r#"{"machine_id":"old-1"}"#)),
        (401, "legacy_agents_closed".into())
    );
    drop(server);
    let server = with("fleet: {server: {legacy_agents_until: 2120-01-01}}");
    assert_eq!(server.report(r#"{"machine_id":"old-1"}"#).status(), 200);
}
