//! Signing in and out, and who is signed in.

use std::sync::Arc;
use std::time::Duration;

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};
use atlas_actors::audit_log::{AuditAction, Witness};
use atlas_actors::auth::Session;
use atlas_actors::auth::password::Password;
use atlas_actors::messages::{Origin, SignIn, SignInError, SignedIn};
use atlas_actors::model::UserName;

use super::Edge;
use super::audit;
use super::body::{JsonBody, LimitedBody};
use super::caller::{Caller, Means};
use super::cookies;
use super::error::ApiError;
use super::machines::json;
use super::site::client_address;
use crate::wire::views::{
    MeView, ScopeView, ScopesView, SignInRequest, SignInWayView, SuccessView, UserView,
};

/// Signs somebody in, with JSON.
///
/// # Errors
/// 401 when name, password or code are wrong or the code is missing, 429 after too many of these.
#[utoipa::path(post, path = "/api/auth/login", tag = "session", request_body = SignInRequest,
    responses((status = 200, description = "Signed in; the session is in the cookie", body = UserView),
        (status = 401, description = "Name or password are wrong", body = crate::wire::views::ErrorBody),
        (status = 429, description = "Too many wrong passwords", body = crate::wire::views::ErrorBody)))]
pub async fn sign_in(
    edge: web::Data<Edge>,
    request: HttpRequest,
    JsonBody(asked): JsonBody<SignInRequest>,
) -> Result<HttpResponse, ApiError> {
    let signed_in = check(&edge, &request, asked).await?;
    answer(&signed_in)
}

/// The answer that brings a new session.
///
/// # Errors
/// None that is known: a cookie's text always fits into a header.
pub fn answer(signed_in: &SignedIn) -> Result<HttpResponse, ApiError> {
    let mut response = json(&UserView {
        username: signed_in.user.as_str(),
        role: signed_in.role.name(),
        must_change_password: signed_in.must_change_password,
    });
    cookies::set_session(
        &mut response,
        cookies::SESSION,
        &signed_in.token,
        signed_in.length,
    )?;
    cookies::set_device(&mut response, &signed_in.device)?;
    Ok(response)
}

/// The same in the shape of 2.0's scripts.
///
/// # Errors
/// As for [`answer`].
pub fn answer_success(signed_in: &SignedIn, message: &str) -> Result<HttpResponse, ApiError> {
    let mut response = json(&SuccessView {
        success: true,
        message,
    });
    for name in [cookies::SESSION, cookies::LEGACY_SESSION] {
        cookies::set_session(&mut response, name, &signed_in.token, signed_in.length)?;
    }
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
    let signed_in = check(&edge, &request, asked.into_inner()).await?;
    let mut response = HttpResponse::SeeOther()
        .insert_header((header::LOCATION, "/"))
        .finish();
    let (name, length) = (cookies::LEGACY_SESSION, signed_in.length);
    cookies::set_session(&mut response, name, &signed_in.token, length)?;
    cookies::set_device(&mut response, &signed_in.device)?;
    Ok(response)
}

async fn check(edge: &Edge, request: &HttpRequest, asked: SignInRequest) -> Result<SignedIn, ApiError> {
    // A name that can't be one is as wrong as one that is not known.
    let user = UserName::parse(&asked.username).map_err(|_| SignInError::Refused)?;
    let origin = origin(request);
    let from = origin.address;
    let name = asked.username;
    let who = SignIn {
        user,
        password: Password(asked.password),
        code: asked.code.filter(|code| !code.is_empty()).map(Password),
        origin,
        waited: Duration::ZERO,
    };
    let signed_in = match edge.fleet.sign_in(who.clone()).await {
        Err(SignInError::Slow(by)) => sign_in_after(edge, who, by).await,
        signed_in => signed_in,
    };
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
    let written = audit::witness_as(edge, request, name, action, "", result).await;
    if let (Err(_), Ok(signed_in)) = (&written, &signed_in) {
        // No record, no session.
        edge.fleet.sign_out(&signed_in.token.0).await?;
    }
    written?;
    Ok(signed_in?)
}

/// Somebody guesses this user's password: whoever it is, the answer comes later.
async fn sign_in_after(edge: &Edge, who: SignIn, by: Duration) -> Result<SignedIn, SignInError> {
    let Ok(_place) = edge.held_back.try_acquire() else {
        return Err(SignInError::Locked { retry_in: by });
    };
    tokio::time::sleep(by).await;
    edge.fleet.sign_in(SignIn { waited: by, ..who }).await
}

/// From where a request comes.
pub fn origin(request: &HttpRequest) -> Origin {
    let user_agent = request.headers().get(header::USER_AGENT);
    Origin {
        address: client_address(request),
        user_agent: user_agent
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
            .to_owned(),
        device: cookies::device(request),
    }
}

/// Ends the session.
///
/// # Errors
/// 507 when the disk is full; the session has ended all the same until the next start.
#[utoipa::path(post, path = "/api/auth/logout", tag = "session",
    responses((status = 200, description = "Signed out", body = SuccessView)))]
pub async fn sign_out(edge: web::Data<Edge>, request: HttpRequest) -> Result<HttpResponse, ApiError> {
    if let Some(token) = cookies::session_token(&request) {
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
    cookies::end_session(&mut response)?;
    Ok(response)
}

/// Who is signed in, and what they may do. A use of the session, so that it does not end for lack of
/// any.
///
/// # Errors
/// None but those of access.
#[utoipa::path(get, path = "/api/auth/me", tag = "session",
    responses((status = 200, description = "Who calls", body = MeView)))]
pub async fn me(edge: web::Data<Edge>, Caller(caller): Caller) -> Result<HttpResponse, ApiError> {
    let user = edge.fleet.user(caller.user.clone()).await?;
    let session = match &caller.means {
        Means::Session(session) => Some(session),
        Means::Key(_) | Means::Local => None,
    };
    let until = session.and_then(|session| session.reauthenticated_until(edge.fleet.now()));
    let way = |session: &Arc<Session>| match session.is_by_provider {
        true => SignInWayView::Oidc,
        false => SignInWayView::Password,
    };
    Ok(json(&MeView {
        username: caller.user.as_str(),
        role: user.as_ref().map_or("admin", |user| user.role.name()),
        scopes: caller.scopes.iter().map(|scope| scope.name()).collect(),
        has_totp: user.is_some_and(|user| user.has_totp),
        must_change_password: caller.must_change_password(),
        signed_in_by: session.map(way),
        reauthenticated_until: until.map(|until| until.to_string()),
    }))
}

/// Every scope there is, and whether the caller has it.
///
/// # Errors
/// None but those of access.
#[utoipa::path(get, path = "/api/auth/scopes", tag = "session",
    responses((status = 200, description = "All scopes", body = ScopesView)))]
pub async fn scopes(Caller(caller): Caller) -> Result<HttpResponse, ApiError> {
    let view = |scope: atlas_actors::model::Scope| ScopeView {
        name: scope.name(),
        granted: caller.scopes.contains(scope),
    };
    let scopes = atlas_actors::model::Scope::ALL.into_iter().map(view).collect();
    Ok(json(&ScopesView { scopes }))
}
