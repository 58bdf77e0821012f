//! Whole agreements on another key: both ends have the same, and nobody in between has or changes any.

use super::super::agent::FinishError;
use super::super::rekey::{AgentRekey, NotSigned, RekeyAnswerV2, RekeyTerms};
use super::*;

fn identity() -> AgentIdentity {
    let enrolment = begin(&token());
    enrolment.finish(&answered(enrolment.request()).0).unwrap()
}

fn asked(identity: &AgentIdentity) -> AgentRekey {
    AgentRekey::begin(
        identity,
        Secret::new([5; 32]),
        Timestamp::from_millis(1_760_000_000_123),
    )
}

fn rekey_terms() -> RekeyTerms {
    RekeyTerms {
        kid: KeyId::new([13; 12]),
        epoch: 2,
        tls_pins: terms().tls_pins,
        now: Timestamp::from_millis(1_760_000_001_123),
        exchange: Secret::new([6; 32]),
    }
}

fn answer_to(rekey: &AgentRekey) -> (RekeyAnswerV2, Secret<32>) {
    let request = over_the_wire(rekey.request());
    request.verify(&asked_identity_key(), server().id()).unwrap();
    request.answer(&server(), rekey_terms()).unwrap()
}

fn asked_identity_key() -> [u8; 32] {
    begin(&token()).request().ak_pub.0
}

#[test]
fn both_sides_end_with_the_same_new_key() {
    let (identity, rekey) = (identity(), asked(&identity()));
    let (answer, root) = answer_to(&rekey);
    let renewed = rekey.finish(&identity, &over_the_wire(&answer)).unwrap();
    assert_eq!((&renewed.root, renewed.epoch), (&root, 2));
    assert_ne!(renewed.root, identity.root);
    assert_eq!(
        (renewed.agent_id, &renewed.identity_key),
        (identity.agent_id, &identity.identity_key)
    );
    assert_eq!(renewed.key_since_ms, 1_760_000_001_123);
}

/// Made from docs/protocol.md with pyca/cryptography 48, not with this code.
#[test]
fn is_the_agreement_that_was_specified() {
    let rekey = asked(&identity());
    let (answer, root) = answer_to(&rekey);
    assert_eq!(
        rekey.request().sig_ak.to_string(),
        "7XSnGpEPzn1e5kcb+1UFuUpB4w4Ffp37zT27StIS4qS6Xo+c1WNhv43JHkmzLy119PS2HlUUzfW+rt9NleSXDg=="
    );
    assert_eq!(
        answer.sig.to_string(),
        "zjY3aHIool1ibNiub1X3iSgivZCVRokPRaHcQPrBCg2NHyZV5cBc0LXfSeEJMHjtp6Mu6N9/9Ck2XjiiZPQJCw=="
    );
    assert_eq!(
        base64::encode(root.expose()),
        "UNWpp6+It6O5w6wRa7wL7EKmzg7Edh1qDvXh8334Ez8="
    );
}

#[test]
fn the_server_answers_nobody_else() {
    let rekey = asked(&identity());
    let request = rekey.request().clone();
    let key = asked_identity_key();
    let elsewhere = ServerIdentity::new(&Secret::new([4; 32])).id();
    assert_eq!(request.verify(&key, elsewhere), Err(NotSigned));
    assert_eq!(request.verify(&[1; 32], server().id()), Err(NotSigned));
    let mut changed = Vec::from([request.clone(), request.clone(), request.clone(), request]);
    changed[0].agent_id = AgentId::new([6; 16]);
    changed[1].kid = KeyId::new([6; 12]);
    changed[2].ex_pub = Base64Array([6; 32]);
    changed[3].ts += 1;
    for request in changed {
        assert_eq!(request.verify(&key, server().id()), Err(NotSigned));
    }
}

#[test]
fn the_agent_takes_no_answer_that_was_changed_or_is_anothers() {
    let (identity, rekey) = (identity(), asked(&identity()));
    let (answer, _) = answer_to(&rekey);
    let mut changed = vec![answer.clone(); 5];
    changed[0].kid = KeyId::new([6; 12]);
    changed[1].ep = 3;
    changed[2].sx_pub = Base64Array([6; 32]);
    changed[3].tls_pins.pop();
    changed[4].server_time_ms += 1;
    for answer in &changed {
        assert_eq!(rekey.finish(&identity, answer), Err(FinishError::NotAuthentic));
    }
    let another = AgentRekey::begin(&identity, Secret::new([9; 32]), terms().now);
    assert_eq!(another.finish(&identity, &answer), Err(FinishError::NotAuthentic));
    let elsewhere = ServerIdentity::new(&Secret::new([4; 32]));
    let (foreign, _) = rekey.request().answer(&elsewhere, rekey_terms()).unwrap();
    assert_eq!(rekey.finish(&identity, &foreign), Err(FinishError::WrongServer));
}
