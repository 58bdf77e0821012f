//! Users, for those who look after them.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use atlas_actors::audit_log::AuditAction;
use atlas_actors::auth::password::Password;
use atlas_actors::auth::password_hash::PasswordHash;
use atlas_actors::messages::{ChangeUser, CreateUser, UserError, UserSummary};
use atlas_actors::model::{Role, UserName};

use super::Edge;
use super::audit;
use super::body::JsonBody;
use super::caller::{Caller, Principal};
use super::error::ApiError;
use super::machines::json;
use crate::wire::views::{UserChangeRequest, UserEntryView, UserRequest, UsersView};

/// All users.
///
/// # Errors
/// None but those of access.
#[utoipa::path(get, path = "/api/v2/users", tag = "users",
    responses((status = 200, description = "By their names", body = UsersView)))]
pub async fn list(edge: web::Data<Edge>) -> Result<HttpResponse, ApiError> {
    let users = edge.fleet.users().await?;
    Ok(json(&UsersView {
        users: users.iter().map(view).collect(),
    }))
}

/// A user as the API shows one.
#[must_use]
pub fn view(user: &UserSummary) -> UserEntryView {
    UserEntryView {
        username: user.name.to_string(),
        role: user.role.name().to_owned(),
        created_at: user.created_at.to_string(),
        last_sign_in: user.last_sign_in.map(|at| at.to_string()),
        is_active: user.is_active,
        has_totp: user.has_totp,
        is_locked: user.is_held_back,
        must_change_password: user.must_change_password,
        hash: user.hash.name().to_owned(),
    }
}

/// Makes a user.
///
/// # Errors
/// 409 when there is one of that name, 422 when the password is refused.
#[utoipa::path(post, path = "/api/v2/users", tag = "users", request_body = UserRequest,
    responses((status = 201, description = "Made", body = UserEntryView),
        (status = 409, description = "There is one of that name", body = crate::wire::views::ErrorBody),
        (status = 422, description = "The password is refused", body = crate::wire::views::ErrorBody)))]
pub async fn create(
    edge: web::Data<Edge>,
    request: HttpRequest,
    Caller(caller): Caller,
    JsonBody(asked): JsonBody<UserRequest>,
) -> Result<HttpResponse, ApiError> {
    let name = make(&edge, &request, &caller, asked, true).await?;
    let user = edge.fleet.user(name).await?.ok_or(UserError::Unknown)?;
    Ok(HttpResponse::build(StatusCode::CREATED)
        .content_type("application/json")
        .body(crate::wire::machine_json::to_json(&view(&user))))
}

/// Makes the user that was asked for.
pub(super) async fn make(
    edge: &Edge,
    request: &HttpRequest,
    caller: &Principal,
    asked: UserRequest,
    must_change: bool,
) -> Result<UserName, ApiError> {
    let name = UserName::parse(&asked.username).map_err(|_| invalid_name())?;
    let role = role(&asked.role)?;
    let has_password = asked.password.is_some();
    let hash = match asked.password {
        Some(password) => edge.fleet.hash_password(Password(password), &name).await?,
        None if edge.oidc.is_some() => PasswordHash::none(),
        None => return Err(password_missing()),
    };
    let user = CreateUser {
        name: name.clone(),
        role,
        hash,
        must_change_password: has_password && asked.must_change_password.unwrap_or(must_change),
        only_as_first: false,
    };
    audit::witness(edge, request, AuditAction::MakeUser, name.as_str()).await?;
    edge.fleet.create_user(user).await?;
    tracing::info!(user = %name, role = role.name(), by = %caller, "user made");
    Ok(name)
}

/// Changes a user.
///
/// # Errors
/// 404 when there is none, 409 for the last administrator, 422 when the password is refused.
#[utoipa::path(patch, path = "/api/v2/users/{name}", tag = "users", request_body = UserChangeRequest,
    params(("name" = String, Path, description = "The user's name")),
    responses((status = 200, description = "The user now", body = UserEntryView),
        (status = 404, description = "There is none of that name", body = crate::wire::views::ErrorBody),
        (status = 409, description = "It is the last administrator", body = crate::wire::views::ErrorBody)))]
