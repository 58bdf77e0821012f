//! `POST /api/fleet/report`: takes a report in from whoever may speak for its machine, and answers
//! 200 once it is on disk.

use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use atlas_actors::audit_log::{AuditAction, Witness};
use atlas_actors::auth::agents::record::AgentRecord;
use atlas_actors::auth::agents::{AgentKey, KeyState};
use atlas_actors::messages::RecordError;
use atlas_actors::model::{CloneEvidence, Facts, MachineId, Receipt, Report};

use super::body::LimitedBody;
use super::error::ApiError;
use super::sealed::{self, Sealed};
use super::{Edge, audit, legacy};
use crate::wire::audit_head;
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
    let (receipt, is_sealed, rekey) = if is_enrolled {
        let (receipt, rekey) = record_sealed(&edge, &request, &body).await?;
        (receipt, true, rekey)
    } else {
        let (report, is_sealed) = legacy::open(&edge, &request, &body).await?;
        (edge.fleet.record(report).await?, is_sealed, false)
    };
    let view = ReceiptView {
        status: "ok",
        e2ee_verified: is_sealed,
        db_key_stored: false,
        duplicate: receipt.duplicate,
        commands_due: receipt.commands_due,
        report_now: receipt.report_now,
        rekey,
        audit_head: audit_head::head(&edge.fleet.audit_head()).filter(|_| is_enrolled),
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

/// A report that an enrolled agent sealed with a key of its own; and whether the agent should agree on
/// another one.
async fn record_sealed(edge: &Edge, request: &HttpRequest, body: &[u8]) -> Result<(Receipt, bool), ApiError> {
    let (agent, key, report) = open_sealed(edge, body)?;
    note_rollback(edge, request, &report.machine).await?;
    sealed::confirm_key(edge, &agent, &key).await?;
    let recorded = edge.fleet.record(report).await;
    let evidence = match &recorded {
        Err(RecordError::SeqReused) => Some(CloneEvidence::NumberReused),
        // A repeat under an old key was under way when the agent moved.
        Ok(receipt) if key.state == KeyState::Retiring && !receipt.duplicate => {
            Some(CloneEvidence::KeyCameBack)
        }
        Ok(receipt) => receipt.suspicion,
        Err(_) => None,
    };
    if let Some(evidence) = evidence {
        suspect(edge, &agent, evidence).await;
    }
    let now = edge.fleet.now();
    let credentials = edge.fleet.credentials();
    let rotation = credentials.agents().rotation();
    Ok((recorded?, rotation.is_due(&agent.agent_id, key.generation, now)))
}

/// The report is what counts: a suspicion that can't be written down comes again with the next one.
pub(super) async fn suspect(edge: &Edge, agent: &AgentRecord, evidence: CloneEvidence) {
    let noted = edge.fleet.suspect_agent(agent.agent_id.clone(), evidence).await;
    if let Err(error) = noted {
        tracing::warn!(machine = %agent.machine, %evidence, %error, "a suspicion is not written down yet");
    }
}

fn open_sealed(edge: &Edge, body: &[u8]) -> Result<(Arc<AgentRecord>, AgentKey, Report), ApiError> {
    let Sealed { agent, key, content } = sealed::open(edge, body, REPORT_ROUTE)?;
    let known = known_facts(edge, &agent.machine);
    let mut report = incoming_report::read(&content.plaintext, known.as_ref())?;
    if report.machine != agent.machine {
        return Err(not_its_machine());
    }
    // The sealed moment is the one that nobody on the way could change.
    report.sent_at = Some(content.sent_at);
    Ok((agent, key, report))
}

/// An agent may have seen more of the audit log than there is, or something else: that is written down.
async fn note_rollback(edge: &Edge, request: &HttpRequest, machine: &MachineId) -> Result<(), ApiError> {
    let header = request.headers().get(audit_head::SEEN_HEADER);
    let Some(seen) = header.and_then(|value| audit_head::read_head(value.to_str().ok()?)) else {
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

fn not_its_machine() -> ApiError {
    ApiError::new(
        StatusCode::FORBIDDEN,
        "not_its_machine",
        "An agent may report for its own machine only.",
    )
}
