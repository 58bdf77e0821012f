//! What both sides of an enrolment compute from the same words: the bytes that are signed, the proof
//! of the token, and the root. Agent and server differ only in whose private key they hold.

use x25519_dalek::{PublicKey as ExchangeKey, StaticSecret};

use super::rekey::{RekeyAnswerV2, RekeyRequestV2};
use super::token::TokenHash;
use super::{EnrolmentAnswerV2, EnrolmentRequestV2, PublicHash, PublicKey};
use crate::wire::base64::Base64Array;
use crate::wire::keyed_hash::{extract, hmac_sha256, sha256};
use crate::wire::length_prefixed::LengthPrefixed;
use crate::wire::pins::ServerId;
use crate::wire::secret::Secret;

/// The other side's exchange key is one of the few with which every private key gives zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the other side's exchange key is not usable")]
pub struct LowOrderKey;

/// Everything a request says, and to whom it says it.
pub(super) fn transcript(request: &EnrolmentRequestV2, server_id: ServerId) -> Vec<u8> {
    let keys = LengthPrefixed::new(b"atlas/enroll/v2")
        .field(request.token_id.as_bytes())
        .field(&request.ak_pub.0)
        .field(&request.ex_pub.0);
    let facts = request.machine_facts.fields();
    facts
        .iter()
        .fold(keys, |bytes, (_, fact)| bytes.field(fact.as_bytes()))
        .field(server_id.as_bytes())
        .into_bytes()
}

/// Proves that who wrote the transcript has the token.
pub(super) fn mac(token: &TokenHash, transcript: &[u8]) -> PublicHash {
    Base64Array(hmac_sha256(&token.0, &[transcript]))
}

/// Everything an answer says, and what it answers.
pub(super) fn answer_bytes(answer: &EnrolmentAnswerV2, transcript_hash: &[u8; 32]) -> Vec<u8> {
    let bytes = LengthPrefixed::new(b"atlas/enroll/answer/v2")
        .field(transcript_hash)
        .field(answer.agent_id.as_bytes())
        .field(&answer.sx_pub.0)
        .field(answer.kid.as_bytes())
        .field(&answer.ep.to_be_bytes())
        .list(
            answer
                .command_keys
                .iter()
                .map(|key| key.kid.as_bytes().as_slice()),
        )
        .list(answer.command_keys.iter().map(|key| key.public_key.0.as_slice()))
        .list(answer.tls_pins.iter().map(|pin| pin.as_bytes().as_slice()))
        .field(&answer.server_time_ms.to_be_bytes())
        .field(&answer.server_key.0);
    if answer.operator_keys.is_empty() {
        // As it was before there were any.
        return bytes.into_bytes();
    }
    let operators: Vec<_> = answer.operator_keys.iter().map(ToString::to_string).collect();
    bytes.list(operators.iter().map(String::as_bytes)).into_bytes()
}

/// Everything a request for another key says, and to whom.
pub(super) fn rekey_bytes(request: &RekeyRequestV2, server_id: ServerId) -> Vec<u8> {
    LengthPrefixed::new(b"atlas/rekey/v2")
        .field(request.agent_id.as_bytes())
        .field(request.kid.as_bytes())
        .field(&request.ex_pub.0)
        .field(&request.ts.to_be_bytes())
        .field(server_id.as_bytes())
        .into_bytes()
}

/// Everything the answer to it says, and what it answers.
pub(super) fn rekey_answer_bytes(answer: &RekeyAnswerV2, request_hash: &[u8; 32]) -> Vec<u8> {
    LengthPrefixed::new(b"atlas/rekey/answer/v2")
        .field(request_hash)
        .field(answer.kid.as_bytes())
        .field(&answer.ep.to_be_bytes())
        .field(&answer.sx_pub.0)
        .list(answer.tls_pins.iter().map(|pin| pin.as_bytes().as_slice()))
        .field(&answer.server_time_ms.to_be_bytes())
        .field(&answer.server_key.0)
        .into_bytes()
}

/// The hash by which an answer, and the root, are bound to a request.
pub(super) fn transcript_hash(transcript: &[u8]) -> [u8; 32] {
    sha256(transcript)
}

/// The public half of an exchange key.
pub(super) fn exchange_public(ours: &Secret<32>) -> PublicKey {
    let secret = StaticSecret::from(*ours.expose());
    Base64Array(ExchangeKey::from(&secret).to_bytes())
}

/// The root, from one side's private half and the other's public one, and what only they know
/// besides.
///
/// # Errors
/// When the other side's key would give a root that anyone can compute (RFC 7748, 6.1).
pub(super) fn root(
    salt: [u8; 32],
    ours: &Secret<32>,
    theirs: &PublicKey,
    beside: &[u8],
) -> Result<Secret<32>, LowOrderKey> {
    let secret = StaticSecret::from(*ours.expose());
    let shared = secret.diffie_hellman(&ExchangeKey::from(theirs.0));
    if !shared.was_contributory() {
        return Err(LowOrderKey);
    }
    Ok(extract(salt, &[shared.as_bytes(), beside]))
}
