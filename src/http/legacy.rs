//! What agents of 1.x and 2.0 may do, who all share one key: report, fetch and answer commands, for
//! machines that never had an agent with keys of its own, and until the day that the operator set.

use actix_web::HttpRequest;
use actix_web::http::StatusCode;
use atlas_actors::model::{MachineId, Report};

use super::Edge;
use super::caller::is_same_secret;
use super::error::ApiError;
use super::sealed::decrypt_failed;
use crate::wire::envelope_v1::EnvelopeV1;
use crate::wire::incoming_report;

/// A report of an agent of 1.x or 2.0, with the shared key.
pub(super) async fn open(
    edge: &Edge,
    request: &HttpRequest,
    body: &[u8],
) -> Result<(Report, bool), ApiError> {
    check_shared_key(edge, request)?;
    // What is malformed altogether is told by the reader of reports, which knows best what is wrong.
    let envelope = EnvelopeV1::parse(body).ok();
    let (report, is_sealed) = match (envelope, &edge.legacy.sealing_key) {
        (Some(envelope), Some(key)) => {
            let plaintext = envelope.open(key).map_err(|_| decrypt_failed())?;
            (incoming_report::read(&plaintext, None)?, true)
        }
        (Some(_), None) => return Err(decrypt_failed()),
        (None, Some(_)) => return Err(encryption_required()),
        (None, None) if edge.legacy.require_sealed => return Err(encryption_required()),
        (None, None) => (incoming_report::read(body, None)?, false),
    };
    refuse_enrolled(edge, &report.machine)?;
    stay_sealed(edge, &report.machine, is_sealed).await?;
    Ok((report, is_sealed))
}

/// A machine that has sealed its reports goes on to: who has the shared key alone can't speak for it.
async fn stay_sealed(edge: &Edge, machine: &MachineId, is_sealed: bool) -> Result<(), ApiError> {
    let has_sealed = edge.fleet.credentials().agents().has_sealed(machine);
    match (is_sealed, has_sealed) {
        (false, true) => Err(encryption_required()),
        (true, false) => Ok(edge.fleet.note_sealed(machine.clone()).await?),
        (true, true) | (false, false) => Ok(()),
    }
}

/// Whether the request carries the key that agents of 1.x and 2.0 share.
///
/// # Errors
/// 401 when it does not, when the server has none, or when the day of these agents is over.
pub fn check_shared_key(edge: &Edge, request: &HttpRequest) -> Result<(), ApiError> {
    let Some(expected) = &edge.legacy.api_key else {
        return Err(ApiError::unauthorized(
            "legacy_agents_off",
            "This server takes no reports with a shared key: enrol the agent, or set FLEET_API_KEY on the server.",
        ));
    };
    if edge.legacy.until.is_some_and(|until| edge.fleet.now() >= until) {
        return Err(ApiError::unauthorized(
            "legacy_agents_closed",
            "Agents of 1.x and 2.0 are no longer taken: the date in legacy_agents_until has passed, enrol the agent.",
        ));
    }
    let sent = request
        .headers()
        .get("x-api-key")
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    if is_same_secret(sent, expected) {
        Ok(())
    } else {
        Err(ApiError::unauthorized(
            "wrong_api_key",
            "The X-API-Key header is missing or wrong.",
        ))
    }
}

/// A machine that has, or had, an agent with keys of its own is spoken for by such agents alone.
///
/// # Errors
/// 403 when it is.
pub fn refuse_enrolled(edge: &Edge, machine: &MachineId) -> Result<(), ApiError> {
    if !edge.fleet.credentials().agents().is_upgraded(machine) {
        return Ok(());
    }
    Err(ApiError::new(
        StatusCode::FORBIDDEN,
        "machine_is_enrolled",
        "An enrolled agent speaks for this machine, or did: the shared key may not.",
    ))
}

fn encryption_required() -> ApiError {
    ApiError::bad_request(
        "encryption_required",
        "This server has an encryption key for its old agents: plain reports are refused.",
    )
}
