//! The server's own state, for load balancers and scripts; no sign-in, and nothing given away.

use std::sync::atomic::Ordering;

use actix_web::{HttpResponse, web};
use serde_json::json;

use super::Edge;
use super::error::ApiError;
use super::machines;
use crate::wire::views::HealthView;

/// Whether the server works, and for how many machines.
///
/// # Errors
/// None.
#[utoipa::path(get, path = "/api/fleet/health", tag = "server",
    responses((status = 200, description = "It works", body = HealthView)))]
pub async fn fleet(edge: web::Data<Edge>) -> Result<HttpResponse, ApiError> {
    let totals = edge.fleet.view().totals();
    Ok(machines::json(&HealthView {
        status: "ok",
        agents: totals.machines,
        online: totals.online,
        legacy_agents: totals.legacy,
        version: env!("CARGO_PKG_VERSION"),
        complete: edge.is_complete.load(Ordering::Relaxed),
        timestamp: edge.fleet.now().to_string(),
    }))
}

/// The short form of 2.0.
///
/// # Errors
/// None.
pub async fn short(edge: web::Data<Edge>) -> Result<HttpResponse, ApiError> {
    Ok(machines::json(
        &json!({"status": "healthy", "timestamp": edge.fleet.now().to_string()}),
    ))
}
