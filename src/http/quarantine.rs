//! Messages that made an actor panic, for the operator to look at.

use actix_web::{HttpResponse, web};

use super::Edge;
use super::error::ApiError;
use super::machines::json;
use crate::wire::views::{QuarantineView, QuarantinedMessageView};

/// What is in quarantine, newest first.
///
/// # Errors
/// 503 when the quarantine does not answer.
#[utoipa::path(get, path = "/api/v2/quarantine", tag = "server",
    responses((status = 200, description = "Messages that made an actor panic, newest first", body = QuarantineView)))]
pub async fn list(edge: web::Data<Edge>) -> Result<HttpResponse, ApiError> {
    let messages = edge.fleet.quarantine().await?;
    let view = messages.into_iter().map(|message| QuarantinedMessageView {
        at: message.at.to_string(),
        actor: message.actor,
        message: message.message,
        reason: message.reason,
    });
    Ok(json(&QuarantineView {
        messages: view.collect(),
    }))
}
