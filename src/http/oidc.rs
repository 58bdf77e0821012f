//! Sign-in by the identity provider: a trip of the browser there and back. What must be known when it
//! comes back travels with it, sealed, in a cookie of this host alone. The way back is a page of another
//! site, so the session's own cookie does not come along; that is why this one is `SameSite=Lax`.

use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, web};
use atlas_actors::audit_log::{AuditAction, Witness};
use atlas_actors::messages::{ProveByProvider, ProviderSignInError, SignInByProvider, SignInError, SignedIn};
use atlas_actors::model::UserName;
use serde::Deserialize;
use tokio::sync::Semaphore;

use super::caller::Caller;
use super::error::ApiError;
use super::machines::json;
use super::sessions::origin;
use super::{Edge, audit, cookies};
use crate::oidc::{OidcError, Person, Provider, TRIP_MAX};
use crate::wire::sealed_cookie::{CookieKey, OidcProof, OidcTrip};
use crate::wire::views::{MethodsView, ProviderView};

/// Who sends people there and takes them back.
pub struct OidcDesk {
    /// The provider.
    pub provider: Provider,
    /// Seals what travels with the browser.
    pub trips: CookieKey,
    /// Places for questions to the provider.
    pub places: Semaphore,
}

/// Why somebody comes back to the sign-in page; the page has a sentence for each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Complaint {
    /// Another browser began, it took too long, or the server was started anew.
    BeginAgain,
    /// The provider can't be asked.
    Unreachable,
    /// The provider, or the person there, says no.
    Declined,
    /// The provider's answer is not believed.
    NotBelieved,
    /// There is no account for them.
    NoAccount,
    /// The account of that name is somebody else's.
    NameTaken,
    /// They may not sign in.
    ShutOut,
    /// They have no role here.
    NoRole,
    /// The server has too much to do.
    Busy,
}

impl Complaint {
    const fn word(self) -> &'static str {
        match self {
            Self::BeginAgain => "begin_again",
            Self::Unreachable => "provider_unreachable",
            Self::Declined => "provider_declined",
            Self::NotBelieved => "provider_not_believed",
            Self::NoAccount => "no_account",
            Self::NameTaken => "name_taken",
            Self::ShutOut => "shut_out",
            Self::NoRole => "no_role",
            Self::Busy => "busy",
        }
    }
}

impl From<OidcError> for Complaint {
    fn from(error: OidcError) -> Self {
        match error {
            OidcError::Unreachable(_) | OidcError::Unusable(_) => Self::Unreachable,
            OidcError::CodeRefused(_) => Self::Declined,
            OidcError::Token(_) => Self::NotBelieved,
            OidcError::NoRandomness => Self::Busy,
        }
    }
}

/// How people sign in here.
///
/// # Errors
/// None.
#[utoipa::path(get, path = "/api/auth/methods", tag = "session",
    responses((status = 200, description = "Name and password, and who else vouches for people", body = MethodsView)))]
pub async fn methods(edge: web::Data<Edge>) -> Result<HttpResponse, ApiError> {
    let provider = edge.oidc.as_ref().map(|desk| ProviderView {
        name: desk.provider.settings().name.clone(),
    });
    Ok(json(&MethodsView {
        password: true,
        oidc: provider,
    }))
}

/// Sends the browser to the identity provider, to sign in.
///
/// # Errors
/// 404 when there is none.
#[utoipa::path(get, path = "/api/auth/oidc/start", tag = "session",
    responses((status = 303, description = "To the provider; back to /login?refused=… when it can't be asked"),
        (status = 404, description = "There is none", body = crate::wire::views::ErrorBody)))]
pub async fn start(edge: web::Data<Edge>) -> Result<HttpResponse, ApiError> {
    send(desk(&edge)?, None, &edge).await
}

/// Sends the browser of somebody who is signed in to the identity provider, to show once more who they
/// are before something dangerous.
///
/// # Errors
/// 404 when there is none.
#[utoipa::path(get, path = "/api/auth/oidc/prove", tag = "account",
    responses((status = 303, description = "To the provider, which asks anew")))]
