//! A server in the wrong hands, or somebody between: it forges, replays, retargets, reorders, prolongs
//! and downgrades. Nothing dangerous begins that an operator has not signed for this agent, now.
//!
//! `ATLAS_ENVELOPES=1000000 cargo test --test evil_server -- --nocapture` plays it a million times.

#![cfg(feature = "server")]
#![cfg(all(feature = "server", feature = "commands"))]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]
#![expect(clippy::too_many_lines, reason = "one list of all the ways to cheat")]

#[allow(unreachable_pub, dead_code, reason = "each test file uses a part of it")]
mod running;

use std::collections::BTreeMap;
use std::process::Stdio;
use std::time::Duration;

use atlas::agent::commands::judge::{Bench, Clocks};
use atlas::agent::commands::policy::Policy;
use atlas::wire::agent_commands::DeliveredCommand;
use atlas::wire::hex_id::AgentId;
use atlas::wire::operator_key::OperatorKey;
use atlas::wire::secret::Secret;
use atlas::wire::signed_command::{CommandPayload, CommandSigner, KeyRing, SignatureV1, sign_as_operator};
use atlas_actors::clock::{Clock, SystemClock, Timestamp};
use atlas_actors::command_queue::action::{Action, ScriptRun};
use atlas_actors::command_queue::command::CommandId;
use running::evil::Evil;
use serde_json::{Value, json};

const NOW: Timestamp = Timestamp::from_secs(1_790_000_000);
const POLICY: &str = "monitor_only: false\nallow: [run_script, kill_process]\n";

/// What chance does, the same in each run.
struct Chance(u64);

impl Chance {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % bound
    }

    fn of<'a, T>(&mut self, list: &'a [T]) -> &'a T {
        &list[self.below(list.len())]
    }
}

fn seed(byte: u8) -> Secret<32> {
    Secret::new([byte; 32])
}

fn operator(byte: u8) -> OperatorKey {
    OperatorKey::new(seed(byte), seed(byte))
}

fn script(byte: u8) -> Action {
    Action::RunScript(ScriptRun {
        script_id: format!("s{byte}"),
        version: 1,
        sha256: atlas::wire::keyed_hash::sha256(&[byte]),
        argv: vec!["a".into()],
        timeout_s: 60,
    })
}

fn payload(agent: u8, seq: u64, action: Action, not_after: Timestamp) -> CommandPayload {
    CommandPayload {
        command_id: CommandId::at(NOW, u128::from(seq)),
        agent_id: AgentId::new([agent; 16]),
        action,
        not_before: not_after.minus(Duration::from_secs(900)),
        not_after,
        seq,
        issued_by: "ann".into(),
        policy_rev: String::new(),
    }
}

/// What the evil server has seen: bytes that operators signed, each for another agent, long ago, or
/// begun before; and whatever it may sign itself.
struct Seen {
    payload: CommandPayload,
    by: Vec<SignatureV1>,
}

fn seen() -> Vec<Seen> {
    let late = NOW.minus(Duration::from_secs(3_600));
    let soon = NOW.plus(Duration::from_secs(600));
    let mut all = Vec::new();
    for n in 1..=4 {
        let byte = u8::try_from(n).unwrap();
        // Begun before, still in time.
        all.push(payload(1, n, script(byte), soon));
        // Never delivered, and its time is over.
        all.push(payload(1, 100 + n, script(byte), late));
        // For another agent.
        all.push(payload(2, 200 + n, script(byte), soon));
    }
    let sign = |payload: CommandPayload| {
        let bytes = payload.to_bytes();
        let by = vec![sign_as_operator(&operator(4), &bytes)];
        Seen { payload, by }
    };
    all.into_iter().map(sign).collect()
}

fn delivered(bytes: &[u8], sigs: &[SignatureV1], script: u8) -> DeliveredCommand {
    let text = json!({
        "command": {"p": atlas::wire::base64::encode(bytes), "sigs": sigs},
        "script": atlas::wire::base64::encode(&[script]),
    });
    serde_json::from_value(text).unwrap()
}

