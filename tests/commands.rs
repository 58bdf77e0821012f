//! Commands over the real server and the real agent: fetched, judged, begun at most once, and told of.

#![cfg(feature = "server")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

#[allow(unreachable_pub, dead_code, reason = "each test file uses a part of it")]
mod running;

use atlas::wire::agent_commands::{COMMANDS_ROUTE, RESULTS_ROUTE};
use running::Server;
use running::agent::Agent;
use running::code;
use running::commands::{
    LOOSE, allow, ask, ask_sealed, command, ended, fetch, id_of, lines, only, operator, output, queue,
    queue_signed, run_script, script, sign, tell, until,
};
use serde_json::{Value, json};

const QUICK: &str = "report_interval: 1";

fn on(machine: &str, action: &str) -> Value {
    json!({"targets": {"machines": [machine]}, "action": action})
}

fn seen(server: &Server, machine: &str) {
    server.until("the machine reports", |list| {
        let machines = list["machines"].as_array().unwrap();
        machines.iter().any(|one| one["machine_id"] == machine)
    });
}

fn started(server: &Server, machine: &str, policy: Option<&str>) -> Agent {
    let mut agent = Agent::enrol(server, machine, QUICK);
    if let Some(policy) = policy {
        allow(&agent.folder(), policy);
    }
    agent.run();
    seen(server, machine);
    agent
}

#[test]
fn an_agent_does_what_is_safe_and_starts_itself_anew() {
    let server = Server::start();
    let agent = started(&server, "m1", None);
    let report = only(&queue(&server, &on("m1", "collect_report")));
    let done = ended(&server, &report);
    assert_eq!(
        (done["state"].as_str(), done["deliveries"].as_u64()),
        (Some("succeeded"), Some(1)),
        "{done}"
    );
    let restart = only(&queue(&server, &on("m1", "restart_agent")));
    assert_eq!(ended(&server, &restart)["state"], "succeeded");
    let again = only(&queue(&server, &on("m1", "collect_report")));
    assert_eq!(
        ended(&server, &again)["state"],
        "succeeded",
        "process {} goes on",
        agent.pid()
    );
    let rotated = only(&queue(&server, &on("m1", "rotate_key")));
    assert_eq!(ended(&server, &rotated)["state"], "succeeded");
}

#[test]
fn a_signed_script_runs_once_and_its_output_and_status_come_back() {
    let server = Server::start();
    let key = operator(&server);
    let agent = started(&server, "m1", Some(LOOSE));
    let mark = agent.home.path().join("mark");
    script(
        &server,
        "mark",
        "#!/bin/sh\necho \"$2\" >> \"$1\"\necho said \"$2\"\nhead -c 100000 /dev/zero | tr '\\0' x\nexit 3\n",
    );
    let asked = run_script("m1", "mark", &[mark.to_str().unwrap(), "a b; $(id)"]);
    let batch = queue_signed(&server, &key, &asked);
    let done = ended(&server, &only(&batch));
    assert_eq!(
        (done["state"].as_str(), done["exit_code"].as_i64()),
        (Some("failed"), Some(3)),
        "{done}"
    );
    assert_eq!(done["code"], "exit_status");
    assert_eq!(done["signed_by"], json!([key.id().to_string()]));
    let said = output(&server, &only(&batch));
    assert_eq!(said.len(), 100_000 + "said a b; $(id)\n".len());
    assert!(
        said.starts_with("said a b; $(id)\n"),
        "no shell has read the argument"
    );
    assert_eq!(lines(&mark, 1), 1);
}

#[test]
fn a_machine_without_a_policy_and_a_request_without_a_signature_begin_nothing_dangerous() {
    let server = Server::start();
    let key = operator(&server);
    let agent = started(&server, "m1", None);
    let mark = agent.home.path().join("mark");
    script(&server, "mark", "#!/bin/sh\ntouch \"$1\"\n");
    let asked = run_script("m1", "mark", &[mark.to_str().unwrap()]);
    assert_eq!(code(ask(&server, &asked)), "operator_signature_required");
    let mut silent = sign(&server, &key, &asked);
    silent["reason"] = "".into();
    assert_eq!(code(ask(&server, &silent)), "reason_required");
    let done = ended(&server, &only(&queue_signed(&server, &key, &asked)));
    assert_eq!(
        (done["state"].as_str(), done["code"].as_str()),
        (Some("failed"), Some("not_allowed_by_policy"))
    );
    assert!(!mark.exists());
    let told = server.get("/api/fleet/machine/m1");
    assert_eq!(
        told["info"]["policy"]["monitor_only"], true,
        "{}",
        told["info"]["policy"]
    );
}

