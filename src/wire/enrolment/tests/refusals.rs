//! What breaks an enrolment. Whoever sits between the two sides is a function that changes a message.

use super::*;
use crate::wire::enrolment::agent::FinishError;
use crate::wire::enrolment::agreement::{self, LowOrderKey};
use crate::wire::enrolment::server::VerifyError;

#[test]
fn refuses_another_tokens_secret() {
    let other = JoinToken::new(token().id(), Secret::new([66; 32]), server().id());
    let verified = verify_request(&token().hash(), server().id(), begin(&other).request());
    assert_eq!(verified.unwrap_err(), VerifyError::Token);
}

#[test]
fn refuses_a_token_of_another_server() {
    let elsewhere = ServerIdentity::new(&Secret::new([33; 32]));
    let other = JoinToken::new(token().id(), Secret::new([6; 32]), elsewhere.id());
    let enrolment = begin(&other);
    let verified = verify_request(&token().hash(), server().id(), enrolment.request());
    assert_eq!(verified.unwrap_err(), VerifyError::Token);
    // The agent refuses as well, whatever the server thinks of it.
    let (answer, _) = answered(begin(&token()).request());
    assert_eq!(enrolment.finish(&answer), Err(FinishError::WrongServer));
}

#[test]
fn refuses_each_change_of_the_request() {
    let good = begin(&token()).request().clone();
    let changes: [fn(&mut EnrolmentRequestV2); 11] = [
        |r| r.token_id = TokenId::new([50; 8]),
        |r| r.ak_pub.0[0] ^= 1,
        |r| r.ex_pub.0[31] ^= 1,
        |r| r.mac.0[31] ^= 1,
        |r| r.machine_facts.machine_id = "mac-2".into(),
        |r| r.machine_facts.hostname.clear(),
        |r| r.machine_facts.os.push(' '),
        |r| r.machine_facts.os_version.push('1'),
        |r| r.machine_facts.architecture = "x86_64".into(),
        |r| r.machine_facts.agent_version.push('1'),
        |r| std::mem::swap(&mut r.machine_facts.os, &mut r.machine_facts.os_version),
    ];
    for (number, change) in changes.iter().enumerate() {
        let mut bad = good.clone();
        change(&mut bad);
        let verified = verify_request(&token().hash(), server().id(), &bad);
        assert_eq!(verified.unwrap_err(), VerifyError::Token, "change {number}");
    }
    for bit in 0..512 {
        let mut bad = good.clone();
        bad.sig_ak.0[bit / 8] ^= 1 << (bit % 8);
        let verified = verify_request(&token().hash(), server().id(), &bad);
        assert_eq!(verified.unwrap_err(), VerifyError::IdentityKey, "bit {bit}");
    }
}

#[test]
fn refuses_each_change_of_the_answer() {
    let enrolment = begin(&token());
    let (good, _) = answered(enrolment.request());
    let changes: [fn(&mut EnrolmentAnswerV2); 11] = [
        |a| a.agent_id = AgentId::new([70; 16]),
        |a| a.sx_pub.0[0] ^= 1,
        |a| a.kid = KeyId::new([80; 12]),
        |a| a.ep = 2,
        |a| a.command_keys.clear(),
        |a| a.command_keys[0].kid = KeyId::new([90; 12]),
        |a| a.command_keys[0].public_key.0[0] ^= 1,
        |a| a.tls_pins.push(TlsPin::of(b"theirs")),
        |a| a.tls_pins.reverse(),
        |a| a.server_time_ms += 1,
        |a| a.sig.0[0] ^= 1,
    ];
    for (number, change) in changes.iter().enumerate() {
        let mut bad = good.clone();
        change(&mut bad);
        assert_eq!(
            enrolment.finish(&bad),
            Err(FinishError::NotAuthentic),
            "change {number}"
        );
    }
    for bit in 0..512 {
        let mut bad = good.clone();
        bad.sig.0[bit / 8] ^= 1 << (bit % 8);
        assert_eq!(
            enrolment.finish(&bad),
            Err(FinishError::NotAuthentic),
            "bit {bit}"
        );
    }
}

#[test]
fn refuses_an_answer_signed_by_somebody_in_between() {
    let enrolment = begin(&token());
    let verified = verify_request(&token().hash(), server().id(), enrolment.request()).unwrap();
    let between = ServerIdentity::new(&Secret::new([99; 32]));
    let (theirs, _) = verified.answer(&between, terms()).unwrap();
    assert_eq!(enrolment.finish(&theirs), Err(FinishError::WrongServer));
    let (ours, _) = verified.answer(&server(), terms()).unwrap();
    let disguised = EnrolmentAnswerV2 {
        server_key: ours.server_key,
        ..theirs
    };
    assert_eq!(enrolment.finish(&disguised), Err(FinishError::NotAuthentic));
}