pub async fn prove(edge: web::Data<Edge>, Caller(caller): Caller) -> Result<HttpResponse, ApiError> {
    let proof = OidcProof {
        user: caller.user.to_string(),
        session: caller.session()?.id(),
    };
    send(desk(&edge)?, Some(proof), &edge).await
}

fn desk(edge: &Edge) -> Result<&OidcDesk, ApiError> {
    edge.oidc.as_ref().ok_or_else(|| {
        ApiError::new(
            StatusCode::NOT_FOUND,
            "oidc_off",
            "This server knows no identity provider: sign in with name and password.",
        )
    })
}

async fn send(desk: &OidcDesk, proof: Option<OidcProof>, edge: &Edge) -> Result<HttpResponse, ApiError> {
    let begun = match desk.places.try_acquire() {
        Ok(_place) => desk.provider.begin(proof.is_some(), edge.fleet.now()).await,
        Err(_) => return Ok(back_with(Complaint::Busy)),
    };
    let (url, trip) = match begun {
        Ok(begun) => begun,
        Err(error) => {
            tracing::warn!(%error, "nobody can be sent to the identity provider");
            return Ok(back_with(error.into()));
        }
    };
    let Ok(sealed) = desk.trips.seal(&OidcTrip { proof, ..trip }) else {
        return Ok(back_with(Complaint::Busy));
    };
    let mut response = see_other(&url);
    cookies::set_trip(&mut response, &sealed, TRIP_MAX)?;
    Ok(response)
}

/// What the browser brings back.
#[derive(Deserialize)]
pub struct CameBack {
    state: Option<String>,
    code: Option<String>,
    error: Option<String>,
    iss: Option<String>,
}

/// Takes the browser back from the identity provider.
///
/// # Errors
/// 404 when there is none; anything else is told on the sign-in page.
#[utoipa::path(get, path = "/api/auth/oidc/callback", tag = "session",
    params(("state" = Option<String>, Query, description = "As this server gave it"),
        ("code" = Option<String>, Query, description = "What the provider gives for a token"),
        ("error" = Option<String>, Query, description = "Why it does not"),
        ("iss" = Option<String>, Query, description = "Who it is (RFC 9207)")),
    responses((status = 303, description = "To the dashboard with a session, or to /login?refused=…")))]
pub async fn callback(
    edge: web::Data<Edge>,
    request: HttpRequest,
    came: web::Query<CameBack>,
) -> Result<HttpResponse, ApiError> {
    let desk = desk(&edge)?;
    let trip = cookies::trip(&request).and_then(|sealed| desk.trips.open(&sealed));
    let is_proof = trip.as_ref().is_some_and(|trip| trip.proof.is_some());
    let mut response = match take_back(&edge, desk, &request, trip, came.into_inner()).await? {
        Ok(response) => response,
        Err(complaint) if is_proof => see_other(&format!("/proved?refused={}", complaint.word())),
        Err(complaint) => back_with(complaint),
    };
    // Whatever came of it, the trip is over.
    cookies::end_trip(&mut response)?;
    Ok(response)
}

/// Who they are, and what follows from it.
async fn take_back(
    edge: &Edge,
    desk: &OidcDesk,
    request: &HttpRequest,
    trip: Option<OidcTrip>,
    came: CameBack,
) -> Result<Result<HttpResponse, Complaint>, ApiError> {
    let (trip, person) = match seen(edge, desk, trip, came).await {
        Ok(seen) => seen,
        Err(complaint) => return Ok(Err(complaint)),
    };
    match trip.proof {
        None => sign_in(edge, desk, request, person).await,
        Some(proof) => Ok(note_proof(edge, proof, person).await),
    }
}

