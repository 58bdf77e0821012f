//! Signing in and out, and who is signed in.

use actix_web::cookie::time::Duration as CookieAge;
use actix_web::cookie::{Cookie, SameSite};
use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};
use atlas_actors::audit_log::{AuditAction, Witness};
use atlas_actors::auth::password::Password;
use atlas_actors::messages::{SignIn, SignInError, SignedIn};
use atlas_actors::model::UserName;

use super::Edge;
use super::access::{COOKIE, Caller, LEGACY_COOKIE, session_token};
use super::audit;
use super::body::{JsonBody, LimitedBody};
use super::error::ApiError;
use super::machines::json;
use super::site::client_address;
use crate::wire::views::{SignInRequest, SuccessView, UserView};

/// Signs somebody in, with JSON.
///
/// # Errors
/// 401 when name or password are wrong, 429 after too many of these.
#[utoipa::path(post, path = "/api/auth/login", tag = "session", request_body = SignInRequest,
    responses((status = 200, description = "Signed in; the session is in the cookie", body = UserView),
        (status = 401, description = "Name or password are wrong", body = crate::wire::views::ErrorBody),
        (status = 429, description = "Too many wrong passwords", body = crate::wire::views::ErrorBody)))]
pub async fn sign_in(
    edge: web::Data<Edge>,
    request: HttpRequest,
    JsonBody(asked): JsonBody<SignInRequest>,
) -> Result<HttpResponse, ApiError> {
    let signed_in = check(&edge, &request, &asked.username, asked.password).await?;
    let view = UserView {
        username: signed_in.user.as_str(),
        role: signed_in.role.name(),
    };
    let mut response = json(&view);
    set_cookie(&mut response, session_cookie(COOKIE, &signed_in))?;
    Ok(response)
}

/// Signs somebody in with a form, as scripts for 2.0 do; answers by sending them to the dashboard.
///
/// # Errors
/// As for [`sign_in`].
pub async fn sign_in_by_form(
    edge: web::Data<Edge>,
    request: HttpRequest,
    LimitedBody(body): LimitedBody,
) -> Result<HttpResponse, ApiError> {
    let form = web::Query::<SignInRequest>::from_query(std::str::from_utf8(&body).unwrap_or_default());
    let asked = form.map_err(|_| {
        ApiError::bad_request("malformed_form", "Send the form fields username and password.")
    })?;
    let SignInRequest { username, password } = asked.into_inner();
    let signed_in = check(&edge, &request, &username, password).await?;
    let mut response = HttpResponse::SeeOther()
        .insert_header((header::LOCATION, "/"))
        .finish();
    set_cookie(&mut response, session_cookie(LEGACY_COOKIE, &signed_in))?;
    Ok(response)
}

async fn check(
    edge: &Edge,
    request: &HttpRequest,
    username: &str,
    password: String,
) -> Result<SignedIn, ApiError> {
    // A name that can't be one is as wrong as one that is not known.
    let user = UserName::parse(username).map_err(|_| SignInError::Refused)?;
    let from = client_address(request);
    let signed_in = edge
        .fleet
        .sign_in(SignIn {
            user,
            password: Password(password),
            from,
        })
        .await;
    match &signed_in {
        Ok(signed_in) => tracing::info!(user = %signed_in.user, %from, "signed in"),
        Err(error) => tracing::warn!(%from, %error, "sign-in refused"),
    }
    let result = match &signed_in {
        Ok(_) => Witness::OK,
        Err(SignInError::Refused) => Witness::REFUSED,
        Err(SignInError::Locked { .. }) => Witness::LOCKED,
        Err(_) => return Ok(signed_in?),
    };
    let action = AuditAction::SignIn;
    let written = audit::witness_as(edge, request, username.to_owned(), action, "", result).await;
    if let (Err(_), Ok(signed_in)) = (&written, &signed_in) {
        // No record, no session.
        edge.fleet.sign_out(&signed_in.token).await?;
    }
    written?;
    Ok(signed_in?)
}

fn session_cookie(name: &'static str, signed_in: &SignedIn) -> Cookie<'static> {
    let age = CookieAge::try_from(signed_in.length).unwrap_or(CookieAge::HOUR);
    Cookie::build(name, signed_in.token.clone())
        .path("/")
        .secure(true)
        .http_only(true)
        .same_site(SameSite::Strict)
        .max_age(age)
        .finish()
}

fn set_cookie(response: &mut HttpResponse, cookie: Cookie<'_>) -> Result<(), ApiError> {
    response
        .add_cookie(&cookie)
        .map_err(|_| ApiError::from(atlas_actors::fleet::Busy))
}

/// Ends the session.
///
/// # Errors
/// 507 when the disk is full; the session has ended all the same until the next start.
#[utoipa::path(post, path = "/api/auth/logout", tag = "session",
    responses((status = 200, description = "Signed out", body = SuccessView)))]
pub async fn sign_out(edge: web::Data<Edge>, request: HttpRequest) -> Result<HttpResponse, ApiError> {
    if let Some(token) = session_token(&request) {
        let session = edge.fleet.credentials().session(&token, edge.fleet.now());
        if let Some(session) = session {
            let who = session.user.to_string();
            audit::witness_as(&edge, &request, who, AuditAction::SignOut, "", Witness::OK).await?;
        }
        edge.fleet.sign_out(&token).await?;
    }
    let mut response = json(&SuccessView {
        success: true,
        message: "Signed out.",
    });
    for name in [COOKIE, LEGACY_COOKIE] {
        let mut cookie = Cookie::build(name, "")
            .path("/")
            .secure(true)
            .http_only(true)
            .finish();
        cookie.make_removal();
        set_cookie(&mut response, cookie)?;
    }
    Ok(response)
}

/// Who is signed in.
///
/// # Errors
/// None but those of access.
#[utoipa::path(get, path = "/api/auth/me", tag = "session",
    responses((status = 200, description = "Who is signed in", body = UserView)))]
pub async fn me(Caller(session): Caller) -> Result<HttpResponse, ApiError> {
    Ok(json(&UserView {
        username: session.user.as_str(),
        role: session.role.name(),
    }))
}
