//! API keys: programs' own credentials.

use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use atlas_actors::audit_log::AuditAction;
use atlas_actors::auth::ApiKey;
use atlas_actors::limits::KEY_NAME_CHARS_MAX;
use atlas_actors::messages::IssueKey;
use atlas_actors::model::{Scope, Scopes};

use super::Edge;
use super::audit;
use super::body::JsonBody;
use super::caller::Caller;
use super::error::ApiError;
use super::limits::{KEY_DAYS_DEFAULT, KEY_DAYS_MAX};
use super::machines::json;
use crate::wire::machine_json::to_json;
use crate::wire::views::{ApiKeyRequest, ApiKeyView, ApiKeysView, NewApiKeyView};

const DAY: Duration = Duration::from_secs(86_400);

/// All API keys.
///
/// # Errors
/// None but those of access.
#[utoipa::path(get, path = "/api/v2/keys", tag = "keys",
    responses((status = 200, description = "The newest first", body = ApiKeysView)))]
pub async fn list(edge: web::Data<Edge>) -> Result<HttpResponse, ApiError> {
    let keys = edge.fleet.credentials().keys();
    Ok(json(&ApiKeysView {
        keys: keys.iter().map(|key| view(key)).collect(),
    }))
}

fn view(key: &ApiKey) -> ApiKeyView {
    ApiKeyView {
        id: key.id.clone(),
        name: key.name.clone(),
        scopes: key.scopes.iter().map(|scope| scope.name().to_owned()).collect(),
        created_by: key.created_by.to_string(),
        created_at: key.created_at.to_string(),
        expires_at: key.expires_at.to_string(),
        last_used: key.used.last().map(|at| at.to_string()),
    }
}

/// Makes an API key.
///
/// # Errors
/// 400 when name, scopes or days are not usable, 403 when it would do more than the caller.
#[utoipa::path(post, path = "/api/v2/keys", tag = "keys", request_body = ApiKeyRequest,
    responses((status = 201, description = "The key, shown this once", body = NewApiKeyView),
        (status = 403, description = "It would do more than the caller", body = crate::wire::views::ErrorBody)))]
pub async fn issue(
    edge: web::Data<Edge>,
    request: HttpRequest,
    Caller(caller): Caller,
    JsonBody(asked): JsonBody<ApiKeyRequest>,
) -> Result<HttpResponse, ApiError> {
    let days = asked.days.unwrap_or(KEY_DAYS_DEFAULT);
    let name = asked.name.trim().to_owned();
    let is_name =
        !name.is_empty() && name.chars().count() <= KEY_NAME_CHARS_MAX && !name.chars().any(char::is_control);
    if !is_name || days == 0 || days > KEY_DAYS_MAX {
        return Err(ApiError::bad_request(
            "invalid_key_request",
            format!("name must have 1 to {KEY_NAME_CHARS_MAX} characters, days must be 1 to {KEY_DAYS_MAX}."),
        ));
    }
    let scopes = scopes(&asked.scopes)?;
    audit::witness(&edge, &request, AuditAction::MakeKey, &name).await?;
    let issued = edge
        .fleet
        .issue_key(IssueKey {
            name,
            scopes,
            by: caller.user.clone(),
            within: caller.scopes,
            ttl: DAY * days,
        })
        .await?;
    tracing::info!(key = %issued.id, by = %caller, "API key made");
    let view = NewApiKeyView {
        id: issued.id,
        key: issued.text.0,
        expires_at: issued.expires_at.to_string(),
    };
    Ok(HttpResponse::build(StatusCode::CREATED)
        .content_type("application/json")
        .body(to_json(&view)))
}

fn scopes(names: &[String]) -> Result<Scopes, ApiError> {
    let scopes: Option<Scopes> = names.iter().map(|name| Scope::parse(name)).collect();
    scopes.filter(|scopes| !scopes.is_empty()).ok_or_else(|| {
        ApiError::bad_request(
            "unknown_scope",
            "Name one scope at least: GET /api/auth/scopes lists them.",
        )
    })
}

/// Revokes an API key: the next request with it is refused.
///
/// # Errors
/// 404 when there is none of that id.
#[utoipa::path(delete, path = "/api/v2/keys/{id}", tag = "keys",
    params(("id" = String, Path, description = "The key's id")),
    responses((status = 204, description = "Revoked")))]
pub async fn revoke(
    edge: web::Data<Edge>,
    request: HttpRequest,
    id: web::Path<String>,
    Caller(caller): Caller,
) -> Result<HttpResponse, ApiError> {
    audit::witness(&edge, &request, AuditAction::RevokeKey, &id).await?;
    edge.fleet.revoke_key(id.clone()).await?;
    tracing::info!(key = %id, by = %caller, "API key revoked");
    Ok(HttpResponse::NoContent().finish())
}