#[test]
fn a_command_waits_for_its_machine_and_expires_when_it_does_not_come() {
    let server = Server::start();
    let mut agent = started(&server, "m1", None);
    agent.kill();
    let soon = atlas_actors::clock::Clock::now(&atlas_actors::clock::SystemClock)
        .plus(std::time::Duration::from_secs(2));
    let mut asked = on("m1", "collect_report");
    let waiting = only(&queue(&server, &asked));
    asked["not_after"] = soon.to_string().into();
    let short = only(&queue(&server, &asked));
    assert_eq!(ended(&server, &short)["state"], "expired");
    assert_eq!(command(&server, &waiting)["state"], "queued");
    agent.run();
    assert_eq!(ended(&server, &waiting)["state"], "succeeded");
}

#[test]
fn what_runs_can_be_called_off_and_its_output_is_seen_meanwhile() {
    let server = Server::start();
    let key = operator(&server);
    let agent = started(&server, "m1", Some(LOOSE));
    script(&server, "long", "#!/bin/sh\necho begun\nsleep 600\n");
    let id = only(&queue_signed(&server, &key, &run_script("m1", "long", &[])));
    until(&server, &id, &["started"]);
    server.until("output is there", |_| command(&server, &id)["output_bytes"] == 6);
    assert_eq!(output(&server, &id), "begun\n");
    let later = only(&queue(&server, &on("m1", "collect_report")));
    assert_eq!(command(&server, &later)["state"], "queued", "one after the other");
    let cancel = server
        .request("POST", &format!("/api/v2/commands/{id}/cancel"))
        .send()
        .unwrap();
    assert_eq!(cancel.status(), 200);
    let done = ended(&server, &id);
    assert_eq!(
        (done["state"].as_str(), done["cancelled_by"].as_str()),
        (Some("cancelled"), Some("admin"))
    );
    assert_eq!(ended(&server, &later)["state"], "succeeded");
    drop(agent);
    let again = server
        .request("POST", &format!("/api/v2/commands/{id}/cancel"))
        .send()
        .unwrap();
    assert_eq!(code(again), "command_ended");
}

#[test]
fn a_script_that_takes_too_long_is_ended() {
    let server = Server::start();
    let key = operator(&server);
    let _agent = started(&server, "m1", Some(LOOSE));
    script(&server, "long", "#!/bin/sh\nsleep 600\n");
    let mut asked = run_script("m1", "long", &[]);
    asked["args"]["timeout_s"] = 1.into();
    let done = ended(&server, &only(&queue_signed(&server, &key, &asked)));
    assert_eq!(done["state"], "timed_out");
}

#[test]
fn a_process_is_ended_only_if_it_is_the_one_that_was_meant() {
    let server = Server::start();
    let key = operator(&server);
    let _agent = started(&server, "m1", Some(LOOSE));
    let mut victim = std::process::Command::new("sleep").arg("600").spawn().unwrap();
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", victim.id())).unwrap();
    let ticks: u64 = stat
        .rsplit(')')
        .next()
        .unwrap()
        .split_whitespace()
        .nth(19)
        .unwrap()
        .parse()
        .unwrap();
    let boot = std::fs::read_to_string("/proc/stat").unwrap();
    let boot: u64 = boot
        .lines()
        .find_map(|line| line.strip_prefix("btime "))
        .unwrap()
        .parse()
        .unwrap();
    let start = boot + ticks / 100;
    let kill = |start_time: u64, name: &str| {
        let asked = json!({
            "targets": {"machines": ["m1"]},
            "action": "kill_process",
            "args": {"pid": victim.id(), "start_time": start_time, "name": name},
            "reason": "a test",
        });
        ended(&server, &only(&queue_signed(&server, &key, &asked)))
    };
    assert_eq!(kill(start + 5, "sleep")["code"], "another_process");
    assert_eq!(kill(start, "sh")["code"], "another_process");
    assert_eq!(kill(start, "sleep")["state"], "succeeded");
    victim.wait().unwrap();
}

