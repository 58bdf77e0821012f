//! `POST /api/fleet/report`: takes a report in from whoever may speak for its machine, and answers
//! 200 once it is on disk.

use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use atlas_actors::audit_log::{AuditAction, Witness};
use atlas_actors::model::{Facts, MachineId, Report};

use super::Edge;
use super::audit;
use super::body::LimitedBody;
use super::caller::is_same_secret;
use super::error::ApiError;
use crate::wire::audit_json;
use crate::wire::envelope_v1::EnvelopeV1;
use crate::wire::envelope_v2::{Context, EnvelopeV2};
use crate::wire::incoming_report;
use crate::wire::machine_json::to_json;
use crate::wire::views::ReceiptView;

/// The route as the envelope's seal knows it: whatever prefix a proxy adds stays outside.
pub const REPORT_ROUTE: &str = "/api/fleet/report";

/// Takes a report.
///
/// # Errors
/// 401 without a credential, 400 when the report can't be read, 409 when a clock is off or the report
/// is too old to tell whether it came before, 503 when the server is busy, 507 when its disk is full.
/// Nothing was stored then.
#[utoipa::path(post, path = "/api/fleet/report", tag = "agents",
    request_body(content = Object, description = "A report, plain or sealed; docs/api.md gives its fields"),
    responses((status = 200, description = "The report is on disk", body = ReceiptView),
        (status = 400, description = "It can't be read", body = crate::wire::views::ErrorBody),
        (status = 401, description = "Nobody who may report", body = crate::wire::views::LegacyErrorBody),
        (status = 409, description = "A clock is off", body = crate::wire::views::ErrorBody)))]
pub async fn record(
    edge: web::Data<Edge>,
    request: HttpRequest,
    LimitedBody(body): LimitedBody,
) -> Result<HttpResponse, ApiError> {
    let is_enrolled = is_sealed_v2(&body);
    let (report, is_sealed) = if is_enrolled {
        let report = open_sealed(&edge, &body)?;
        note_rollback(&edge, &request, &report.machine).await?;
        (report, true)
    } else {
        open_legacy(&edge, &request, &body)?
    };
    let receipt = edge.fleet.record(report).await?;
    let view = ReceiptView {
        status: "ok",
        e2ee_verified: is_sealed,
        db_key_stored: false,
        duplicate: receipt.duplicate,
        commands_due: receipt.commands_due,
        audit_head: audit_json::head(&edge.fleet.audit_head()).filter(|_| is_enrolled),
    };
    Ok(HttpResponse::Ok()
        .content_type("application/json")
        .body(to_json(&view)))
}

/// Whether a body claims to be an envelope of version 2: it begins with its version, and a report
/// never does.
fn is_sealed_v2(body: &[u8]) -> bool {
    body.trim_ascii_start().starts_with(b"{\"v\":")
}

/// A report that an enrolled agent sealed with its own key.
fn open_sealed(edge: &Edge, body: &[u8]) -> Result<Report, ApiError> {
    let envelope = EnvelopeV2::parse(body).map_err(|error| {
        ApiError::bad_request(
            "malformed_envelope",
            format!("The sealed report can't be read: {error}."),
        )
    })?;
    let agent = edge
        .fleet
        .credentials()
        .agent(&envelope.kid().to_string())
        .ok_or_else(unknown_agent)?;
    let key = edge.desk.open_key(&agent).ok_or_else(decrypt_failed)?;
    let context = Context {
        method: "POST",
        route: REPORT_ROUTE,
    };
    let opened = envelope.open(&key, &context).map_err(|_| decrypt_failed())?;
    let known = known_facts(edge, &agent.machine);
    let mut report = incoming_report::read(&opened.plaintext, known.as_ref())?;
    if report.machine != agent.machine {
        return Err(not_its_machine());
    }
    // The sealed moment is the one that nobody on the way could change.
    report.sent_at = Some(opened.sent_at);
    Ok(report)
}

/// An agent may have seen more of the audit log than there is, or something else: that is written down.
async fn note_rollback(edge: &Edge, request: &HttpRequest, machine: &MachineId) -> Result<(), ApiError> {
    let header = request.headers().get(audit_json::SEEN_HEADER);
    let Some(seen) = header.and_then(|value| audit_json::read_head(value.to_str().ok()?)) else {
        return Ok(());
    };
    if edge.fleet.has_audit(&seen).await? {
        return Ok(());
    }
    tracing::error!(%machine, seq = seen.seq, "an agent has seen an audit record that this log has not");
    let (who, what) = (format!("agent:{machine}"), format!("record {}", seen.seq));
    audit::witness_as(
        edge,
        request,
        who,
        AuditAction::ReportRollback,
        &what,
        Witness::ALARM,
    )
    .await
}

/// What the fleet shows of that machine.
fn known_facts(edge: &Edge, machine: &MachineId) -> Option<Arc<Facts>> {
    let view = edge.fleet.view();
    let row = view.find(machine.as_str())?;
    // Another machine's serial number may read like this one's id.
    (row.snapshot.id == *machine).then(|| Arc::clone(&row.snapshot.facts))
}

/// A report of an agent of 1.x or 2.0, with the shared key.
fn open_legacy(edge: &Edge, request: &HttpRequest, body: &[u8]) -> Result<(Report, bool), ApiError> {
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
        (None, None) => (incoming_report::read(body, None)?, false),
    };
    refuse_enrolled(edge, &report.machine)?;
    Ok((report, is_sealed))
}

/// Whether the request carries the key that agents of 1.x and 2.0 share.
///
/// # Errors
/// 401 when it does not, or when the server has none.
pub fn check_shared_key(edge: &Edge, request: &HttpRequest) -> Result<(), ApiError> {
    let Some(expected) = &edge.legacy.api_key else {
        return Err(ApiError::unauthorized(
            "legacy_agents_off",
            "This server takes no reports with a shared key: enrol the agent, or set FLEET_API_KEY on the server.",
        ));
    };
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

/// A machine whose agent is enrolled is spoken for by that agent alone.
///
/// # Errors
/// 403 when it is.
pub fn refuse_enrolled(edge: &Edge, machine: &MachineId) -> Result<(), ApiError> {
    match edge.fleet.credentials().speaker(machine) {
        None => Ok(()),
        Some(_) => Err(ApiError::new(
            StatusCode::FORBIDDEN,
            "machine_is_enrolled",
            "An enrolled agent speaks for this machine: the shared key may not.",
        )),
    }
}

fn unknown_agent() -> ApiError {
    ApiError::unauthorized(
        "unknown_agent",
        "This agent is not enrolled here, or its machine was forgotten: enrol it again.",
    )
}

fn not_its_machine() -> ApiError {
    ApiError::new(
        StatusCode::FORBIDDEN,
        "not_its_machine",
        "An agent may report for its own machine only.",
    )
}

fn decrypt_failed() -> ApiError {
    ApiError::bad_request(
        "decrypt_failed",
        "The sealed report can't be opened with the key that is known.",
    )
    .told_as_in_2_0("Decryption failed")
}

fn encryption_required() -> ApiError {
    ApiError::bad_request(
        "encryption_required",
        "This server has an encryption key for its old agents: plain reports are refused.",
    )
}
