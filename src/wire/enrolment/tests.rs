//! Whole enrolments, from token to keys that fit each other, and what is kept of them.

use super::agent::{AgentEnrolment, AgentSeeds};
use super::credential::AgentCredential;
use super::identity::{AgentIdentity, ReadIdentityError};
use super::server::{AnswerTerms, ServerIdentity, verify_request};
use super::token::JoinToken;
use super::*;
use crate::wire::base64;
use crate::wire::envelope_v2::Context;
use crate::wire::envelope_v2::keys::{Compression, Outgoing};
use crate::wire::secret::Secret;

mod refusals;
mod rekey;
mod shared;

fn server() -> ServerIdentity {
    ServerIdentity::new(&Secret::new([3; 32]))
}

fn token() -> JoinToken {
    JoinToken::new(TokenId::new([5; 8]), Secret::new([6; 32]), server().id())
}

fn facts() -> MachineFactsV2 {
    MachineFactsV2 {
        machine_id: "mac-1".into(),
        hostname: "mac-1.local".into(),
        os: "Darwin".into(),
        os_version: "15.1".into(),
        architecture: "arm64".into(),
        agent_version: "3.0.0".into(),
    }
}

fn begin(token: &JoinToken) -> AgentEnrolment {
    let seeds = AgentSeeds {
        identity: Secret::new([1; 32]),
        exchange: Secret::new([2; 32]),
    };
    AgentEnrolment::begin(token, "https://atlas.example:8768", facts(), seeds).unwrap()
}

fn terms() -> AnswerTerms {
    AnswerTerms {
        agent_id: AgentId::new([7; 16]),
        epoch: FIRST_EPOCH,
        kid: KeyId::new([8; 12]),
        operator_keys: Vec::new(),
        command_keys: vec![CommandKey {
            kid: KeyId::new([9; 12]),
            public_key: Base64Array([10; 32]),
        }],
        tls_pins: [[11; 32], [12; 32]]
            .map(|hash| serde_json::from_value(base64::encode(&hash).into()).unwrap())
            .to_vec(),
        now: Timestamp::from_millis(1_760_000_000_123),
        exchange: Secret::new([4; 32]),
    }
}

/// What the server makes of a request; both with its own token and identity.
fn answered(request: &EnrolmentRequestV2) -> (EnrolmentAnswerV2, AgentCredential) {
    let verified = verify_request(&token().hash(), server().id(), request).unwrap();
    verified.answer(&server(), terms()).unwrap()
}

fn over_the_wire<T: Serialize + serde::de::DeserializeOwned>(message: &T) -> T {
    serde_json::from_slice(&serde_json::to_vec(message).unwrap()).unwrap()
}

#[test]
fn both_sides_end_with_the_same_keys() {
    let enrolment = begin(&token());
    let (answer, credential) = answered(&over_the_wire(enrolment.request()));
    let identity = enrolment.finish(&over_the_wire(&answer)).unwrap();
    assert_eq!(identity.root, credential.root);
    assert_eq!(
        (identity.agent_id, identity.kid, identity.epoch),
        (credential.agent_id, credential.kid, 1)
    );
    assert_eq!(identity.machine_id, credential.machine_id.as_str());
    assert_eq!(identity.tls_pins, terms().tls_pins);
    assert!(identity.trusts_tls_key(&terms().tls_pins[1]) && !identity.trusts_tls_key(&TlsPin::of(b"other")));
    assert_eq!(answer.server_time(), terms().now);
}

#[test]
fn what_one_side_seals_the_other_opens() {
    let enrolment = begin(&token());
    let (answer, credential) = answered(enrolment.request());
    let identity = enrolment.finish(&answer).unwrap();
    let context = Context {
        method: "POST",
        route: "/api/fleet/report",
    };
    let message = Outgoing {
        seq: 1,
        sent_at: terms().now,
        context,
        compression: Compression::Allowed,
        plaintext: b"x",
    };
    let up = identity.seal_key(0).seal(&message).unwrap();
    assert!(
        up.clone()
            .open(&credential.open_key(server().id()), &context)
            .is_ok()
    );
    assert!(
        up.open(&identity.open_key(), &context).is_err(),
        "an echo must not open"
    );
    let down = credential.seal_key(server().id(), 0).seal(&message).unwrap();
    assert!(down.open(&identity.open_key(), &context).is_ok());
}

