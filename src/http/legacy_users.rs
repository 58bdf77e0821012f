//! Users on the paths of 2.0, for its scripts (contract, section 3). What they do is what the routes
//! under `/api/v2` do.

use actix_web::{HttpRequest, HttpResponse, web};
use atlas_actors::audit_log::AuditAction;
use atlas_actors::auth::password::Password;
use atlas_actors::model::UserName;

use super::Edge;
use super::access::forbidden;
use super::audit;
use super::body::JsonBody;
use super::caller::Caller;
use super::error::ApiError;
use super::machines::json;
use super::sessions::{answer_success, origin};
use super::users::make;
use crate::wire::views::{
    NewPasswordRequest, PasswordRequest, PasswordUpdateView, SuccessView, UserNameRequest, UserRequest,
};

/// Makes a user, who keeps the password they are given.
///
/// # Errors
/// As on `POST /api/v2/users`.
pub async fn create(
    edge: web::Data<Edge>,
    request: HttpRequest,
    Caller(caller): Caller,
    JsonBody(asked): JsonBody<UserRequest>,
) -> Result<HttpResponse, ApiError> {
    make(&edge, &request, &caller, asked, false)
        .await
        .map_err(as_in_2_0)?;
    Ok(success("The user was made."))
}

/// Removes a user.
///
/// # Errors
/// As on `DELETE /api/v2/users/{name}`.
pub async fn delete(
    edge: web::Data<Edge>,
    request: HttpRequest,
    Caller(caller): Caller,
    JsonBody(asked): JsonBody<UserNameRequest>,
) -> Result<HttpResponse, ApiError> {
    let unknown = |_| as_in_2_0(atlas_actors::messages::UserError::Unknown.into());
    let name = UserName::parse(&asked.username).map_err(unknown)?;
    audit::witness(&edge, &request, AuditAction::RemoveUser, name.as_str()).await?;
    let removed = edge.fleet.remove_user(name.clone()).await;
    removed.map_err(|error| as_in_2_0(error.into()))?;
    tracing::info!(user = %name, by = %caller, "user removed");
    Ok(success("The user was removed."))
}

/// Changes one's own password.
///
/// # Errors
/// As on `POST /api/v2/me/password`.
pub async fn change_password(
    edge: web::Data<Edge>,
    request: HttpRequest,
    Caller(caller): Caller,
    JsonBody(asked): JsonBody<PasswordRequest>,
) -> Result<HttpResponse, ApiError> {
    let (old, new) = (Password(asked.current_password), Password(asked.new_password));
    let session = caller.session()?;
    let changed = edge
        .fleet
        .change_password(session, old, new, origin(&request))
        .await;
    let signed_in = changed.map_err(|error| as_in_2_0(error.into()))?;
    answer_success(&signed_in, "The password was changed.")
}

/// Gives a password of their own to somebody who must choose one and has just signed in.
///
/// # Errors
/// 403 when they need not.
pub async fn force_update_password(
    edge: web::Data<Edge>,
    request: HttpRequest,
    Caller(caller): Caller,
    JsonBody(asked): JsonBody<NewPasswordRequest>,
) -> Result<HttpResponse, ApiError> {
    if !caller.must_change_password() {
        return Err(forbidden(
            "no_password_change_due",
            "No new password is due: change it with the old one, at POST /api/v2/me/password.",
        ));
    }
    let session = caller.session()?;
    let new = Password(asked.new_password);
    audit::witness(&edge, &request, AuditAction::ChangeUser, caller.user.as_str()).await?;
    let changed = edge.fleet.replace_password(session, new, origin(&request)).await;
    let signed_in = changed.map_err(|error| as_in_2_0(error.into()))?;
    answer_success(&signed_in, "The password was changed.")
}

/// Whether a new password is due.
///
/// # Errors
/// None but those of access.
pub async fn check_password_update(Caller(caller): Caller) -> Result<HttpResponse, ApiError> {
    Ok(json(&PasswordUpdateView {
        success: true,
        needs_update: caller.must_change_password(),
    }))
}

fn success(message: &str) -> HttpResponse {
    json(&SuccessView {
        success: true,
        message,
    })
}

/// 2.0's scripts read `error` as a text.
fn as_in_2_0(error: ApiError) -> ApiError {
    error.told_as_in_2_0("Request failed")
}
