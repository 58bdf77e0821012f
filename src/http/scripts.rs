//! The library of scripts: kept in versions that never change.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use atlas_actors::audit_log::AuditAction;
use atlas_actors::messages::{KeepScript, ReadScript};
use serde::Deserialize;

use super::body::JsonBody;
use super::caller::Caller;
use super::error::ApiError;
use super::machines::json;
use super::{Edge, audit};
use crate::wire::command_json;
use crate::wire::machine_json::to_json;
use crate::wire::views::{ScriptRequest, ScriptView, ScriptsView};

/// All versions of all scripts, without their texts.
///
/// # Errors
/// None but those of access.
#[utoipa::path(get, path = "/api/v2/scripts", tag = "commands",
    responses((status = 200, description = "By name, each script's newest version first", body = ScriptsView)))]
pub async fn list(edge: web::Data<Edge>) -> Result<HttpResponse, ApiError> {
    let versions = edge.fleet.scripts().await?;
    Ok(json(&ScriptsView {
        scripts: versions
            .iter()
            .map(|one| command_json::script(one, None))
            .collect(),
    }))
}

/// Which version.
#[derive(Deserialize)]
pub struct VersionQuery {
    version: Option<u32>,
}

/// A script with its text.
///
/// # Errors
/// 404 when there is none.
#[utoipa::path(get, path = "/api/v2/scripts/{id}", tag = "commands",
    params(("id" = String, Path, description = "The script"),
        ("version" = Option<u32>, Query, description = "Which version; the newest unless said")),
    responses((status = 200, description = "The script", body = ScriptView)))]
pub async fn show(
    edge: web::Data<Edge>,
    id: web::Path<String>,
    query: web::Query<VersionQuery>,
) -> Result<HttpResponse, ApiError> {
    let asked = ReadScript {
        id: id.into_inner(),
        version: query.version,
    };
    let (version, content) = edge.fleet.read_script(asked).await?;
    let text = String::from_utf8_lossy(&content).into_owned();
    Ok(json(&command_json::script(&version, Some(text))))
}

/// Keeps a version of a script; what is there already makes no new one.
///
/// # Errors
/// 400 when it can't be one, 409 when the library is full.
#[utoipa::path(post, path = "/api/v2/scripts", tag = "commands", request_body = ScriptRequest,
    responses((status = 201, description = "The version", body = ScriptView)))]
pub async fn keep(
    edge: web::Data<Edge>,
    request: HttpRequest,
    Caller(caller): Caller,
    JsonBody(asked): JsonBody<ScriptRequest>,
) -> Result<HttpResponse, ApiError> {
    audit::witness(&edge, &request, AuditAction::KeepScript, &asked.script_id).await?;
    let kept = edge.fleet.keep_script(KeepScript {
        id: asked.script_id,
        description: asked.description,
        content: asked.content.into_bytes().into(),
        by: caller.user.clone(),
    });
    let version = kept.await?;
    tracing::info!(script = %version.id, version = version.version, by = %caller, "script kept");
    Ok(HttpResponse::build(StatusCode::CREATED)
        .content_type("application/json")
        .body(to_json(&command_json::script(&version, None))))
}