#[test]
fn refuses_an_answer_to_another_request() {
    let (answer, _) = answered(begin(&token()).request());
    let seeds = AgentSeeds {
        identity: Secret::new([1; 32]),
        exchange: Secret::new([22; 32]),
    };
    let later = AgentEnrolment::begin(&token(), "https://atlas.example", facts(), seeds).unwrap();
    assert_eq!(later.finish(&answer), Err(FinishError::NotAuthentic));
}

/// The points of low order that RFC 7748 implementations meet: 0, 1, two of order 8, -1, p and p+1.
#[test]
fn refuses_public_keys_of_low_order() {
    let order_8 = [
        "4Ot6fDtBuK4WVuP68Z/EatoJjeucMrH9hmIFFl9JuAA=",
        "X5yVvKNQjCSx0LFVnIPvWwREXMRYHI6G2CJO3dCfEVc=",
    ];
    let near_p = |low: u8| {
        let mut bytes = [0xff; 32];
        (bytes[0], bytes[31]) = (low, 0x7f);
        bytes
    };
    let mut one = [0; 32];
    one[0] = 1;
    let mut points = vec![[0; 32], one, near_p(0xec), near_p(0xed), near_p(0xee)];
    points.extend(order_8.map(|text| base64::decode_array::<32>(text).unwrap()));
    for point in points {
        let (ours, token) = (Secret::new([2; 32]), token().hash());
        let root = agreement::root([0; 32], &ours, &Base64Array(point), token.0.expose());
        assert_eq!(root, Err(LowOrderKey), "{point:02x?}");
    }
}

#[test]
fn a_server_gives_no_credential_to_a_low_order_key() {
    use ed25519_dalek::{Signer as _, SigningKey};
    let mut request = begin(&token()).request().clone();
    request.ex_pub = Base64Array([0; 32]);
    let transcript = agreement::transcript(&request, server().id());
    request.mac = agreement::mac(&token().hash(), &transcript);
    request.sig_ak = Base64Array(SigningKey::from_bytes(&[1; 32]).sign(&transcript).to_bytes());
    let verified = verify_request(&token().hash(), server().id(), &request).unwrap();
    assert_eq!(verified.answer(&server(), terms()).unwrap_err(), LowOrderKey);
}

#[test]
fn refuses_answers_without_pins_or_with_too_many_keys() {
    let enrolment = begin(&token());
    let verified = verify_request(&token().hash(), server().id(), enrolment.request()).unwrap();
    let many = vec![terms().command_keys[0]; KEYS_MAX + 1];
    for terms in [
        AnswerTerms {
            tls_pins: vec![],
            ..terms()
        },
        AnswerTerms {
            command_keys: many,
            ..terms()
        },
    ] {
        let (answer, _) = verified.answer(&server(), terms).unwrap();
        assert_eq!(enrolment.finish(&answer), Err(FinishError::Keys));
    }
}

#[test]
fn refuses_facts_that_cannot_be_shown() {
    let bad = [
        MachineFactsV2 {
            machine_id: " ".into(),
            ..facts()
        },
        MachineFactsV2 {
            machine_id: "../etc".into(),
            ..facts()
        },
        MachineFactsV2 {
            hostname: "x".repeat(256),
            ..facts()
        },
        MachineFactsV2 {
            os: "\u{1b}[2J".into(),
            ..facts()
        },
    ];
    for facts in bad {
        let seeds = AgentSeeds::random().unwrap();
        assert!(
            AgentEnrolment::begin(&token(), "https://atlas.example", facts.clone(), seeds).is_err(),
            "{facts:?}"
        );
    }
}

#[test]
fn refuses_messages_that_are_too_large_or_have_more_fields() {
    let good = serde_json::to_string(begin(&token()).request()).unwrap();
    assert!(EnrolmentRequestV2::parse(good.as_bytes()).is_ok());
    let more = good.replacen('{', "{\"role\":\"admin\",", 1);
    assert!(matches!(
        EnrolmentRequestV2::parse(more.as_bytes()),
        Err(ParseEnrolmentError::Malformed(_))
    ));
    let padded = " ".repeat(REQUEST_BYTES_MAX) + &good;
    assert!(matches!(
        EnrolmentRequestV2::parse(padded.as_bytes()),
        Err(ParseEnrolmentError::TooLarge { .. })
    ));
    let (answer, _) = answered(begin(&token()).request());
    let answer = serde_json::to_string(&answer).unwrap();
    assert!(EnrolmentAnswerV2::parse(answer.as_bytes()).is_ok());
    assert!(EnrolmentAnswerV2::parse(answer.replacen('{', "{\"x\":1,", 1).as_bytes()).is_err());
}