pub async fn change(
    edge: web::Data<Edge>,
    request: HttpRequest,
    name: web::Path<String>,
    Caller(caller): Caller,
    JsonBody(asked): JsonBody<UserChangeRequest>,
) -> Result<HttpResponse, ApiError> {
    let name = known(&name)?;
    let role = asked.role.as_deref().map(role).transpose()?;
    let has_password = asked.password.is_some();
    let hash = match asked.password {
        Some(password) => Some(edge.fleet.hash_password(Password(password), &name).await?),
        None => None,
    };
    let change = ChangeUser {
        role,
        is_active: asked.is_active,
        hash,
        must_change_password: asked.must_change_password.or(has_password.then_some(true)),
        ..ChangeUser::of(name.clone())
    };
    audit::witness(&edge, &request, AuditAction::ChangeUser, name.as_str()).await?;
    edge.fleet.change_user(change).await?;
    tracing::info!(user = %name, by = %caller, "user changed");
    let user = edge.fleet.user(name).await?.ok_or(UserError::Unknown)?;
    Ok(json(&view(&user)))
}

/// Removes a user, with sessions and API keys.
///
/// # Errors
/// 404 when there is none, 409 for the last administrator.
#[utoipa::path(delete, path = "/api/v2/users/{name}", tag = "users",
    params(("name" = String, Path, description = "The user's name")),
    responses((status = 204, description = "Removed")))]
pub async fn remove(
    edge: web::Data<Edge>,
    request: HttpRequest,
    name: web::Path<String>,
    Caller(caller): Caller,
) -> Result<HttpResponse, ApiError> {
    let name = known(&name)?;
    audit::witness(&edge, &request, AuditAction::RemoveUser, name.as_str()).await?;
    edge.fleet.remove_user(name.clone()).await?;
    tracing::info!(user = %name, by = %caller, "user removed");
    Ok(HttpResponse::NoContent().finish())
}

/// Takes a user's second factor away: their phone is lost, and so are their recovery codes.
///
/// # Errors
/// 404 when there is none of that name.
#[utoipa::path(delete, path = "/api/v2/users/{name}/totp", tag = "users",
    params(("name" = String, Path, description = "The user's name")),
    responses((status = 204, description = "No code is asked for any more")))]
pub async fn drop_totp(
    edge: web::Data<Edge>,
    request: HttpRequest,
    name: web::Path<String>,
    Caller(caller): Caller,
) -> Result<HttpResponse, ApiError> {
    let name = known(&name)?;
    let change = ChangeUser {
        drop_second_factor: true,
        ..ChangeUser::of(name.clone())
    };
    audit::witness(&edge, &request, AuditAction::ChangeUser, name.as_str()).await?;
    edge.fleet.change_user(change).await?;
    tracing::info!(user = %name, by = %caller, "second factor removed");
    Ok(HttpResponse::NoContent().finish())
}

/// A name that can't be one is as unknown as one that nobody has.
fn known(name: &str) -> Result<UserName, ApiError> {
    UserName::parse(name).map_err(|_| UserError::Unknown.into())
}

fn role(name: &str) -> Result<Role, ApiError> {
    Role::parse(name)
        .ok_or_else(|| ApiError::bad_request("unknown_role", "The role must be viewer, operator or admin."))
}

fn password_missing() -> ApiError {
    ApiError::bad_request(
        "password_missing",
        "Give a password: without an identity provider nobody could sign in without one.",
    )
}

fn invalid_name() -> ApiError {
    ApiError::bad_request(
        "invalid_user_name",
        "A user name has 1 to 64 bytes, no control characters and none of < > \" & / \\ or a backquote.",
    )
}
