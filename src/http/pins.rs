//! Tells agents the keys that this server's TLS shows, signed by its identity key.

use actix_web::{HttpResponse, web};

use super::Edge;
use super::body::JsonBody;
use super::error::ApiError;
use super::machines::json;
use crate::wire::pin_set::Nonce;

/// What an agent asks.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PinsRequest {
    nonce: Nonce,
}

/// The keys, signed together with what was asked.
///
/// # Errors
/// 400 when the question is none.
#[utoipa::path(post, path = "/api/v2/pins", tag = "agents",
    request_body(content = Object, description = "nonce: 32 random bytes, base64"),
    responses((status = 200, description = "The server's TLS keys, signed by its identity key; docs/protocol.md gives the fields", body = Object)))]
pub async fn tell(
    edge: web::Data<Edge>,
    JsonBody(asked): JsonBody<PinsRequest>,
) -> Result<HttpResponse, ApiError> {
    Ok(json(&edge.desk.pins(&asked.nonce, edge.fleet.now())))
}
