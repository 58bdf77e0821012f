//! What an envelope must refuse, and that it is the one that was specified.

use proptest::prelude::*;

use super::keys::{SEALS_MAX, SEALS_REKEY};
use super::*;
use crate::wire::base64;
use crate::wire::hex_id::AgentId;
use crate::wire::pins::ServerId;
use crate::wire::secret::Secret;

const REPORT: Context<'static> = Context {
    method: "POST",
    route: "/api/fleet/report",
};

/// Made from section 2.2 of the security rules with pyca/cryptography 48, not with this code: root
/// 00..1f, agent a1.., server 5e.., kid 4b.., epoch 7, `{"machine_id":"mac-1"}`.
const GOLDEN: [(Direction, &str); 2] = [
    (
        Direction::AgentToServer,
        r#"{"v":2,"kid":"4b4b4b4b4b4b4b4b4b4b4b4b","ep":7,"seq":12345,"ts":1760000000123,"ce":"identity","n":"AAECAwQFBgcICQoL","ct":"frS+zVU3bc4kFJ2Q/YF7Bk6zE350CpWqj54iIi3SLByFRVtheI4="}"#,
    ),
    (
        Direction::ServerToAgent,
        r#"{"v":2,"kid":"4b4b4b4b4b4b4b4b4b4b4b4b","ep":7,"seq":12345,"ts":1760000000123,"ce":"identity","n":"AAECAwQFBgcICQoL","ct":"RdZwUjW+0j8KsIVS26iPHOC1QPKs3Jii5sQVyvPm/6FMfhYHmAk="}"#,
    ),
];

fn channel() -> Channel {
    Channel {
        direction: Direction::AgentToServer,
        agent_id: AgentId::new([0xa1; 16]),
        server_id: ServerId::from_bytes([0x5e; 32]),
        kid: KeyId::new([0x4b; 12]),
        epoch: 7,
    }
}

fn root() -> Secret<32> {
    Secret::new(std::array::from_fn(|i| i as u8))
}

fn seal_key() -> SealKey {
    SealKey::derive(&root(), &channel(), 0)
}

fn open_key() -> OpenKey {
    OpenKey::derive(&root(), &channel())
}

fn message(plaintext: &[u8]) -> Outgoing<'_> {
    Outgoing {
        seq: 12345,
        sent_at: Timestamp::from_millis(1_760_000_000_123),
        context: REPORT,
        compression: Compression::Allowed,
        plaintext,
    }
}

fn sealed(plaintext: &[u8]) -> EnvelopeV2 {
    seal_key().seal(&message(plaintext)).unwrap()
}

fn reparsed(envelope: &EnvelopeV2) -> Result<EnvelopeV2, ParseEnvelopeError> {
    EnvelopeV2::parse(&serde_json::to_vec(envelope).unwrap())
}

fn opens(envelope: EnvelopeV2, channel: &Channel, context: &Context<'_>) -> Result<Opened, OpenError> {
    envelope.open(&OpenKey::derive(&root(), channel), context)
}

