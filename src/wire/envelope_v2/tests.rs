//! That an envelope is the one that was specified, and what sealing promises.

use proptest::prelude::*;

use super::keys::{Channel, Compression, Direction, Outgoing, SEALS_MAX, SEALS_REKEY, SealError, SealKey};
use super::*;
use crate::wire::base64;
use crate::wire::hex_id::AgentId;
use crate::wire::pins::ServerId;
use crate::wire::secret::Secret;

mod refusals;

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
    let claimed = (envelope.kid(), envelope.epoch(), envelope.seq());
    assert_eq!(claimed, (channel().kid, channel().epoch, 12345));
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
    assert!(format!("{:?}", open_key()).starts_with("OpenKey(ChannelKey { aead: <secret>, kid:"));
    assert!(format!("{:?}", seal_key()).starts_with("SealKey { key: ChannelKey { aead: <secret>, kid:"));
}
