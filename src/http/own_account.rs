//! One's own account: password, sessions, second factor.

use actix_web::{HttpRequest, HttpResponse, web};
use atlas_actors::audit_log::AuditAction;
use atlas_actors::auth::Session;
use atlas_actors::auth::password::Password;
use atlas_actors::messages::{ChangeUser, UserError};
use qrcode::QrCode;
use qrcode::render::svg;

use super::Edge;
use super::audit;
use super::body::JsonBody;
use super::caller::Caller;
use super::error::ApiError;
use super::machines::json;
use super::sessions::{answer, origin};
use crate::wire::views::{
    CodeRequest, PasswordRequest, ReauthenticateRequest, ReauthenticatedView, RecoveryCodesView, SessionView,
    SessionsView, SuccessView, TotpView, UserView,
};

/// Takes the password again, before something dangerous; counts for five minutes.
///
/// # Errors
/// 401 when password or code are wrong or the code is missing, 429 after too many of these.
#[utoipa::path(post, path = "/api/v2/me/reauthenticate", tag = "account", request_body = ReauthenticateRequest,
    responses((status = 200, description = "It counts until then", body = ReauthenticatedView),
        (status = 401, description = "Password or code are wrong", body = crate::wire::views::ErrorBody)))]
pub async fn reauthenticate(
    edge: web::Data<Edge>,
    Caller(caller): Caller,
    JsonBody(asked): JsonBody<ReauthenticateRequest>,
) -> Result<HttpResponse, ApiError> {
    let code = asked.code.filter(|code| !code.is_empty()).map(Password);
    let session = caller.session()?;
    let until = edge
        .fleet
        .reauthenticate(session, Password(asked.password), code)
        .await?;
    Ok(json(&ReauthenticatedView {
        reauthenticated_until: until.to_string(),
    }))
}

/// Changes one's own password. All one's sessions end; the answer brings a new one.
///
/// # Errors
/// 401 when the old one is wrong, 422 when the new one is refused.
#[utoipa::path(post, path = "/api/v2/me/password", tag = "account", request_body = PasswordRequest,
    responses((status = 200, description = "Changed; the new session is in the cookie", body = UserView),
        (status = 422, description = "The new password is refused", body = crate::wire::views::ErrorBody)))]
pub async fn change_password(
    edge: web::Data<Edge>,
    request: HttpRequest,
    Caller(caller): Caller,
    JsonBody(asked): JsonBody<PasswordRequest>,
) -> Result<HttpResponse, ApiError> {
    let (old, new) = (Password(asked.current_password), Password(asked.new_password));
    let session = caller.session()?;
    audit::witness(&edge, &request, AuditAction::ChangeUser, caller.user.as_str()).await?;
    let signed_in = edge
        .fleet
        .change_password(session, old, new, origin(&request))
        .await?;
    tracing::info!(user = %caller, "password changed");
    answer(&signed_in)
}

/// One's own sessions.
///
/// # Errors
/// None but those of access.
#[utoipa::path(get, path = "/api/v2/me/sessions", tag = "account",
    responses((status = 200, description = "The newest first", body = SessionsView)))]
pub async fn sessions(edge: web::Data<Edge>, Caller(caller): Caller) -> Result<HttpResponse, ApiError> {
    let this = caller.session()?.id();
    let theirs = edge
        .fleet
        .credentials()
        .sessions_of(&caller.user, edge.fleet.now());
    Ok(json(&SessionsView {
        sessions: theirs.iter().map(|session| view(session, &this)).collect(),
    }))
}

fn view(session: &Session, this: &str) -> SessionView {
    let id = session.id();
    SessionView {
        is_this: id == this,
        id,
        created_at: session.created_at.to_string(),
        last_seen: session.seen.last().unwrap_or(session.created_at).to_string(),
        expires_at: session.expires_at.to_string(),
        address: session.address.to_string(),
        user_agent: session.user_agent.clone(),
    }
}