#[test]
fn nobody_is_meant_by_nothing_and_nothing_is_sent_to_others_than_were_shown() {
    let server = Server::start();
    let _agent = started(&server, "m1", None);
    for targets in [
        json!({}),
        json!({"machines": []}),
        json!({"tags": ["none"]}),
        json!({"filter": "os:windows"}),
    ] {
        let asked = json!({"targets": targets, "action": "collect_report"});
        assert_eq!(code(ask(&server, &asked)), "no_targets", "{asked}");
    }
    let filter = |filter: &str| json!({"targets": {"filter": filter}, "action": "collect_report"});
    assert_eq!(code(ask(&server, &filter("everything"))), "invalid_filter");
    assert_eq!(
        code(ask(&server, &on("m2", "collect_report"))),
        "machine_not_found"
    );
    assert_eq!(code(ask(&server, &on("m1", "shell"))), "unknown_action");
    let mut shown = filter("name:m1");
    shown["dry_run"] = true.into();
    let preview: Value = ask(&server, &shown).json().unwrap();
    assert_eq!(preview["targets"][0]["machine_id"], "m1");
    shown["dry_run"] = false.into();
    shown["expected_targets"] = 2.into();
    assert_eq!(code(ask(&server, &shown)), "targets_changed");
    shown["expected_targets"] = 1.into();
    shown["batch_id"] = preview["batch_id"].clone();
    let batch = queue(&server, &shown);
    let twice = queue(&server, &shown);
    assert_eq!(only(&batch), only(&twice), "sent twice, queued once");
    ended(&server, &only(&batch));
    let batch = server.get(&format!(
        "/api/v2/batches/{}",
        batch["batch_id"].as_str().unwrap()
    ));
    assert_eq!(batch["states"], json!({"succeeded": 1}));
}

fn typed(server: &Server, args: &[&str]) -> (bool, String, String) {
    let ran = running::atlas(server.folder.path()).args(args).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (ran.status.success(), text(ran.stdout), text(ran.stderr))
}

#[test]
fn the_command_line_shows_signs_sends_and_follows() {
    let server = Server::start();
    let home = server.folder.path();
    let (made, public, _) = typed(&server, &["operator", "key", "create"]);
    assert!(made);
    let asked = json!({"name": "typed", "public_key": public.trim()});
    let registered = server
        .request("POST", "/api/v2/me/operator-keys")
        .json(&asked)
        .send()
        .unwrap();
    assert_eq!(registered.status(), 201);
    let _agent = started(&server, "m1", Some(LOOSE));
    let (file, mark) = (home.join("mark.sh"), home.join("mark"));
    std::fs::write(&file, "#!/bin/sh\necho \"$2\" >> \"$1\"\necho said\n").unwrap();
    let (file, marked) = (
        file.to_str().unwrap().to_owned(),
        mark.to_str().unwrap().to_owned(),
    );
    assert!(typed(&server, &["command", "script", "put", "mark", &file]).0);
    let run = [
        "command",
        "run",
        "run_script",
        "--script",
        "mark",
        "--machine",
        "m1",
        "--reason",
        "a test",
    ];
    let rest = ["--sign", "--script-file", &file, "--", &marked, "a b"];
    let (sent, _, said) = typed(&server, &[&run[..], &rest[..]].concat());
    assert!(!sent && said.contains("--yes"), "nobody was asked: {said}");
    let (unsigned, _, said) = typed(&server, &[&run[..], &["--yes"], &["--", &marked, "a b"]].concat());
    assert!(!unsigned && said.contains("sign"), "{said}");
    let (done, shown, said) = typed(&server, &[&run[..], &["--yes"], &rest[..]].concat());
    assert!(done && shown.contains("1 succeeded"), "{shown}{said}");
    assert_eq!(std::fs::read_to_string(&mark).unwrap(), "a b\n");
    let (_, listed, _) = typed(&server, &["command", "list", "--json"]);
    let listed: Value = serde_json::from_str(&listed).unwrap();
    let id = only(&listed);
    let (_, shown, _) = typed(&server, &["command", "show", &id]);
    assert!(
        shown.contains("reason a test") && shown.ends_with("said\n"),
        "{shown}"
    );
    let (cancelled, _, said) = typed(&server, &["command", "cancel", &id]);
    assert!(!cancelled && said.contains("ended"), "{said}");
    // Whoever keeps another script under that name gets no signature for it.
    script(&server, "mark", "#!/bin/sh\nid\n");
    let (signed, _, said) = typed(&server, &[&run[..], &["--yes"], &rest[..]].concat());
    assert!(!signed && said.contains("nothing was signed"), "{said}");
    assert_eq!(std::fs::read_to_string(&mark).unwrap(), "a b\n");
}

