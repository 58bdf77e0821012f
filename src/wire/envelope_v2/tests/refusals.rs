//! What an envelope must refuse.

use super::*;

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
