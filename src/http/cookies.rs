//! The cookies: the session's, the one of 2.0's form sign-in, and the device's.

use std::time::Duration;

use actix_web::cookie::time::Duration as CookieAge;
use actix_web::cookie::{Cookie, SameSite};
use actix_web::{HttpRequest, HttpResponse};
use atlas_actors::auth::password::Password;

use super::error::ApiError;

/// The session's cookie. The prefix makes browsers refuse it from anywhere but this host.
pub const SESSION: &str = "__Host-atlas";
/// The session's cookie of the 2.0 form sign-in (contract, section 3).
pub const LEGACY_SESSION: &str = "fleet_session";
/// Shows that somebody has signed in on this device before, so that strangers who guess their
/// password don't hold them up. Opens nothing.
const DEVICE: &str = "__Host-atlas-device";
/// Travels with a browser to the identity provider and back.
const TRIP: &str = "__Host-atlas-trip";
/// The longest that browsers keep a cookie.
const DEVICE_AGE: Duration = Duration::from_secs(400 * 86_400);

/// The secret of the request's session, whichever cookie carries it.
pub fn session_token(request: &HttpRequest) -> Option<String> {
    let cookie = request.cookie(SESSION).or_else(|| request.cookie(LEGACY_SESSION));
    cookie.map(|cookie| cookie.value().to_owned())
}

/// The secret of the request's device.
pub fn device(request: &HttpRequest) -> Option<Password> {
    request
        .cookie(DEVICE)
        .map(|cookie| Password(cookie.value().to_owned()))
}

/// Gives the browser a session.
///
/// # Errors
/// None that is known: a cookie's text always fits into a header.
pub fn set_session(
    response: &mut HttpResponse,
    name: &'static str,
    token: &Password,
    age: Duration,
) -> Result<(), ApiError> {
    set(response, name, &token.0, age)
}

/// Lets the browser remember that somebody signed in on it.
///
/// # Errors
/// As for [`set_session`].
pub fn set_device(response: &mut HttpResponse, device: &Password) -> Result<(), ApiError> {
    set(response, DEVICE, &device.0, DEVICE_AGE)
}

/// What travels with the browser to the identity provider.
pub fn trip(request: &HttpRequest) -> Option<String> {
    request.cookie(TRIP).map(|cookie| cookie.value().to_owned())
}

/// Gives the browser what it is to bring back from the identity provider: from a page of another site.
///
/// # Errors
/// As for [`set_session`].
pub fn set_trip(response: &mut HttpResponse, sealed: &str, age: Duration) -> Result<(), ApiError> {
    let age = CookieAge::try_from(age).unwrap_or(CookieAge::HOUR);
    let cookie = Cookie::build(TRIP, sealed)
        .path("/")
        .secure(true)
        .http_only(true)
        .same_site(SameSite::Lax)
        .max_age(age)
        .finish();
    add(response, &cookie)
}

/// Takes it away again.
///
/// # Errors
/// As for [`set_session`].
pub fn end_trip(response: &mut HttpResponse) -> Result<(), ApiError> {
    remove(response, TRIP)
}

/// Takes the session away from the browser.
///
/// # Errors
/// As for [`set_session`].
pub fn end_session(response: &mut HttpResponse) -> Result<(), ApiError> {
    for name in [SESSION, LEGACY_SESSION] {
        remove(response, name)?;
    }
    Ok(())
}

fn remove(response: &mut HttpResponse, name: &'static str) -> Result<(), ApiError> {
    let mut cookie = Cookie::build(name, "")
        .path("/")
        .secure(true)
        .http_only(true)
        .finish();
    cookie.make_removal();
    add(response, &cookie)
}

fn set(response: &mut HttpResponse, name: &'static str, value: &str, age: Duration) -> Result<(), ApiError> {
    let age = CookieAge::try_from(age).unwrap_or(CookieAge::HOUR);
    let cookie = Cookie::build(name, value)
        .path("/")
        .secure(true)
        .http_only(true)
        .same_site(SameSite::Strict)
        .max_age(age)
        .finish();
    add(response, &cookie)
}

fn add(response: &mut HttpResponse, cookie: &Cookie<'_>) -> Result<(), ApiError> {
    response
        .add_cookie(cookie)
        .map_err(|_| ApiError::from(atlas_actors::fleet::Busy))
}
