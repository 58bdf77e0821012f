//! The server's certificate: how it stands with it, and renewing it.

use actix_web::{HttpRequest, HttpResponse, web};
use atlas_actors::audit_log::AuditAction;

use super::Edge;
use super::audit;
use super::body::LimitedBody;
use super::caller::Caller;
use super::error::ApiError;
use super::machines::json;
use crate::certificate_keeper::RenewError;
use crate::certificate_keeper::served::Served;
use crate::tls::own::Key;
use crate::wire::views::{CertificateView, RenewRequest};

/// The certificate that is served.
///
/// # Errors
/// None but those of access.
#[utoipa::path(get, path = "/api/v2/certificate", tag = "server",
    responses((status = 200, description = "The certificate that is served", body = CertificateView)))]
pub async fn show(edge: web::Data<Edge>) -> Result<HttpResponse, ApiError> {
    Ok(json(&view(&edge, &edge.certificates.now())))
}

/// Renews it: the server's own is made anew, files are read again.
///
/// # Errors
/// 502 when that failed; the one before is still served.
#[utoipa::path(post, path = "/api/v2/certificate/renew", tag = "server", request_body = RenewRequest,
    responses((status = 200, description = "The certificate that is served now", body = CertificateView),
        (status = 502, description = "It was not renewed", body = crate::wire::views::ErrorBody)))]
pub async fn renew(
    edge: web::Data<Edge>,
    request: HttpRequest,
    Caller(caller): Caller,
    LimitedBody(body): LimitedBody,
) -> Result<HttpResponse, ApiError> {
    let asked = RenewRequest::parse(&body).map_err(|_| {
        ApiError::bad_request(
            "malformed_json",
            "Send nothing, or JSON with the fields new_key and at_once, true or false.",
        )
    })?;
    let what = match (asked.new_key, asked.at_once) {
        (true, true) => "a new key, whoever knows it",
        (true, false) => "a new key",
        (false, _) => "the same key",
    };
    audit::witness(&edge, &request, AuditAction::ChangeCertificate, what).await?;
    let served = match (asked.new_key, asked.at_once) {
        (true, true) => edge.key_change.make().await?,
        (true, false) => edge.key_change.ask().await?,
        (false, _) => edge.certificates.renew(Key::Same).await?,
    };
    tracing::info!(by = %caller, new_key = asked.new_key, "certificate renewed");
    Ok(json(&view(&edge, &served)))
}

fn view(edge: &Edge, served: &Served) -> CertificateView {
    let (facts, now) = (&served.certificate.facts, edge.fleet.now());
    let told = edge.key_change.told();
    CertificateView {
        source: served.source,
        names: facts.names.clone(),
        issuer: facts.issuer.clone(),
        not_before: facts.not_before.to_string(),
        not_after: facts.not_after.to_string(),
        days_left: served.days_left(now),
        pin: facts.pin.to_string(),
        next_pin: served.next_pin.map(|pin| pin.to_string()),
        state: served.health(now).name(),
        key_change_waits: edge.key_change.waits(),
        agents_told: told.told,
        agents: told.agents,
        last_error: served.last_error.clone(),
    }
}

impl From<RenewError> for ApiError {
    fn from(error: RenewError) -> Self {
        tracing::warn!(%error, "the certificate was not renewed");
        Self::new(
            actix_web::http::StatusCode::BAD_GATEWAY,
            "not_renewed",
            "The certificate was not renewed, and the one before is still served: see last_error of GET /api/v2/certificate.",
        )
    }
}