/// Made from section 2.1 of the security rules with pyca/cryptography 48, not with this code.
#[test]
fn is_the_enrolment_that_was_specified() {
    let enrolment = begin(&token());
    let (answer, credential) = answered(enrolment.request());
    assert_eq!(
        enrolment.request().mac.to_string(),
        "DDk2vefs2PMQV+iUiJJHo9jYuPB5MuOiH/Ymm/r7Rf8="
    );
    assert_eq!(
        enrolment.request().sig_ak.to_string(),
        "Hu4dcsBkZu/eraHMh+vpfZRl3xhSIHvJAfiWXg0JxnansjCtiroC2nLO+4imiAeLRhWcX8MaDdtsnlC9lYXyBw=="
    );
    assert_eq!(
        answer.sig.to_string(),
        "lUVIOMgmbhZWue11lEAjYBnNNvsTo6OO3Qg4OcCCmJOQaiN0bODJGNjs9GWV5Bg9KwkBmF+lXxBJFJOlvwTaAw=="
    );
    assert_eq!(
        base64::encode(credential.root.expose()),
        "rKaiLw8YaVsB2eqgidXzrF6j3KkvRy1zSGVpYJjb7AQ="
    );
}

#[test]
fn the_request_holds_neither_secret_nor_hash() {
    let text = serde_json::to_string(begin(&token()).request()).unwrap();
    for secret in [[6; 32], *token().hash().0.expose(), [1; 32], [2; 32]] {
        assert!(!text.contains(&base64::encode(&secret)));
    }
}

#[test]
fn the_largest_messages_fit_their_limits() {
    let long = "\"".repeat(FACT_BYTES_MAX);
    let mut request = begin(&token()).request().clone();
    let facts = &mut request.machine_facts;
    for fact in [
        &mut facts.hostname,
        &mut facts.os,
        &mut facts.os_version,
        &mut facts.architecture,
    ] {
        fact.clone_from(&long);
    }
    assert!(serde_json::to_vec(&request).unwrap().len() < REQUEST_BYTES_MAX);
    let (mut answer, _) = answered(begin(&token()).request());
    answer.command_keys = vec![answer.command_keys[0]; KEYS_MAX];
    answer.tls_pins = vec![answer.tls_pins[0]; KEYS_MAX];
    assert!(serde_json::to_vec(&answer).unwrap().len() < ANSWER_BYTES_MAX);
}

#[test]
fn an_identity_survives_its_file() {
    let enrolment = begin(&token());
    let identity = enrolment.finish(&answered(enrolment.request()).0).unwrap();
    let file = identity.to_json().unwrap();
    assert_eq!(AgentIdentity::from_json(&file).as_ref(), Ok(&identity));
    assert!(!format!("{identity:?}").contains(&base64::encode(identity.root.expose())));
    let newer = String::from_utf8(file.to_vec())
        .unwrap()
        .replace("\"format\": 1", "\"format\": 2, \"more\": 1");
    assert_eq!(
        AgentIdentity::from_json(newer.as_bytes()),
        Err(ReadIdentityError::Format { found: 2 })
    );
    assert!(matches!(
        AgentIdentity::from_json(&file[..100]),
        Err(ReadIdentityError::Malformed { .. })
    ));
}

#[test]
fn a_credential_survives_storage() {
    let (_, credential) = answered(begin(&token()).request());
    assert_eq!(over_the_wire(&credential), credential);
}

#[test]
fn a_verified_request_names_who_asks() {
    let enrolment = begin(&token());
    let verified = verify_request(&token().hash(), server().id(), enrolment.request()).unwrap();
    assert_eq!(verified.machine_id().as_str(), "mac-1");
    assert_eq!(verified.ak_pub(), &enrolment.request().ak_pub);
    let seeds = AgentSeeds::again(Secret::new([1; 32])).unwrap();
    let again = AgentEnrolment::begin(&token(), "https://atlas.example", facts(), seeds).unwrap();
    let verified_again = verify_request(&token().hash(), server().id(), again.request()).unwrap();
    assert_eq!(verified.ak_pub(), verified_again.ak_pub());
    assert_ne!(verified.transcript_hash(), verified_again.transcript_hash());
}