#[test]
fn a_person_who_was_let_go_acts_no_more_from_the_queue() {
    let server = Server::start();
    let mut agent = started(&server, "m1", None);
    agent.kill();
    let user = json!({"username": "bob", "password": "plum wagon tide seven", "role": "operator", "must_change_password": false});
    assert_eq!(
        server
            .request("POST", "/api/v2/users")
            .json(&user)
            .send()
            .unwrap()
            .status(),
        201
    );
    let cookie = server.cookie_of("bob", "plum wagon tide seven");
    let asked = on("m1", "collect_report");
    let answer = server
        .request_as(&cookie, "POST", "/api/v2/commands")
        .json(&asked)
        .send()
        .unwrap();
    let batch: Value = answer.json().unwrap();
    let gone = server.request("DELETE", "/api/v2/users/bob").send().unwrap();
    assert_eq!(gone.status(), 204);
    agent.run();
    let end = ended(&server, &only(&batch));
    assert_eq!(
        (end["state"].as_str(), end["code"].as_str()),
        (Some("cancelled"), Some("issuer_lost_right"))
    );
}

#[test]
fn an_operator_may_ask_for_what_is_safe_and_for_nothing_dangerous() {
    let server = Server::start();
    let _agent = started(&server, "m1", None);
    let user = json!({"username": "bob", "password": "plum wagon tide seven", "role": "operator", "must_change_password": false});
    assert_eq!(
        server
            .request("POST", "/api/v2/users")
            .json(&user)
            .send()
            .unwrap()
            .status(),
        201
    );
    let cookie = server.cookie_of("bob", "plum wagon tide seven");
    let ask = |asked: &Value| {
        server
            .request_as(&cookie, "POST", "/api/v2/commands")
            .json(asked)
            .send()
            .unwrap()
    };
    assert_eq!(ask(&on("m1", "collect_report")).status(), 201);
    script(&server, "mark", "#!/bin/sh\n");
    assert_eq!(code(ask(&run_script("m1", "mark", &[]))), "scope_missing");
    let mut service = on("m1", "restart_service");
    service["args"] = json!({"name": "nginx"});
    assert_eq!(code(ask(&service)), "scope_missing");
}

#[test]
fn no_agent_hears_of_or_settles_what_is_anothers() {
    use running::enrolled::{enrol, token};
    let server = Server::start();
    let mut agent = started(&server, "m1", None);
    let token = token(&server, 1);
    let (_, other) = enrol(&server, &token, "m2").unwrap();
    agent.kill();
    let id = only(&queue(&server, &on("m1", "collect_report")));
    let fetched = fetch(&server, &other.identity);
    assert_eq!(
        (&fetched["commands"], &fetched["cancelled"]),
        (&json!([]), &json!([]))
    );
    assert_eq!(command(&server, &id)["state"], "queued");
    let tell = |told: &Value| ask_sealed(&server, &other.identity, RESULTS_ROUTE, RESULTS_ROUTE, told);
    for state in ["started", "succeeded", "failed"] {
        let told = json!({"command_id": id, "state": state, "output": {"offset": 0, "bytes": "QUJD"}});
        assert_eq!(code(tell(&told)), "command_not_found");
    }
    assert_eq!(
        code(tell(&json!({"command_id": id, "state": "queued"}))),
        "unknown_state"
    );
    assert_eq!(code(tell(&json!({"command": id}))), "malformed_request");
    // What is sealed for one route opens for no other.
    let strayed = json!({"command_id": id, "state": "succeeded"});
    let strayed = ask_sealed(&server, &other.identity, COMMANDS_ROUTE, RESULTS_ROUTE, &strayed);
    assert_eq!(code(strayed), "decrypt_failed");
    assert_eq!(command(&server, &id)["output_bytes"], 0);
}