/// One envelope of the evil server, and what it tries.
fn forge(seen: &[Seen], server: &CommandSigner, chance: &mut Chance) -> (&'static str, DeliveredCommand) {
    let (one, other) = (chance.of(seen), chance.of(seen));
    let mut says = one.payload.clone();
    let mut by = one.by.clone();
    let what = match chance.below(10) {
        0 => "replays",
        1 => {
            says.agent_id = AgentId::new([1; 16]);
            says.seq = 1_000 + chance.below(1 << 30) as u64;
            "retargets"
        }
        2 => {
            says.seq = 1_000 + chance.below(1 << 30) as u64;
            "reorders"
        }
        3 => {
            says.not_after = NOW.plus(Duration::from_secs(1 + chance.below(3_600) as u64));
            says.not_before = NOW.minus(Duration::from_secs(60));
            "prolongs"
        }
        4 => {
            says.action = script(chance.below(256) as u8);
            says.seq += 1_000;
            "changes what is run"
        }
        5 => {
            by.clone_from(&other.by);
            says.seq += 1_000;
            says.agent_id = AgentId::new([1; 16]);
            "lends a signature"
        }
        6 => {
            by.clear();
            says.seq += 1_000;
            says.agent_id = AgentId::new([1; 16]);
            says.not_after = NOW.plus(Duration::from_secs(600));
            says.not_before = NOW;
            "downgrades to its own signature alone"
        }
        7 => {
            says.seq += 1_000;
            says.agent_id = AgentId::new([1; 16]);
            let mut own = server.sign(&says.to_bytes());
            own.kid = operator(4).id();
            by = vec![own];
            "signs in an operator's name"
        }
        8 => {
            says.seq += 1_000;
            by = vec![sign_as_operator(&operator(77), &says.to_bytes())];
            "makes an operator up"
        }
        _ => "damages",
    };
    let mut bytes = says.to_bytes();
    if what == "damages" {
        let mut fields: Value = serde_json::from_slice(&bytes).unwrap();
        let name = *chance.of(&[
            "v",
            "agent_id",
            "seq",
            "args",
            "action",
            "not_after",
            "command_id",
            "extra",
        ]);
        fields[name] = chance
            .of(&[
                json!(0),
                json!(2),
                json!(""),
                json!({}),
                json!(u64::MAX),
                json!(null),
            ])
            .clone();
        bytes = serde_json::to_vec(&fields).unwrap();
    }
    let script = u8::try_from(1 + chance.below(4)).unwrap();
    // Half of all are by somebody between, who has not even the server's key.
    let sign = chance.below(2) == 0;
    let mut sigs: Vec<_> = sign.then(|| server.sign(&bytes)).into_iter().collect();
    sigs.extend(by);
    (what, delivered(&bytes, &sigs, script))
}

#[test]
fn of_all_that_an_evil_server_sends_nothing_dangerous_begins() {
    let envelopes: usize = std::env::var("ATLAS_ENVELOPES")
        .ok()
        .and_then(|n| n.parse().ok())
        .unwrap_or(20_000);
    let server = CommandSigner::of_server(&seed(3));
    let keys = KeyRing::new(&[server.public_key()], &[operator(4).public()]);
    let policy = Policy::parse(POLICY).unwrap();
    let bench = Bench {
        agent_id: AgentId::new([1; 16]),
        keys: &keys,
        policy: &policy,
        highest_seq: 4,
        // It lies about the time as well: what is long over is young by it.
        clocks: Clocks {
            own: NOW,
            server: NOW.minus(Duration::from_secs(3_700)),
        },
    };
    let honest = Bench {
        clocks: Clocks {
            own: NOW,
            server: NOW,
        },
        ..bench
    };
    let seen = seen();
    // The bench does begin what is right.
    let right = payload(1, 5, script(1), NOW.plus(Duration::from_secs(600))).to_bytes();
    let both = [server.sign(&right), sign_as_operator(&operator(4), &right)];
    assert!(honest.judge(&delivered(&right, &both, 1)).is_ok());
    let (mut chance, mut begun) = (Chance(11), Vec::new());
    let mut refused: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for n in 0..envelopes {
        let (what, envelope) = forge(&seen, &server, &mut chance);
        let bench = if n % 3 == 0 { &bench } else { &honest };
        match bench.judge(&envelope) {
            Ok(payload) => begun.push((what, payload)),
            Err(refusal) => *refused.entry((what, refusal.code)).or_default() += 1,
        }
    }
    println!("envelopes {envelopes}, begun {}", begun.len());
    for ((what, code), count) in &refused {
        println!("{what}: {count} {code}");
    }
    assert!(begun.is_empty(), "{begun:?}");
    assert!(
        refused.len() > 15,
        "the server was not evil in many ways: {refused:?}"
    );
}