/// Ends one of one's own sessions.
///
/// # Errors
/// 404 when one has none of that id; somebody else's is as unknown.
#[utoipa::path(delete, path = "/api/v2/me/sessions/{id}", tag = "account",
    params(("id" = String, Path, description = "The session's id")),
    responses((status = 204, description = "Ended")))]
pub async fn end_session(
    edge: web::Data<Edge>,
    request: HttpRequest,
    id: web::Path<String>,
    Caller(caller): Caller,
) -> Result<HttpResponse, ApiError> {
    audit::witness(&edge, &request, AuditAction::SignOut, &id).await?;
    edge.fleet
        .end_session(caller.user.clone(), id.into_inner())
        .await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Draws a secret for an authenticator app. It counts when a code has confirmed it.
///
/// # Errors
/// 409 when there is a second factor already.
#[utoipa::path(post, path = "/api/v2/me/totp", tag = "account",
    responses((status = 200, description = "The secret, shown this once", body = TotpView)))]
pub async fn start_totp(edge: web::Data<Edge>, Caller(caller): Caller) -> Result<HttpResponse, ApiError> {
    let secret = edge.fleet.start_totp(caller.user.clone()).await?;
    let uri = secret.uri(&caller.user);
    let code = QrCode::new(uri.as_bytes())
        .map(|code| code.render::<svg::Color<'_>>().min_dimensions(200, 200).build());
    Ok(json(&TotpView {
        secret: secret.text(),
        // A text of this length always fits into a QR code.
        qr_svg: code.unwrap_or_default(),
        otpauth_uri: uri,
    }))
}

/// Takes the secret into use.
///
/// # Errors
/// 422 when the code is wrong, 409 when no secret was drawn.
#[utoipa::path(post, path = "/api/v2/me/totp/confirm", tag = "account", request_body = CodeRequest,
    responses((status = 200, description = "From now on a code is asked for", body = RecoveryCodesView),
        (status = 422, description = "The code is wrong", body = crate::wire::views::ErrorBody)))]
pub async fn confirm_totp(
    edge: web::Data<Edge>,
    request: HttpRequest,
    Caller(caller): Caller,
    JsonBody(asked): JsonBody<CodeRequest>,
) -> Result<HttpResponse, ApiError> {
    audit::witness(&edge, &request, AuditAction::ChangeUser, caller.user.as_str()).await?;
    let codes = edge
        .fleet
        .confirm_totp(caller.user.clone(), Password(asked.code))
        .await?;
    tracing::info!(user = %caller, "second factor set up");
    Ok(json(&RecoveryCodesView {
        recovery_codes: codes,
    }))
}

/// Takes one's own second factor away.
///
/// # Errors
/// None but those of access.
#[utoipa::path(delete, path = "/api/v2/me/totp", tag = "account",
    responses((status = 204, description = "No code is asked for any more")))]
pub async fn drop_totp(
    edge: web::Data<Edge>,
    request: HttpRequest,
    Caller(caller): Caller,
) -> Result<HttpResponse, ApiError> {
    audit::witness(&edge, &request, AuditAction::ChangeUser, caller.user.as_str()).await?;
    edge.fleet
        .change_user(ChangeUser {
            drop_second_factor: true,
            ..ChangeUser::of(caller.user.clone())
        })
        .await?;
    tracing::info!(user = %caller, "second factor removed");
    Ok(HttpResponse::NoContent().finish())
}

/// The session goes on: what 2.0's clients call before it ends.
///
/// # Errors
/// None but those of access.
#[utoipa::path(post, path = "/api/auth/refresh", tag = "session",
    responses((status = 200, description = "It goes on", body = SuccessView)))]
pub async fn refresh(edge: web::Data<Edge>, Caller(caller): Caller) -> Result<HttpResponse, ApiError> {
    let user = edge.fleet.user(caller.user.clone()).await?;
    // Whoever was removed in this very moment.
    let _still_there = user.ok_or(UserError::Unknown)?;
    Ok(json(&SuccessView {
        success: true,
        message: "The session goes on.",
    }))
}
