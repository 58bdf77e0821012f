//! What a machine believes, and what it does not.

use proptest::prelude::*;

use super::*;

fn payload() -> CommandPayload {
    CommandPayload {
        command_id: CommandId::at(Timestamp::from_secs(1_760_000_000), 7),
        agent_id: AgentId::new([1; 16]),
        action: Action::RestartAgent,
        not_before: Timestamp::from_secs(1_760_000_000),
        not_after: Timestamp::from_secs(1_760_000_900),
        seq: 1_760_000_000_000_000,
        issued_by: "ann".into(),
        policy_rev: "0".into(),
    }
}

fn server() -> CommandSigner {
    CommandSigner::of_server(&Secret::new([3; 32]))
}

fn operator(seed: u8) -> OperatorKey {
    OperatorKey::new(Secret::new([seed; 32]), Secret::new([seed; 32]))
}

fn ring() -> KeyRing {
    KeyRing::new(
        &[server().public_key()],
        &[operator(4).public(), operator(5).public()],
    )
}

fn signed(bytes: &[u8], sigs: Vec<SignatureV1>) -> SignedCommand {
    SignedCommand {
        p: Base64Bytes(bytes.to_vec()),
        sigs,
    }
}

fn by_server(bytes: &[u8]) -> SignedCommand {
    signed(bytes, vec![server().sign(bytes)])
}

fn by(bytes: &[u8], seeds: &[u8]) -> Vec<SignatureV1> {
    seeds
        .iter()
        .map(|seed| sign_as_operator(&operator(*seed), bytes))
        .collect()
}

#[test]
fn the_bytes_of_a_command_stay_what_they_are() {
    let text = String::from_utf8(payload().to_bytes()).unwrap();
    assert_eq!(
        text,
        r#"{"v":1,"command_id":"0199c82c-c000-7000-8000-000000000007","agent_id":"01010101010101010101010101010101","action":"restart_agent","args":{},"not_before":1760000000000,"not_after":1760000900000,"seq":1760000000000000,"issued_by":"ann","policy_rev":"0"}"#
    );
    assert_eq!(CommandPayload::from_bytes(text.as_bytes()), Ok(payload()));
    assert_eq!(
        signed_bytes(b"{}"),
        b"DSSEv1 37 application/vnd.atlas.command.v1+json 2 {}"
    );
}

#[test]
fn believes_its_server_and_counts_each_operator_once() {
    let bytes = payload().to_bytes();
    let mut sigs = by(&bytes, &[4, 4, 9]);
    sigs.push(server().sign(&bytes));
    let verified = signed(&bytes, sigs).verify(&ring()).unwrap();
    assert_eq!(verified.payload, payload());
    assert_eq!(verified.operators, [operator(4).id()]);
    let mut two = by(&bytes, &[4, 5]);
    two.push(server().sign(&bytes));
    assert_eq!(signed(&bytes, two).verify(&ring()).unwrap().operators.len(), 2);
}

#[test]
fn believes_nobody_else() {
    let bytes = payload().to_bytes();
    let refused = Err(VerifyCommandError::NotSigned);
    assert_eq!(signed(&bytes, Vec::new()).verify(&ring()), refused);
    assert_eq!(signed(&bytes, by(&bytes, &[4])).verify(&ring()), refused);
    let mut other = CommandSigner::of_server(&Secret::new([8; 32])).sign(&bytes);
    assert_eq!(signed(&bytes, vec![other]).verify(&ring()), refused);
    other.kid = server().public_key().kid;
    assert_eq!(signed(&bytes, vec![other]).verify(&ring()), refused);
    let mut operators = by(&bytes, &[4]);
    operators[0].kid = server().public_key().kid;
    assert_eq!(signed(&bytes, operators).verify(&ring()), refused);
}

#[test]
fn a_signature_of_one_command_is_none_of_another() {
    let bytes = payload().to_bytes();
    let other = CommandPayload {
        seq: payload().seq + 1,
        ..payload()
    };
    let swapped = signed(&other.to_bytes(), vec![server().sign(&bytes)]);
    assert_eq!(swapped.verify(&ring()), Err(VerifyCommandError::NotSigned));
    let public = operator(4).public();
    let signature = sign_as_operator(&operator(4), &bytes);
    assert!(is_by_operator(&public, &bytes, &signature));
    assert!(!is_by_operator(&public, &other.to_bytes(), &signature));
    assert!(!is_by_operator(&operator(5).public(), &bytes, &signature));
}

#[test]
fn reads_only_what_is_signed_and_of_the_one_version() {
    let malformed = |text: &str| by_server(text.as_bytes()).verify(&ring()).unwrap_err();
    let text = String::from_utf8(payload().to_bytes()).unwrap();
    for changed in [
        text.replace("\"v\":1", "\"v\":2"),
        text.replace("\"v\":1", "\"v\":0"),
        text.replace("\"args\":{}", "\"args\":{\"shell\":\"id\"}"),
        text.replace("restart_agent", "shell"),
        text.replace("{\"v\"", "{\"extra\":1,\"v\""),
        "null".to_owned(),
    ] {
        assert_eq!(malformed(&changed), VerifyCommandError::Malformed, "{changed}");
    }
    let long = vec![b' '; PAYLOAD_BYTES_MAX + 1];
    assert_eq!(
        by_server(&long).verify(&ring()),
        Err(VerifyCommandError::TooLarge)
    );
    let signature = server().sign(text.as_bytes());
    let crowded = signed(text.as_bytes(), vec![signature; SIGNATURES_MAX + 1]);
    assert_eq!(crowded.verify(&ring()), Err(VerifyCommandError::TooLarge));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]
    #[test]
    fn a_changed_byte_is_never_believed(at in 0_usize..10_000, change in 1_u8..) {
        let bytes = payload().to_bytes();
        let mut command = by_server(&bytes);
        let total = bytes.len() + 64;
        match at % total {
            at if at < bytes.len() => command.p.0[at] ^= change,
            at => command.sigs[0].sig.0[at - bytes.len()] ^= change,
        }
        prop_assert_eq!(command.verify(&ring()), Err(VerifyCommandError::NotSigned));
    }
}