/// An agent of the evil server, in a folder of its own.
struct Victim {
    home: tempfile::TempDir,
    process: std::process::Child,
}

impl Victim {
    fn start(evil: &Evil) -> Self {
        let home = tempfile::tempdir().unwrap();
        let mut enrol = running::atlas(home.path());
        enrol.args([
            "agent",
            "enroll",
            &evil.url,
            "--machine-id",
            "m1",
            "--token",
            &evil.token,
        ]);
        let enrolled = enrol.output().unwrap();
        assert!(
            enrolled.status.success(),
            "{}",
            String::from_utf8_lossy(&enrolled.stderr)
        );
        running::commands::allow(&home.path().join(".fleet_monitoring/data/agent"), POLICY);
        let config = home.path().join("agent.yaml");
        std::fs::write(&config, "fleet: {agent: {report_interval: 1}}").unwrap();
        let mut agent = running::atlas(home.path());
        agent.args(["agent", "--quiet", "--config"]).arg(&config);
        let process = agent.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        Self { home, process }
    }
}

impl Drop for Victim {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[test]
fn the_real_agent_of_an_evil_server_begins_what_its_operator_signed_once_and_nothing_else() {
    let friend = operator(4);
    let evil = Evil::start(vec![friend.public()]);
    let victim = Victim::start(&evil);
    let mark = victim.home.path().join("mark");
    let content = format!("#!/bin/sh\necho begun >> {}\n", mark.display()).into_bytes();
    let now = || SystemClock.now();
    let says = |seq: u64| CommandPayload {
        command_id: CommandId::at(now(), u128::from(seq)),
        agent_id: evil.agent.get().unwrap().agent_id,
        action: Action::RunScript(ScriptRun {
            script_id: "mark".into(),
            version: 1,
            sha256: atlas::wire::keyed_hash::sha256(&content),
            argv: Vec::new(),
            timeout_s: 60,
        }),
        not_before: now().minus(Duration::from_secs(1)),
        not_after: now().plus(Duration::from_secs(600)),
        seq,
        issued_by: "ann".into(),
        policy_rev: String::new(),
    };
    let envelope = |says: &CommandPayload, is_signed: bool, content: &[u8]| {
        let bytes = says.to_bytes();
        let mut sigs = vec![evil.signer.sign(&bytes)];
        sigs.extend(is_signed.then(|| sign_as_operator(&friend, &bytes)));
        json!({
            "command": {"p": atlas::wire::base64::encode(&bytes), "sigs": sigs},
            "script": atlas::wire::base64::encode(content),
        })
    };
    let code = |envelope: &Value| {
        evil.hand_out.send(envelope.clone()).unwrap();
        let ends = || evil.told.recv_timeout(Duration::from_secs(30)).unwrap();
        let end = std::iter::repeat_with(ends)
            .find(|said| said["state"] != "started")
            .unwrap();
        match end["code"].as_str() {
            None => end["state"].as_str().unwrap().to_owned(),
            Some(code) => code.to_owned(),
        }
    };
    assert_eq!(
        code(&envelope(&says(10), false, &content)),
        "operator_signature_required"
    );
    let mut other = says(11);
    other.agent_id = AgentId::new([9; 16]);
    assert_eq!(code(&envelope(&other, true, &content)), "wrong_agent");
    assert_eq!(
        code(&envelope(&says(12), true, b"#!/bin/sh\nid\n")),
        "wrong_script"
    );
    let mut late = says(13);
    (late.not_before, late.not_after) = (
        now().minus(Duration::from_secs(900)),
        now().minus(Duration::from_secs(400)),
    );
    assert_eq!(code(&envelope(&late, true, &content)), "expired");
    let mut long = says(14);
    long.not_after = now().plus(Duration::from_secs(200_000));
    assert_eq!(code(&envelope(&long, true, &content)), "too_long");
    let mut changed = envelope(&says(15), true, &content);
    changed["command"]["p"] = envelope(&says(16), true, &content)["command"]["p"].clone();
    assert_eq!(code(&changed), "bad_signature");
    assert!(!mark.exists());
    // What its operator signed for it begins, once.
    let right = envelope(&says(20), true, &content);
    assert_eq!(code(&right), "succeeded");
    assert_eq!(code(&right), "replayed");
    assert_eq!(code(&envelope(&says(19), true, &content)), "replayed");
    assert_eq!(running::commands::lines(&mark, 1), 1);
}
