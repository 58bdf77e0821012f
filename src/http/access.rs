//! Who may call a route: checked before its handler runs, for every route of the table.

use std::sync::Arc;

use actix_web::body::BoxBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage, ResponseError, web};
use atlas_actors::model::Scope;

use super::Edge;
use super::caller::Principal;
use super::error::ApiError;
use super::site;

/// Who may call a route. A route without one can't be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Anybody. The handler gives nothing away.
    Open,
    /// An agent; its handler checks the credential, since that may be in the body.
    Agent,
    /// Whoever shows who they are, by a session or an API key, whatever they may do.
    Known,
    /// Somebody who is signed in, about themselves.
    Person,
    /// The same, when they have given their password within the last five minutes.
    FreshPerson,
    /// Whoever has that scope.
    Scope(Scope),
    /// The same, when they have given their password within the last five minutes. No API key can.
    Fresh(Scope),
}

/// The middleware that lets only those pass who may: 401 from nobody known, 403 without the scope,
/// without a fresh proof, or from another site.
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
    match access {
        Access::Agent => return Ok(()),
        Access::Open => return site::check(request),
        _ => {}
    }
    let edge = request.app_data::<web::Data<Edge>>().ok_or_else(not_signed_in)?;
    let caller = Principal::of(edge, request.request()).ok_or_else(not_signed_in)?;
    site::check(request)?;
    check_rights(access, &caller, edge)?;
    request.extensions_mut().insert(Arc::new(caller));
    Ok(())
}

fn check_rights(access: Access, caller: &Principal, edge: &Edge) -> Result<(), ApiError> {
    match access {
        Access::Open | Access::Agent | Access::Known => Ok(()),
        Access::Person => caller.session().map(drop),
        Access::FreshPerson => {
            caller.session()?;
            caller.require_fresh(edge.fleet.now())
        }
        Access::Scope(scope) => may(caller, scope),
        Access::Fresh(scope) => {
            may(caller, scope)?;
            caller.require_fresh(edge.fleet.now())
        }
    }
}

fn may(caller: &Principal, scope: Scope) -> Result<(), ApiError> {
    if caller.must_change_password() {
        return Err(forbidden(
            "password_change_required",
            "Choose a password of your own first: POST /api/v2/me/password.",
        ));
    }
    caller.require(scope)
}

/// Nobody known calls.
pub fn not_signed_in() -> ApiError {
    ApiError::unauthorized(
        "not_signed_in",
        "Sign in first: this needs a session or an API key.",
    )
}

/// Somebody known calls who may not.
pub fn forbidden(code: &'static str, message: impl Into<String>) -> ApiError {
    ApiError::new(StatusCode::FORBIDDEN, code, message)
}

/// They may, but must show again who they are.
pub fn reauthentication_required() -> ApiError {
    forbidden(
        "reauthentication_required",
        "Give your password again first (POST /api/v2/me/reauthenticate); an API key can't do this.",
    )
}
