//! Enrolled agents, as administrators see them: who they are, who is let in and who is turned out, and
//! the rotation of their keys. Agents themselves ask for another key here.

use std::sync::Arc;
use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use atlas_actors::audit_log::AuditAction;
use atlas_actors::auth::agents::record::{Admission, AgentRecord, KeyStanding};
use atlas_actors::auth::agents::{AgentState, AgentTable};
use atlas_actors::clock::Timestamp;
use atlas_actors::limits::ROTATION_SPREAD;
use atlas_actors::messages::AgentError;
use atlas_actors::model::CloneEvidence;
use atlas_actors::roster::FleetView;

use super::body::{JsonBody, LimitedBody};
use super::caller::Caller;
use super::error::ApiError;
use super::machines::json;
use super::reports::suspect;
use super::sealed::{check_state, unknown_agent};
use super::{Edge, audit};
use crate::wire::enrolment::rekey::RekeyRequestV2;
use crate::wire::views::{EnrolledAgentView, EnrolledAgentsView, RotationRequest, RotationView};

/// All enrolled agents.
///
/// # Errors
/// None but those of access.
#[utoipa::path(get, path = "/api/v2/agents", tag = "agents",
    responses((status = 200, description = "The agents, by their names", body = EnrolledAgentsView)))]
pub async fn list(edge: web::Data<Edge>) -> Result<HttpResponse, ApiError> {
    let (credentials, fleet, now) = (edge.fleet.credentials(), edge.fleet.view(), edge.fleet.now());
    let table = credentials.agents();
    let shown = |agent: &Arc<AgentRecord>| view(agent, table, &fleet, now);
    Ok(json(&EnrolledAgentsView {
        agents: table.iter().map(shown).collect(),
        legacy_machines: fleet.totals().legacy,
    }))
}

fn view(agent: &AgentRecord, table: &AgentTable, fleet: &FleetView, now: Timestamp) -> EnrolledAgentView {
    let machine = fleet
        .find(agent.machine.as_str())
        .filter(|_| agent.state == AgentState::Active);
    EnrolledAgentView {
        agent_id: agent.agent_id.clone(),
        machine_id: agent.machine.to_string(),
        state: agent.state.name().to_owned(),
        epoch: agent.active_key().map_or(0, |key| key.epoch),
        key_state: agent.standing(table.rotation(), now).name().to_owned(),
        created_at: agent.created_at.to_string(),
        last_report: machine.map(|row| row.snapshot.last_seen.to_string()),
        possible_duplicate: agent.possible_duplicate,
        legacy: agent.admission == Admission::SharedSecret,
    }
}

/// Lets a pending agent in, in the place of the one that spoke for its machine; of an active one it
/// says that it is no duplicate.
///
/// # Errors
/// 404 when there is none of that name, 409 when it was revoked.
#[utoipa::path(post, path = "/api/v2/agents/{agent_id}/approve", tag = "agents",
    params(("agent_id" = String, Path, description = "The agent's name")),
    responses((status = 204, description = "It speaks for its machine")))]
pub async fn approve(
    edge: web::Data<Edge>,
    request: HttpRequest,
    agent_id: web::Path<String>,
    Caller(caller): Caller,
) -> Result<HttpResponse, ApiError> {
    audit::witness(&edge, &request, AuditAction::ApproveAgent, &agent_id).await?;
    edge.fleet.approve_agent(agent_id.clone()).await?;
    tracing::info!(agent = %agent_id, by = %caller, "agent approved");
    Ok(HttpResponse::NoContent().finish())
}

/// Turns an agent out: its next report is refused, and it stops.
///
/// # Errors
/// 404 when there is none of that name.
#[utoipa::path(delete, path = "/api/v2/agents/{agent_id}", tag = "agents",
    params(("agent_id" = String, Path, description = "The agent's name")),
    responses((status = 204, description = "It is turned out")))]
pub async fn revoke(
    edge: web::Data<Edge>,
    request: HttpRequest,
    agent_id: web::Path<String>,
    Caller(caller): Caller,
) -> Result<HttpResponse, ApiError> {
    audit::witness(&edge, &request, AuditAction::RevokeAgent, &agent_id).await?;
    edge.fleet.revoke_agent(agent_id.clone()).await?;
    tracing::info!(agent = %agent_id, by = %caller, "agent revoked");
    Ok(HttpResponse::NoContent().finish())
}

/// Where the rotation of the agents' keys stands.
///
/// # Errors
/// None but those of access.
#[utoipa::path(get, path = "/api/v2/agents/rotation", tag = "agents",
    responses((status = 200, description = "Where it stands", body = RotationView)))]
