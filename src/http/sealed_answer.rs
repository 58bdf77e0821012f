//! Sealed answers to enrolled agents. An answer bears its request's number and route, so that an old
//! one fits no new question.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::Edge;
use super::error::ApiError;
use super::sealed::{Sealed, decrypt_failed};
use crate::wire::envelope_v2::{Compression, Context, Outgoing};
use crate::wire::machine_json::to_json;
use crate::wire::shape;

/// Reads what an agent says.
///
/// # Errors
/// 400 when it is not what the route takes.
pub fn read<T: DeserializeOwned>(sealed: &Sealed) -> Result<T, ApiError> {
    let plaintext = &sealed.content.plaintext;
    let is_plain = shape::check(plaintext).is_ok();
    let read = is_plain.then(|| serde_json::from_slice(plaintext).ok()).flatten();
    read.ok_or_else(|| {
        ApiError::bad_request(
            "malformed_request",
            "The sealed request is not what this route takes: docs/protocol.md shows its fields.",
        )
    })
}

/// Answers it. What is told may be others' text beside secrets, so it is not compressed.
///
/// # Errors
/// 500 when it can't be sealed.
pub fn answer(
    edge: &Edge,
    sealed: &Sealed,
    route: &str,
    view: &impl Serialize,
) -> Result<HttpResponse, ApiError> {
    let key = edge
        .desk
        .seal_key(&sealed.agent, &sealed.key)
        .ok_or_else(decrypt_failed)?;
    let envelope = key.seal(&Outgoing {
        seq: sealed.content.seq,
        sent_at: edge.fleet.now(),
        context: Context {
            method: "POST",
            route,
        },
        compression: Compression::Never,
        plaintext: &to_json(view),
    });
    let envelope = envelope.map_err(|error| {
        tracing::error!(%error, "an answer to an agent can't be sealed");
        ApiError::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "not_sealed",
            "The server could not seal its answer: its log says why.",
        )
    })?;
    Ok(HttpResponse::Ok()
        .content_type("application/json")
        .body(to_json(&envelope)))
}
