//! Who may call a route: checked before its handler runs, for every route of the table.

use std::sync::Arc;

use actix_web::body::BoxBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::{StatusCode, header};
use actix_web::middleware::Next;
use actix_web::{Error, FromRequest, HttpMessage, HttpRequest, ResponseError, web};
use atlas_actors::auth::Session;
use atlas_actors::model::Role;
use std::future::{Ready, ready};
use subtle::ConstantTimeEq;

use super::Edge;
use super::error::ApiError;
use super::site;

/// The session's cookie. The prefix makes browsers refuse it from anywhere but this host.
pub const COOKIE: &str = "__Host-atlas";
/// The session's cookie of the 2.0 form sign-in (contract, section 3).
pub const LEGACY_COOKIE: &str = "fleet_session";

/// Who may call a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Anybody. The handler gives nothing away.
    Open,
    /// An agent; its handler checks the credential, since that may be in the body.
    Agent,
    /// Somebody who is signed in with that role or a higher one.
    User(Role),
}

/// The session of the request's caller.
pub struct Caller(pub Arc<Session>);

impl FromRequest for Caller {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut actix_web::dev::Payload) -> Self::Future {
        let session = request.extensions().get::<Arc<Session>>().cloned();
        ready(session.map(Self).ok_or_else(not_signed_in))
    }
}

/// The middleware that lets only those pass who may: 401 without a session, 403 without the role or
/// from another site.
///
/// # Errors
/// Those of the service within.
pub async fn check(
    access: Access,
    request: ServiceRequest,
    next: Next<BoxBody>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    match admit(access, &request) {
        Ok(()) => next.call(request).await,
        Err(refused) => Ok(request.into_response(refused.error_response())),
    }
}

fn admit(access: Access, request: &ServiceRequest) -> Result<(), ApiError> {
    let role = match access {
        Access::Agent => return Ok(()),
        Access::Open => return site::check(request),
        Access::User(role) => role,
    };
    let session = session_of(request).ok_or_else(not_signed_in)?;
    site::check(request)?;
    if session.role < role {
        let message = format!("This needs the role {}: ask an administrator.", role.name());
        return Err(ApiError::new(StatusCode::FORBIDDEN, "role_too_low", message));
    }
    request.extensions_mut().insert(session);
    Ok(())
}

/// The secret of the request's session, whichever cookie or header carries it.
pub fn session_token(request: &HttpRequest) -> Option<String> {
    let cookie = request.cookie(COOKIE).or_else(|| request.cookie(LEGACY_COOKIE));
    cookie.map(|cookie| cookie.value().to_owned())
}

fn session_of(request: &ServiceRequest) -> Option<Arc<Session>> {
    let edge = request.app_data::<web::Data<Edge>>()?;
    if let Some(bearer) = bearer(request) {
        return edge.local_session(bearer);
    }
    let token = session_token(request.request())?;
    edge.fleet.credentials().session(&token, edge.fleet.now())
}

fn bearer(request: &ServiceRequest) -> Option<&str> {
    request
        .headers()
        .get(header::AUTHORIZATION)?
        .to_str()
        .ok()?
        .strip_prefix("Bearer ")
}

/// Whether two secrets are the same, in a time that tells nothing of them.
pub fn is_same_secret(one: &str, other: &str) -> bool {
    one.as_bytes().ct_eq(other.as_bytes()).into()
}

fn not_signed_in() -> ApiError {
    ApiError::unauthorized("not_signed_in", "Sign in first: this needs a session.")
}