pub async fn rotation(edge: web::Data<Edge>) -> Result<HttpResponse, ApiError> {
    let credentials = edge.fleet.credentials();
    Ok(json(&rotation_view(credentials.agents(), edge.fleet.now())))
}

fn rotation_view(table: &AgentTable, now: Timestamp) -> RotationView {
    let rotation = table.rotation();
    let active = || table.iter().filter(|agent| agent.state == AgentState::Active);
    let moved = active().filter(|agent| agent.standing(rotation, now) == KeyStanding::Current);
    let moved = moved.count();
    RotationView {
        generation: rotation.generation,
        started_at: (rotation.generation > 0).then(|| rotation.started_at.to_string()),
        moved,
        waiting: active().count() - moved,
        retiring_until: rotation.retiring_until().map(|until| until.to_string()),
    }
}

/// Has all agents agree on new keys.
///
/// # Errors
/// 507 when the disk is full.
#[utoipa::path(post, path = "/api/v2/agents/rotation", tag = "agents", request_body = RotationRequest,
    responses((status = 200, description = "It has begun", body = RotationView)))]
pub async fn rotate(
    edge: web::Data<Edge>,
    request: HttpRequest,
    Caller(caller): Caller,
    JsonBody(asked): JsonBody<RotationRequest>,
) -> Result<HttpResponse, ApiError> {
    let within = |seconds| Duration::from_secs(u64::from(seconds));
    let spread = asked.within_s.map_or(ROTATION_SPREAD, within);
    let what = if asked.emergency { "emergency" } else { "" };
    audit::witness(&edge, &request, AuditAction::RotateKeys, what).await?;
    let begun = edge.fleet.rotate(asked.emergency, spread).await?;
    tracing::warn!(generation = begun.generation, emergency = asked.emergency, by = %caller,
        "rotation of the agents' keys begun");
    rotation(edge).await
}

/// An agent asks for another key, by its identity key.
///
/// # Errors
/// 401 when it is unknown, revoked, or somebody else; 403 while it is pending; 409 when its clock is
/// off or the request is a repeat.
#[utoipa::path(post, path = "/api/v2/agents/rekey", tag = "agents",
    request_body(content = Object, description = "docs/protocol.md gives its fields"),
    responses((status = 200, description = "Its half of the agreement; signed by the server's identity key", body = Object),
        (status = 401, description = "It is not that agent", body = crate::wire::views::ErrorBody)))]
pub async fn rekey(edge: web::Data<Edge>, LimitedBody(body): LimitedBody) -> Result<HttpResponse, ApiError> {
    let request = RekeyRequestV2::parse(&body).map_err(|error| {
        ApiError::bad_request(
            "malformed_rekey",
            format!("The request for a key can't be read: {error}."),
        )
    })?;
    let agent = edge
        .fleet
        .credentials()
        .agents()
        .get(&request.agent_id.to_string());
    let agent = agent.ok_or_else(unknown_agent)?;
    check_state(&agent)?;
    let (answer, agreed) = edge.desk.rekey(&agent, &request, edge.fleet.now())?;
    edge.fleet.add_next_key(agreed).await?;
    let newest = agent.keys.iter().max_by_key(|key| key.epoch);
    let kid = request.kid.to_string();
    let is_left_behind =
        agent.active_key().is_none_or(|key| key.kid != kid) && newest.is_none_or(|key| key.kid != kid);
    if is_left_behind {
        suspect(&edge, &agent, CloneEvidence::KeyCameBack).await;
    }
    tracing::info!(machine = %agent.machine, epoch = answer.ep, "a new key was agreed on");
    Ok(json(&answer))
}

impl From<AgentError> for ApiError {
    fn from(error: AgentError) -> Self {
        match error {
            AgentError::Unknown => Self::new(
                StatusCode::NOT_FOUND,
                "agent_not_found",
                "There is no agent of that name.",
            ),
            AgentError::Revoked => Self::new(
                StatusCode::CONFLICT,
                "agent_is_revoked",
                "This agent was revoked: enrol it anew.",
            ),
            AgentError::Pending => Self::new(
                StatusCode::FORBIDDEN,
                "agent_pending",
                "This agent waits until an administrator approves it.",
            ),
            AgentError::RepeatedExchange => Self::new(
                StatusCode::CONFLICT,
                "rekey_repeated",
                "This request for a key was answered before: ask with a new one.",
            ),
            AgentError::Put(error) => error.into(),
            AgentError::NoRandomness | AgentError::Busy => atlas_actors::fleet::Busy.into(),
        }
    }
}