/// The trip that this browser was on, and whom the provider has seen on it.
async fn seen(
    edge: &Edge,
    desk: &OidcDesk,
    trip: Option<OidcTrip>,
    came: CameBack,
) -> Result<(OidcTrip, Person), Complaint> {
    let now = edge.fleet.now();
    let trip = trip.filter(|trip| {
        let state = came.state.as_deref().unwrap_or_default();
        let age_ms = now.as_millis() - trip.began_ms;
        super::caller::is_same_secret(state, &trip.state) && age_ms <= TRIP_MAX.as_millis() as i64
    });
    let trip = trip.ok_or(Complaint::BeginAgain)?;
    // Another provider that this server does not know must not pass its code off as ours.
    let issuer = desk.provider.settings().issuer.as_str();
    if came.iss.is_some_and(|iss| iss != issuer) {
        return Err(Complaint::NotBelieved);
    }
    let code = came
        .code
        .filter(|_| came.error.is_none())
        .ok_or(Complaint::Declined)?;
    let _place = desk.places.try_acquire().map_err(|_| Complaint::Busy)?;
    let person = desk.provider.finish(&trip, code, now).await;
    let person = person.inspect_err(|error| tracing::warn!(%error, "sign-in by the provider refused"));
    Ok((trip, person?))
}

async fn sign_in(
    edge: &Edge,
    desk: &OidcDesk,
    request: &HttpRequest,
    person: Person,
) -> Result<Result<HttpResponse, Complaint>, ApiError> {
    let subject = person.identity.subject.clone();
    let Some(name) = person.name.as_deref().and_then(|name| UserName::parse(name).ok()) else {
        tracing::warn!("the provider's token has no claim that can be a user's name");
        return Ok(Err(Complaint::NoAccount));
    };
    let who = SignInByProvider {
        identity: person.identity,
        name: name.clone(),
        role: person.role,
        may_create: desk.provider.settings().create_users,
        origin: origin(request),
    };
    let signed_in = edge.fleet.sign_in_by_provider(who).await;
    let (actor, result) = match &signed_in {
        Ok(signed_in) => (signed_in.user.to_string(), Witness::OK),
        Err(_) => (name.to_string(), Witness::REFUSED),
    };
    let target = format!("provider subject {subject}");
    let action = AuditAction::SignIn;
    let written = audit::witness_as(edge, request, actor, action, &target, result).await;
    if let (Err(_), Ok(signed_in)) = (&written, &signed_in) {
        // No record, no session.
        edge.fleet.sign_out(&signed_in.token.0).await?;
    }
    written?;
    match signed_in {
        Ok(signed_in) => {
            tracing::info!(user = %signed_in.user, "signed in by the identity provider");
            welcome(&signed_in).map(Ok)
        }
        Err(error) => refused(error).map(Err),
    }
}

fn welcome(signed_in: &SignedIn) -> Result<HttpResponse, ApiError> {
    let mut response = see_other("/");
    cookies::set_session(
        &mut response,
        cookies::SESSION,
        &signed_in.token,
        signed_in.length,
    )?;
    cookies::set_device(&mut response, &signed_in.device)?;
    Ok(response)
}

fn refused(error: ProviderSignInError) -> Result<Complaint, ApiError> {
    tracing::warn!(%error, "sign-in by the provider refused");
    Ok(match error {
        ProviderSignInError::NoAccount => Complaint::NoAccount,
        ProviderSignInError::NameTaken => Complaint::NameTaken,
        ProviderSignInError::ShutOut => Complaint::ShutOut,
        ProviderSignInError::NoRole => Complaint::NoRole,
        ProviderSignInError::Busy => Complaint::Busy,
        ProviderSignInError::Put(error) => return Err(error.into()),
    })
}

async fn note_proof(edge: &Edge, proof: OidcProof, person: Person) -> Result<HttpResponse, Complaint> {
    let user = UserName::parse(&proof.user).map_err(|_| Complaint::BeginAgain)?;
    let proved = edge
        .fleet
        .prove_by_provider(ProveByProvider {
            user,
            session: proof.session,
            identity: person.identity,
        })
        .await;
    match proved {
        Ok(_) => Ok(see_other("/proved")),
        Err(SignInError::Refused) => Err(Complaint::NameTaken),
        Err(_) => Err(Complaint::BeginAgain),
    }
}

fn back_with(complaint: Complaint) -> HttpResponse {
    see_other(&format!("/login?refused={}", complaint.word()))
}

fn see_other(url: &str) -> HttpResponse {
    HttpResponse::SeeOther()
        .insert_header((header::LOCATION, url))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .finish()
}
