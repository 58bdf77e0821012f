//! The TLS keys of a server, signed by its identity key for one asker. An agent that meets an unknown
//! key asks for these: who sits in between can pass on the server's own answer and nothing else, and
//! an old answer fits no new question.

use atlas_actors::clock::Timestamp;
use ed25519_dalek::{Signature, VerifyingKey};
use serde::{Deserialize, Serialize};

use super::base64::Base64Array;
use super::enrolment::server::ServerIdentity;
use super::length_prefixed::LengthPrefixed;
use super::pins::{ServerId, TlsPin};

/// Pins of one answer at most. Reason: the active one and its successor; no server has more than a few.
const PINS_MAX: usize = 8;

/// The question: 256 random bits.
pub type Nonce = Base64Array<32>;

/// The server's TLS keys.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PinSetV2 {
    tls_pins: Vec<TlsPin>,
    server_time_ms: i64,
    server_key: Base64Array<32>,
    sig: Base64Array<64>,
}

/// The pins can't be believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PinSetError {
    /// Not what it should be.
    #[error("the answer is no list of keys")]
    Malformed,
    /// Somebody else's.
    #[error("the list of keys is not signed by this agent's server")]
    NotTheServer,
}

fn signed_bytes(pins: &PinSetV2, nonce: &Nonce) -> Vec<u8> {
    let bytes = LengthPrefixed::new(b"atlas/pins/2")
        .field(&nonce.0)
        .field(&pins.server_key.0)
        .field(&pins.server_time_ms.to_be_bytes())
        .field(&(pins.tls_pins.len() as u64).to_be_bytes());
    let bytes = pins
        .tls_pins
        .iter()
        .fold(bytes, |bytes, pin| bytes.field(pin.as_bytes()));
    bytes.into_bytes()
}

impl PinSetV2 {
    /// The server's answer to that question.
    #[must_use]
    pub fn sign(identity: &ServerIdentity, tls_pins: Vec<TlsPin>, nonce: &Nonce, now: Timestamp) -> Self {
        let mut pins = Self {
            tls_pins,
            server_time_ms: now.as_millis(),
            server_key: Base64Array(identity.public_key()),
            sig: Base64Array([0; 64]),
        };
        pins.sig = Base64Array(identity.sign_bytes(&signed_bytes(&pins, nonce)));
        pins
    }

    /// Reads an answer to that question of that server.
    ///
    /// # Errors
    /// See [`PinSetError`].
    pub fn verify(json: &[u8], server: ServerId, nonce: &Nonce) -> Result<Vec<TlsPin>, PinSetError> {
        let pins: Self = serde_json::from_slice(json).map_err(|_| PinSetError::Malformed)?;
        if pins.tls_pins.is_empty() || pins.tls_pins.len() > PINS_MAX {
            return Err(PinSetError::Malformed);
        }
        if ServerId::of(&pins.server_key.0) != server {
            return Err(PinSetError::NotTheServer);
        }
        VerifyingKey::from_bytes(&pins.server_key.0)
            .and_then(|key| {
                key.verify_strict(&signed_bytes(&pins, nonce), &Signature::from_bytes(&pins.sig.0))
            })
            .map_err(|_| PinSetError::NotTheServer)?;
        Ok(pins.tls_pins)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::secret::Secret;

    fn pin(byte: u8) -> TlsPin {
        TlsPin::of(&[byte])
    }

    fn answer(nonce: &Nonce) -> (ServerIdentity, PinSetV2) {
        let identity = ServerIdentity::new(&Secret::new([7; 32]));
        let pins = PinSetV2::sign(&identity, vec![pin(1), pin(2)], nonce, Timestamp::from_secs(1));
        (identity, pins)
    }

    fn json(pins: &PinSetV2) -> Vec<u8> {
        serde_json::to_vec(pins).unwrap()
    }

    #[test]
    fn an_answer_holds_for_its_question_and_its_server() {
        let nonce = Base64Array([3; 32]);
        let (identity, pins) = answer(&nonce);
        assert_eq!(
            PinSetV2::verify(&json(&pins), identity.id(), &nonce),
            Ok(vec![pin(1), pin(2)])
        );
        let other = ServerIdentity::new(&Secret::new([8; 32]));
        let refused = Err(PinSetError::NotTheServer);
        assert_eq!(PinSetV2::verify(&json(&pins), other.id(), &nonce), refused);
        assert_eq!(
            PinSetV2::verify(&json(&pins), identity.id(), &Base64Array([4; 32])),
            refused
        );
    }

    #[test]
    fn an_answer_that_was_changed_is_refused() {
        let nonce = Base64Array([3; 32]);
        let (identity, pins) = answer(&nonce);
        let changed = [
            PinSetV2 {
                tls_pins: vec![pin(1), pin(9)],
                ..pins.clone()
            },
            PinSetV2 {
                tls_pins: vec![pin(1)],
                ..pins.clone()
            },
            PinSetV2 {
                server_time_ms: 2,
                ..pins.clone()
            },
            PinSetV2 {
                sig: Base64Array([0; 64]),
                ..pins.clone()
            },
            PinSetV2 {
                tls_pins: Vec::new(),
                ..pins.clone()
            },
            PinSetV2 {
                tls_pins: vec![pin(1); 9],
                ..pins
            },
        ];
        for pins in changed {
            assert!(
                PinSetV2::verify(&json(&pins), identity.id(), &nonce).is_err(),
                "{pins:?}"
            );
        }
        assert_eq!(
            PinSetV2::verify(b"{}", identity.id(), &nonce),
            Err(PinSetError::Malformed)
        );
    }
}
