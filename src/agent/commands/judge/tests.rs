//! Commands that are begun, and the many that are not.

use atlas_actors::command_queue::action::ScriptRun;
use atlas_actors::command_queue::command::CommandId;

use super::*;
use crate::wire::base64::Base64Bytes;
use crate::wire::operator_key::OperatorKey;
use crate::wire::secret::Secret;
use crate::wire::signed_command::{CommandSigner, SignedCommand, sign_as_operator};

const NOW: Timestamp = Timestamp::from_secs(1_790_000_000);
const SCRIPT: &[u8] = b"#!/bin/sh\n";
const LOOSE: &str = "monitor_only: false\nallow: [run_script, clear_dns_cache, kill_process]\n";

fn agent() -> AgentId {
    AgentId::new([1; 16])
}

fn server() -> CommandSigner {
    CommandSigner::of_server(&Secret::new([3; 32]))
}

fn operator(seed: u8) -> OperatorKey {
    OperatorKey::new(Secret::new([seed; 32]), Secret::new([seed; 32]))
}

fn keys() -> KeyRing {
    KeyRing::new(
        &[server().public_key()],
        &[operator(4).public(), operator(5).public()],
    )
}

fn script() -> Action {
    Action::RunScript(ScriptRun {
        script_id: "s".into(),
        version: 1,
        sha256: sha256(SCRIPT),
        argv: Vec::new(),
        timeout_s: 60,
    })
}

fn payload(action: Action) -> CommandPayload {
    CommandPayload {
        command_id: CommandId::at(NOW, 7),
        agent_id: agent(),
        action,
        not_before: NOW,
        not_after: NOW.plus(Duration::from_secs(900)),
        seq: 10,
        issued_by: "ann".into(),
        policy_rev: String::new(),
    }
}

fn delivered(payload: &CommandPayload, operators: &[u8]) -> DeliveredCommand {
    let bytes = payload.to_bytes();
    let mut sigs = vec![server().sign(&bytes)];
    sigs.extend(
        operators
            .iter()
            .map(|seed| sign_as_operator(&operator(*seed), &bytes)),
    );
    DeliveredCommand {
        command: SignedCommand {
            p: Base64Bytes(bytes),
            sigs,
        },
        script: Some(Base64Bytes(SCRIPT.to_vec())),
    }
}

fn judged(
    delivered: &DeliveredCommand,
    policy: &str,
    highest_seq: u64,
    clocks: Clocks,
) -> Result<CommandPayload, &'static str> {
    let (keys, policy) = (keys(), Policy::parse(policy).unwrap());
    let bench = Bench {
        agent_id: agent(),
        keys: &keys,
        policy: &policy,
        highest_seq,
        clocks,
    };
    bench.judge(delivered).map_err(|refusal| refusal.code)
}

fn at(own: Timestamp, server: Timestamp) -> Clocks {
    Clocks { own, server }
}

fn now() -> Clocks {
    at(NOW, NOW)
}

#[test]
fn begins_what_is_signed_allowed_and_in_time() {
    let safe = payload(Action::ClearDnsCache);
    assert_eq!(judged(&delivered(&safe, &[]), LOOSE, 9, now()), Ok(safe));
    let dangerous = payload(script());
    assert_eq!(
        judged(&delivered(&dangerous, &[4]), LOOSE, 9, now()),
        Ok(dangerous)
    );
}

#[test]
fn the_servers_signature_alone_begins_nothing_dangerous() {
    let dangerous = payload(script());
    let refused = Err("operator_signature_required");
    assert_eq!(judged(&delivered(&dangerous, &[]), LOOSE, 9, now()), refused);
    assert_eq!(
        judged(&delivered(&dangerous, &[9]), LOOSE, 9, now()),
        refused,
        "a stranger's"
    );
    let two = format!("{LOOSE}signatures: 2\n");
    assert_eq!(
        judged(&delivered(&dangerous, &[4, 4]), &two, 9, now()),
        refused,
        "one twice"
    );
    assert!(judged(&delivered(&dangerous, &[4, 5]), &two, 9, now()).is_ok());
}

#[test]
fn the_policy_has_the_last_word() {
    let refused = Err("not_allowed_by_policy");
    let dangerous = delivered(&payload(script()), &[4, 5]);
    assert_eq!(judged(&dangerous, "monitor_only: true", 9, now()), refused);
    assert_eq!(judged(&dangerous, "monitor_only: false", 9, now()), refused);
    let dns = delivered(&payload(Action::ClearDnsCache), &[]);
    assert_eq!(judged(&dns, "{}", 9, now()), refused);
    assert!(judged(&delivered(&payload(Action::RestartAgent), &[]), "{}", 9, now()).is_ok());
}

#[test]
fn nothing_begins_twice_or_on_another_machine() {
    let command = delivered(&payload(Action::RestartAgent), &[]);
    for highest in [10, 11, u64::MAX] {
        assert_eq!(judged(&command, LOOSE, highest, now()), Err("replayed"));
    }
    let mut other = payload(Action::RestartAgent);
    other.agent_id = AgentId::new([2; 16]);
    assert_eq!(
        judged(&delivered(&other, &[]), LOOSE, 9, now()),
        Err("wrong_agent")
    );
}

#[test]
fn a_server_that_lies_about_the_time_makes_no_old_signature_young() {
    let late = NOW.plus(Duration::from_secs(900) + CLOCK_SKEW_MAX + Duration::from_secs(1));
    let dangerous = delivered(&payload(script()), &[4]);
    assert_eq!(judged(&dangerous, LOOSE, 9, at(late, NOW)), Err("expired"));
    assert_eq!(judged(&dangerous, LOOSE, 9, at(NOW, late)), Err("expired"));
    let early = NOW.minus(CLOCK_SKEW_MAX + Duration::from_secs(1));
    assert_eq!(judged(&dangerous, LOOSE, 9, at(early, NOW)), Err("too_early"));
    // A machine whose clock is off still does what is safe.
    let safe = delivered(&payload(Action::ClearDnsCache), &[]);
    assert!(judged(&safe, LOOSE, 9, at(late, NOW)).is_ok());
    assert_eq!(judged(&safe, LOOSE, 9, at(NOW, late)), Err("expired"));
}

#[test]
fn nothing_is_good_for_more_than_a_day_and_no_other_script_runs() {
    let mut long = payload(script());
    long.not_after = NOW.plus(COMMAND_VALID_MAX + Duration::from_secs(1));
    assert_eq!(judged(&delivered(&long, &[4]), LOOSE, 9, now()), Err("too_long"));
    let mut other = delivered(&payload(script()), &[4]);
    other.script = Some(Base64Bytes(b"#!/bin/sh\nrm -rf /\n".to_vec()));
    assert_eq!(judged(&other, LOOSE, 9, now()), Err("wrong_script"));
    other.script = None;
    assert_eq!(judged(&other, LOOSE, 9, now()), Err("wrong_script"));
}