/// Machines whose agents only speak when the test makes them.
fn puppets(server: &Server, count: usize) -> Vec<running::enrolled::Enrolled> {
    use running::enrolled::{enrol, token};
    let token = token(server, u32::try_from(count).unwrap());
    let mut agents: Vec<_> = (0..count)
        .map(|n| enrol(server, &token, &format!("m{n}")).unwrap().1)
        .collect();
    for agent in &mut agents {
        assert_eq!(agent.report(server).status(), 200);
    }
    server.until("all machines are there", |list| {
        list["machines"].as_array().unwrap().len() == count
    });
    agents
}

#[test]
fn a_batch_goes_in_steps_and_stops_by_itself_when_too_many_fail() {
    let server = Server::start();
    let agents = puppets(&server, 4);
    let asked = json!({
        "targets": {"filter": "presence:online"},
        "action": "collect_report",
        "waves": {"first": 1, "step": 2, "stop_after": 1},
    });
    let batch = queue(&server, &asked);
    let step = |n: usize, state: &str| {
        let fetched = fetch(&server, &agents[n].identity);
        let id = id_of(&fetched["commands"][0]);
        tell(
            &server,
            &agents[n].identity,
            &json!({"command_id": id, "state": state}),
        );
    };
    let has_none = |n: usize| fetch(&server, &agents[n].identity)["commands"] == json!([]);
    assert!(has_none(1) && has_none(3));
    step(0, "succeeded");
    server.until("the second step begins", |_| {
        server.get("/api/v2/commands?machine=m1")["commands"][0]["state"] == "queued" && !has_none(1)
    });
    assert!(has_none(3));
    step(2, "failed");
    let path = format!("/api/v2/batches/{}", batch["batch_id"].as_str().unwrap());
    server.until("the last step is called off", |_| {
        server.get(&path)["states"] == json!({"succeeded": 1, "leased": 1, "failed": 1, "cancelled": 1})
    });
    let left = server.get("/api/v2/commands?machine=m3");
    assert_eq!(left["commands"][0]["code"], "wave_stopped");
}

#[test]
fn what_two_operators_must_sign_waits_for_the_second() {
    let server = Server::start();
    let (first, second) = (operator(&server), operator(&server));
    let agents = puppets(&server, 1);
    script(&server, "mark", "#!/bin/sh\n");
    let mut asked = run_script("m0", "mark", &[]);
    asked["signatures"] = 2.into();
    let batch = queue_signed(&server, &first, &asked);
    assert_eq!(fetch(&server, &agents[0].identity)["commands"], json!([]));
    let path = format!("/api/v2/batches/{}", batch["batch_id"].as_str().unwrap());
    let payload = server.get(&path)["commands"][0]["payload"]
        .as_str()
        .unwrap()
        .to_owned();
    let add = |key: &atlas::wire::operator_key::OperatorKey| {
        let bytes = atlas::wire::base64::decode(&payload).unwrap();
        let signature = atlas::wire::signed_command::sign_as_operator(key, &bytes);
        let signed = json!({"signed": [{"payload": payload, "kid": signature.kid, "sig": signature.sig}]});
        server
            .request("POST", &format!("{path}/signatures"))
            .json(&signed)
            .send()
            .unwrap()
    };
    assert_eq!(code(add(&first)), "command_signed");
    let stranger = atlas::wire::operator_key::OperatorKey::random().unwrap();
    assert_eq!(code(add(&stranger)), "operator_signature_refused");
    assert_eq!(add(&second).status(), 200);
    let fetched = fetch(&server, &agents[0].identity);
    assert_eq!(
        fetched["commands"][0]["command"]["sigs"]
            .as_array()
            .unwrap()
            .len(),
        3
    );
    assert_eq!(code(add(&operator(&server))), "command_handed_out");
}
