//! A proxy that ends TLS sits between agent and server and changes what it carries: nothing that it
//! changed is taken, whatever byte or field it was.

#![cfg(feature = "server")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

#[allow(unreachable_pub, dead_code, reason = "each test file uses a part of it")]
mod running;

use atlas::wire::envelope_v2::{
    Channel, Compression, Context, Direction, EnvelopeV2, OpenKey, Outgoing, SealKey,
};
use atlas::wire::hex_id::{AgentId, KeyId};
use atlas::wire::pins::ServerId;
use atlas::wire::secret::Secret;
use atlas_actors::clock::Timestamp;
use running::Server;
use running::enrolled::{Enrolled, enrol, send, token};
use serde_json::{Value, json};

const MUTANTS: usize = 100_000;
const CONTEXT: Context<'static> = Context {
    method: "POST",
    route: "/api/fleet/report",
};

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
}

fn channel() -> Channel {
    Channel {
        direction: Direction::AgentToServer,
        agent_id: AgentId::new([1; 16]),
        server_id: ServerId::from_bytes([2; 32]),
        kid: KeyId::new([3; 12]),
        epoch: 4,
    }
}

/// One change: a flipped bit of the text, or a field that says something else.
fn mutate(captured: &[Vec<u8>], chance: &mut Chance) -> Vec<u8> {
    let mut body = captured[chance.below(captured.len())].clone();
    if chance.below(2) == 0 {
        let at = chance.below(body.len());
        body[at] ^= 1 << chance.below(8);
        return body;
    }
    let mut fields: Value = serde_json::from_slice(&body).unwrap();
    let other: Value = serde_json::from_slice(&captured[chance.below(captured.len())]).unwrap();
    let name = ["kid", "ep", "seq", "ts", "ce", "n", "ct"][chance.below(7)];
    let number = chance.below(1 << 30);
    fields[name] = match (name, chance.below(2)) {
        ("kid", _) => json!(format!("{number:024x}")),
        ("ce", _) if fields["ce"] == "gzip" => json!("identity"),
        ("ce", _) => json!("gzip"),
        ("ep" | "seq" | "ts", _) => json!(number),
        (_, 0) if other[name] != fields[name] => other[name].clone(),
        _ => {
            let mut text = fields[name].as_str().unwrap().to_owned().into_bytes();
            let at = chance.below(text.len());
            text[at] = if text[at] == b'A' { b'B' } else { b'A' };
            json!(String::from_utf8(text).unwrap())
        }
    };
    serde_json::to_vec(&fields).unwrap()
}

#[test]
fn of_a_hundred_thousand_changed_envelopes_none_opens() {
    let root = Secret::new([9; 32]);
    let (seal, open) = (
        SealKey::derive(&root, &channel(), 0),
        OpenKey::derive(&root, &channel()),
    );
    let captured: Vec<Vec<u8>> = (0..8)
        .map(|seq| {
            let plaintext = json!({"machine_id": "mac-1", "metrics": {"uptime_seconds": seq}, "pad": "x".repeat(seq * 60)}).to_string();
            let message = Outgoing {
                seq: seq as u64,
                sent_at: Timestamp::from_millis(1_790_000_000_000),
                context: CONTEXT,
                compression: Compression::Allowed,
                plaintext: plaintext.as_bytes(),
            };
            serde_json::to_vec(&seal.seal(&message).unwrap()).unwrap()
        })
        .collect();
    let opens = |body: &[u8]| {
        let envelope = EnvelopeV2::parse(body).ok()?;
        envelope.open(&open, &CONTEXT).ok()
    };
    assert!(captured.iter().all(|body| opens(body).is_some()));
    let (mut chance, mut taken) = (Chance(7), Vec::new());
    for _ in 0..MUTANTS {
        let mutant = mutate(&captured, &mut chance);
        if !captured.contains(&mutant) && opens(&mutant).is_some() {
            taken.push(String::from_utf8_lossy(&mutant).into_owned());
        }
    }
    assert_eq!(taken, Vec::<String>::new());
    for context in [
        Context {
            method: "PUT",
            ..CONTEXT
        },
        Context {
            route: "/api/fleet/reports",
            ..CONTEXT
        },
    ] {
        let envelope = EnvelopeV2::parse(&captured[0]).unwrap();
        assert!(envelope.open(&open, &context).is_err(), "{context:?}");
    }
}

#[test]
fn the_server_takes_nothing_that_a_proxy_changed_or_sent_again() {
    let server = Server::start();
    let text = token(&server, 2);
    let (_, mut agent): (_, Enrolled) = enrol(&server, &text, "mac-1").unwrap();
    let (_, mut other): (_, Enrolled) = enrol(&server, &text, "mac-2").unwrap();
    let captured: Vec<Vec<u8>> = (0..4)
        .flat_map(|_| [agent.seal_next(), other.seal_next()])
        .collect();
    let mut chance = Chance(11);
    for _ in 0..300 {
        let mutant = mutate(&captured, &mut chance);
        if !captured.contains(&mutant) {
            let shown = String::from_utf8_lossy(&mutant).into_owned();
            let status = send(&server, mutant).status().as_u16();
            assert!(status == 400 || status == 401, "{status}: {shown}");
        }
    }
    assert_eq!(server.get("/api/fleet/machines"), json!({"machines": []}));
    for body in &captured {
        assert_eq!(send(&server, body.clone()).status(), 200, "none of it is spoilt");
    }
    for body in &captured {
        let again: Value = send(&server, body.clone()).json().unwrap();
        assert_eq!(again["duplicate"], true);
    }
    server.until("both are listed", |list| {
        list["machines"].as_array().unwrap().len() == 2
    });
    let history = server.get("/api/fleet/history/mac-1");
    assert_eq!(history["history"].as_array().unwrap().len(), 4);
}