#[test]
fn is_the_envelope_that_was_specified() {
    for (direction, golden) in GOLDEN {
        let channel = Channel {
            direction,
            ..channel()
        };
        let nonce = std::array::from_fn(|i| i as u8);
        let key = SealKey::derive(&root(), &channel, 0);
        let ours = key
            .seal_with(nonce, &message(br#"{"machine_id":"mac-1"}"#))
            .unwrap();
        assert_eq!(serde_json::to_string(&ours).unwrap(), golden);
        let opened = opens(EnvelopeV2::parse(golden.as_bytes()).unwrap(), &channel, &REPORT).unwrap();
        assert_eq!(opened.plaintext, br#"{"machine_id":"mac-1"}"#);
    }
}

#[test]
fn opened_names_number_time_and_tag() {
    let envelope = sealed(b"content");
    let tag = *envelope.ct.0.last_chunk().unwrap();
    let opened = reparsed(&envelope).unwrap().open(&open_key(), &REPORT).unwrap();
    let sent_at = Timestamp::from_millis(1_760_000_000_123);
    assert_eq!(
        opened,
        Opened {
            seq: 12345,
            sent_at,
            tag,
            plaintext: b"content".to_vec()
        }
    );
}

#[test]
fn compresses_what_gains_by_it_and_may() {
    let long = b"cpu 12.5 ".repeat(200);
    assert_eq!(sealed(&long).ce, ContentEncoding::Gzip);
    assert_eq!(sealed(b"short").ce, ContentEncoding::Identity);
    let noise: Vec<u8> = (0..2_000_u32)
        .flat_map(|i| crate::wire::keyed_hash::sha256(&i.to_le_bytes()))
        .collect();
    assert_eq!(sealed(&noise).ce, ContentEncoding::Identity);
    let secret = Outgoing {
        compression: Compression::Never,
        ..message(&long)
    };
    assert_eq!(seal_key().seal(&secret).unwrap().ce, ContentEncoding::Identity);
}

proptest! {
    #[test]
    fn opens_to_what_was_sealed(plaintext: Vec<u8>, repeated in 1_usize..200, seq: u64) {
        let plaintext = plaintext.repeat(repeated);
        let envelope = seal_key().seal(&Outgoing { seq, ..message(&plaintext) }).unwrap();
        let opened = reparsed(&envelope).unwrap().open(&open_key(), &REPORT).unwrap();
        prop_assert_eq!(opened.seq, seq);
        prop_assert_eq!(opened.plaintext, plaintext);
    }

    #[test]
    fn never_panics_on_hostile_bytes(body: Vec<u8>) {
        prop_assert!(EnvelopeV2::parse(&body).is_err());
    }
}

/// Every byte of the JSON, each replaced by three others: it is refused, or says the same (JSON
/// has two ways to write a letter, none of which fits into one byte here).
#[test]
fn refuses_each_changed_byte_of_the_body() {
    for plaintext in [&b"{\"machine_id\":\"mac-1\"}"[..], &b"cpu ".repeat(100)] {
        let good = serde_json::to_vec(&sealed(plaintext)).unwrap();
        for (at, change) in (0..good.len()).flat_map(|at| [(at, 1), (at, 0x20), (at, 0x80)]) {
            let mut bad = good.clone();
            bad[at] ^= change;
            let opened = EnvelopeV2::parse(&bad).map(|envelope| envelope.open(&open_key(), &REPORT));
            assert!(
                matches!(opened, Err(_) | Ok(Err(OpenError::DecryptFailed))),
                "byte {at} as {:?}",
                char::from(bad[at])
            );
        }
    }
}

#[test]
fn refuses_each_flipped_bit_of_nonce_and_ciphertext() {
    let good = sealed(b"content");
    for bit in 0..8 * good.ct.0.len() {
        let mut bad = good.clone();
        bad.ct.0[bit / 8] ^= 1 << (bit % 8);
        assert_eq!(bad.open(&open_key(), &REPORT), Err(OpenError::DecryptFailed));
    }
    for bit in 0..8 * NONCE_BYTES {
        let mut bad = good.clone();
        bad.n.0[bit / 8] ^= 1 << (bit % 8);
        assert_eq!(bad.open(&open_key(), &REPORT), Err(OpenError::DecryptFailed));
    }
}

#[test]
fn refuses_another_number_time_or_encoding() {
    let good = sealed(b"content");
    let others = [
        EnvelopeV2 {
            seq: 12346,
            ..good.clone()
        },
        EnvelopeV2 {
            ts: good.ts + 1,
            ..good.clone()
        },
        EnvelopeV2 {
            ce: ContentEncoding::Gzip,
            ..good.clone()
        },
        EnvelopeV2 {
            ep: 8,
            ..good.clone()
        },
        EnvelopeV2 {
            kid: KeyId::new([1; 12]),
            ..good
        },
    ];
    for bad in others {
        assert_eq!(
            bad.clone().open(&open_key(), &REPORT),
            Err(OpenError::DecryptFailed),
            "{bad:?}"
        );
    }
}

#[test]
fn refuses_another_route_or_method() {
    for context in [
        Context {
            route: "/api/fleet/commands/{machine_id}",
            ..REPORT
        },
        Context {
            method: "PUT",
            ..REPORT
        },
        Context {
            method: "POST/",
            route: "api/fleet/report",
        },
    ] {
        assert_eq!(
            opens(sealed(b"x"), &channel(), &context),
            Err(OpenError::DecryptFailed),
            "{context:?}"
        );
    }
}

#[test]
fn refuses_another_agent_server_key_epoch_or_direction() {
    for other in [
        Channel {
            agent_id: AgentId::new([2; 16]),
            ..channel()
        },
        Channel {
            server_id: ServerId::from_bytes([2; 32]),
            ..channel()
        },
        Channel {
            kid: KeyId::new([2; 12]),
            ..channel()
        },
        Channel {
            epoch: 8,
            ..channel()
        },
        Channel {
            direction: Direction::ServerToAgent,
            ..channel()
        },
    ] {
        // The header says what the receiver's key is for, as a forger's would.
        let forged = EnvelopeV2 {
            kid: other.kid,
            ep: other.epoch,
            ..sealed(b"x")
        };
        assert_eq!(
            opens(forged, &other, &REPORT),
            Err(OpenError::DecryptFailed),
            "{other:?}"
        );
    }
    let other_root = OpenKey::derive(&Secret::new([9; 32]), &channel());
    assert_eq!(
        sealed(b"x").open(&other_root, &REPORT),
        Err(OpenError::DecryptFailed)
    );
}

#[test]
fn refuses_what_is_not_an_envelope() {
    let good = serde_json::to_string(&sealed(b"x")).unwrap();
    let kid = channel().kid.to_string();
    for bad in [
        good.replace("\"v\":2", "\"v\":2,\"x\":1"),
        good.replace("\"v\":2", "\"v\":2,\"v\":2"),
        good.replace("\"ep\":7,", ""),
        good.replace("\"ep\":7", "\"ep\":-7"),
        good.replace("\"ep\":7", "\"ep\":7.0"),
        good.replace("\"seq\":12345", "\"seq\":\"12345\""),
        good.replace("identity", "br"),
        good.replace(&kid, &kid.to_uppercase()),
        good.replace(&kid, &kid[1..]),
        format!("{good}{good}"),
        String::new(),
    ] {
        assert!(
            matches!(
                EnvelopeV2::parse(bad.as_bytes()),
                Err(ParseEnvelopeError::Malformed(_))
            ),
            "{bad}"
        );
    }
    let other = good.replace("\"v\":2", "\"v\":3");
    assert!(matches!(
        EnvelopeV2::parse(other.as_bytes()),
        Err(ParseEnvelopeError::Version { found: 3 })
    ));
    let endless = vec![b' '; ENVELOPE_BYTES_MAX + 1];
    assert!(matches!(
        EnvelopeV2::parse(&endless),
        Err(ParseEnvelopeError::TooLarge)
    ));
}

#[test]
fn refuses_base64_that_is_not_canonical() {
    let envelope = sealed(b"x"); // 17 bytes of ciphertext: one `=`, two spare bits
    let text = serde_json::to_string(&envelope).unwrap();
    let ct = base64::encode(&envelope.ct.0);
    let spare_bit = |c: char| char::from_u32(u32::from(c) + 1).unwrap();
    let last = ct.chars().rev().nth(1).unwrap();
    let stem = &ct[..ct.len() - 2];
    for bad in [
        format!("{stem}{}=", spare_bit(last)),
        format!("{stem}{last}"),
        format!("{stem}{last}=="),
        format!("{stem}{last}=\\n"),
        format!(" {ct}"),
    ] {
        let body = text.replace(&ct, &bad);
        assert!(
            matches!(
                EnvelopeV2::parse(body.as_bytes()),
                Err(ParseEnvelopeError::Malformed(_))
            ),
            "{bad}"
        );
    }
}

#[test]
fn refuses_a_bomb_and_damaged_gzip_from_an_authentic_sender() {
    let bomb = gzip::deflate(&vec![0; 50 << 20]).unwrap();
    let limit_bytes = CONTENT_BYTES_MAX;
    let expected = [
        OpenError::Inflate(InflateError::TooLarge { limit_bytes }),
        OpenError::Inflate(InflateError::Damaged),
    ];
    for (content, expected) in [&bomb[..], b"no gzip"].into_iter().zip(expected) {
        let key = seal_key();
        let header = Header {
            seq: 1,
            ts: 2,
            ce: ContentEncoding::Gzip,
        };
        let envelope = key
            .seal_content([0; 12], &header, &REPORT, content.to_vec())
            .unwrap();
        assert_eq!(envelope.open(&open_key(), &REPORT), Err(expected));
    }
}

#[test]
fn stops_when_the_key_is_used_up() {
    let key = SealKey::derive(&root(), &channel(), SEALS_MAX - 2);
    assert!(key.wants_rekey());
    assert!(key.seal(&message(b"x")).is_ok());
    assert!(key.seal(&message(b"x")).is_ok());
    assert!(matches!(key.seal(&message(b"x")), Err(SealError::Exhausted)));
    assert!(matches!(key.seal(&message(b"x")), Err(SealError::Exhausted)));
    let half = SealKey::derive(&root(), &channel(), SEALS_REKEY - 1);
    assert!(!half.wants_rekey());
    half.seal(&message(b"x")).unwrap();
    assert!(half.wants_rekey());
}

#[test]
fn refuses_to_seal_what_the_other_side_would_refuse() {
    let too_long = vec![0; CONTENT_BYTES_MAX + 1];
    assert!(matches!(
        seal_key().seal(&message(&too_long)),
        Err(SealError::TooLarge { .. })
    ));
    let longest = Outgoing {
        seq: u64::MAX,
        compression: Compression::Never,
        ..message(&[7; 786_224])
    };
    let envelope = seal_key().seal(&longest).unwrap();
    assert!(reparsed(&envelope).unwrap().open(&open_key(), &REPORT).is_ok());
    let longer = Outgoing {
        plaintext: &[7; 786_225],
        ..longest
    };
    assert!(matches!(
        seal_key().seal(&longer),
        Err(SealError::TooLarge { .. })
    ));
}

#[test]
fn never_uses_a_nonce_twice() {
    let key = seal_key();
    let nonces: std::collections::HashSet<_> = (0..1_000)
        .map(|_| key.seal(&message(b"x")).unwrap().n.0)
        .collect();
    assert_eq!(nonces.len(), 1_000);
}

#[test]
fn prints_no_secret() {
    let printed = format!("{:?} {:?}", seal_key(), open_key());
    let key_bytes = crate::wire::keyed_hash::expand(&root(), b"")
        .expose()
        .map(|b| b.to_string())
        .join(", ");
    assert!(printed.contains("<secret>") && !printed.contains(&key_bytes));
}
