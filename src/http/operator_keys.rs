//! Operators' public keys: one's own, and everybody's. The private halves stay with the operators.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use atlas_actors::audit_log::AuditAction;
use atlas_actors::auth::OperatorKey;
use atlas_actors::limits::KEY_NAME_CHARS_MAX;
use atlas_actors::messages::{OperatorKeyError, RegisterOperatorKey, RemoveOperatorKey};
use atlas_actors::model::{Scope, UserName};

use super::Edge;
use super::audit;
use super::body::JsonBody;
use super::caller::Caller;
use super::error::ApiError;
use super::machines::json;
use crate::wire::machine_json::to_json;
use crate::wire::operator_key::OperatorPublicKey;
use crate::wire::views::{OperatorKeyRequest, OperatorKeyView, OperatorKeysView};

/// Everybody's keys: who signs commands, and to whom agents seal.
///
/// # Errors
/// None but those of access.
#[utoipa::path(get, path = "/api/v2/operator-keys", tag = "keys",
    responses((status = 200, description = "The oldest first", body = OperatorKeysView)))]
pub async fn list(edge: web::Data<Edge>) -> Result<HttpResponse, ApiError> {
    Ok(json(&listed(&edge, |_| true)))
}

/// One's own keys.
///
/// # Errors
/// None but those of access.
#[utoipa::path(get, path = "/api/v2/me/operator-keys", tag = "account",
    responses((status = 200, description = "The oldest first", body = OperatorKeysView)))]
pub async fn list_own(edge: web::Data<Edge>, Caller(caller): Caller) -> Result<HttpResponse, ApiError> {
    Ok(json(&listed(&edge, |key| key.owner == caller.user)))
}

fn listed(edge: &Edge, is_asked_for: impl Fn(&OperatorKey) -> bool) -> OperatorKeysView {
    let credentials = edge.fleet.credentials();
    let keys = credentials.operator_keys().iter();
    OperatorKeysView {
        keys: keys.filter(|key| is_asked_for(key)).map(view).collect(),
    }
}

fn view(key: &OperatorKey) -> OperatorKeyView {
    OperatorKeyView {
        id: key.id.clone(),
        name: key.name.clone(),
        owner: key.owner.to_string(),
        public_key: key.public.clone(),
        signs_commands: key.scopes.contains(Scope::CommandsRunDangerous),
        created_at: key.created_at.to_string(),
    }
}

/// Registers a key of one's own.
///
/// # Errors
/// 400 when name or key are not usable, 409 when the key is registered already.
#[utoipa::path(post, path = "/api/v2/me/operator-keys", tag = "account", request_body = OperatorKeyRequest,
    responses((status = 201, description = "The key", body = OperatorKeyView),
        (status = 409, description = "It is registered already", body = crate::wire::views::ErrorBody)))]
pub async fn register(
    edge: web::Data<Edge>,
    request: HttpRequest,
    Caller(caller): Caller,
    JsonBody(asked): JsonBody<OperatorKeyRequest>,
) -> Result<HttpResponse, ApiError> {
    let name = asked.name.trim().to_owned();
    let is_name =
        !name.is_empty() && name.chars().count() <= KEY_NAME_CHARS_MAX && !name.chars().any(char::is_control);
    if !is_name {
        return Err(ApiError::bad_request(
            "invalid_key_name",
            format!("name must have 1 to {KEY_NAME_CHARS_MAX} characters."),
        ));
    }
    let public: OperatorPublicKey = asked.public_key.parse().map_err(|_| {
        ApiError::bad_request(
            "invalid_operator_key",
            "public_key must be all of what `atlas operator key show` prints: aop1_…",
        )
    })?;
    let id = public.id().to_string();
    audit::witness(&edge, &request, AuditAction::RegisterOperatorKey, &id).await?;
    edge.fleet
        .register_operator_key(RegisterOperatorKey {
            id: id.clone(),
            name,
            public: public.to_string(),
            owner: caller.user.clone(),
        })
        .await?;
    tracing::info!(key = %id, by = %caller, "operator key registered");
    let registered = listed(&edge, |key| key.id == id).keys.pop();
    let registered = registered.ok_or(OperatorKeyError::Unknown)?;
    Ok(HttpResponse::build(StatusCode::CREATED)
        .content_type("application/json")
        .body(to_json(&registered)))
}

/// Takes a key of one's own away.
///
/// # Errors
/// 404 when one has none of that id; somebody else's is as unknown.
#[utoipa::path(delete, path = "/api/v2/me/operator-keys/{id}", tag = "account",
    params(("id" = String, Path, description = "The key's id")),
    responses((status = 204, description = "It counts no more")))]
pub async fn remove_own(
    edge: web::Data<Edge>,
    request: HttpRequest,
    id: web::Path<String>,
    Caller(caller): Caller,
) -> Result<HttpResponse, ApiError> {
    let owner = Some(caller.user.clone());
    take_away(&edge, &request, id.into_inner(), owner).await
}

/// Takes anybody's key away: it is lost, or its owner has gone.
///
/// # Errors
/// 404 when there is none of that id.
#[utoipa::path(delete, path = "/api/v2/operator-keys/{id}", tag = "keys",
    params(("id" = String, Path, description = "The key's id")),
    responses((status = 204, description = "It counts no more")))]
pub async fn remove(
    edge: web::Data<Edge>,
    request: HttpRequest,
    id: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    take_away(&edge, &request, id.into_inner(), None).await
}

async fn take_away(
    edge: &Edge,
    request: &HttpRequest,
    id: String,
    owner: Option<UserName>,
) -> Result<HttpResponse, ApiError> {
    audit::witness(edge, request, AuditAction::RemoveOperatorKey, &id).await?;
    edge.fleet
        .remove_operator_key(RemoveOperatorKey {
            id: id.clone(),
            owner,
        })
        .await?;
    tracing::info!(key = %id, "operator key taken away");
    Ok(HttpResponse::NoContent().finish())
}
