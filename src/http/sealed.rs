//! What enrolled agents seal, and what is sealed to them: a body names its key, the key its agent, and
//! it opens for one route only. Who is not let in hears why.

use std::sync::Arc;

use actix_web::http::StatusCode;
use atlas_actors::auth::agents::record::AgentRecord;
use atlas_actors::auth::agents::{AgentKey, AgentState, KeyState};
use atlas_actors::limits::CLOCK_SKEW_MAX;
use atlas_actors::messages::RecordError;

use super::Edge;
use super::error::ApiError;
use crate::wire::envelope_v2::{Context, EnvelopeV2, Opened};

/// What an agent sent.
pub struct Sealed {
    /// Which agent.
    pub agent: Arc<AgentRecord>,
    /// Under which of its keys.
    pub key: AgentKey,
    /// What.
    pub content: Opened,
}

/// Opens a body that was sent to that route by POST.
///
/// # Errors
/// 400 when it is no envelope or does not open, 401 or 403 when its agent is not let in.
pub fn open(edge: &Edge, body: &[u8], route: &str) -> Result<Sealed, ApiError> {
    let envelope = EnvelopeV2::parse(body).map_err(|error| {
        ApiError::bad_request(
            "malformed_envelope",
            format!("The sealed body can't be read: {error}."),
        )
    })?;
    let (agent, key) = sender(edge, &envelope.kid().to_string())?;
    let open_key = edge.desk.open_key(&agent, &key).ok_or_else(decrypt_failed)?;
    let context = Context {
        method: "POST",
        route,
    };
    let content = envelope.open(&open_key, &context).map_err(|_| decrypt_failed())?;
    Ok(Sealed { agent, key, content })
}

/// The same, for what counts only now: not when it was sent long ago, by whoever recorded it. Takes the
/// agent's word that it has moved to its next key.
///
/// # Errors
/// As for [`open`], and 409 when the agent's clock is off.
pub async fn open_fresh(edge: &Edge, body: &[u8], route: &str) -> Result<Sealed, ApiError> {
    let sealed = open(edge, body, route)?;
    let now = edge.fleet.now();
    if sealed.content.sent_at.distance(now) > CLOCK_SKEW_MAX {
        return Err(RecordError::ClockSkew { server_time: now }.into());
    }
    confirm_key(edge, &sealed.agent, &sealed.key).await?;
    Ok(sealed)
}

/// An agent that has sealed with its next key has it on disk: from now on it is the active one.
///
/// # Errors
/// When that is not on disk here.
pub async fn confirm_key(edge: &Edge, agent: &AgentRecord, key: &AgentKey) -> Result<(), ApiError> {
    if key.state == KeyState::Next {
        edge.fleet
            .confirm_key(agent.agent_id.clone(), key.kid.clone())
            .await?;
        tracing::info!(machine = %agent.machine, epoch = key.epoch, "the agent has moved to its new key");
    }
    Ok(())
}

/// The agent that is let in with the key of that name.
fn sender(edge: &Edge, kid: &str) -> Result<(Arc<AgentRecord>, AgentKey), ApiError> {
    let credentials = edge.fleet.credentials();
    let (agent, key) = credentials.agents().of_key(kid).ok_or_else(unknown_agent)?;
    check_state(&agent)?;
    let rotation = credentials.agents().rotation();
    if rotation.is_alive(key.generation, edge.fleet.now()) {
        Ok((agent, key))
    } else {
        Err(ApiError::unauthorized(
            "key_retired",
            "This agent's key was retired: it agrees on another one by itself.",
        ))
    }
}

/// Whether an agent is let in at all.
///
/// # Errors
/// 401 when it was revoked, 403 while it waits for an administrator.
pub fn check_state(agent: &AgentRecord) -> Result<(), ApiError> {
    match agent.state {
        AgentState::Active => Ok(()),
        AgentState::Pending => Err(ApiError::new(
            StatusCode::FORBIDDEN,
            "agent_pending",
            "This agent waits until an administrator approves it: dashboard, or `atlas agents approve`.",
        )),
        AgentState::Revoked => Err(ApiError::unauthorized(
            "agent_revoked",
            "This agent was revoked by an administrator, or another one was approved for its machine.",
        )),
    }
}

/// No agent has that key or id.
pub fn unknown_agent() -> ApiError {
    ApiError::unauthorized(
        "unknown_agent",
        "This agent is not enrolled here, or its machine was forgotten: enrol it again.",
    )
}

/// A sealed body does not open.
pub fn decrypt_failed() -> ApiError {
    ApiError::bad_request(
        "decrypt_failed",
        "The sealed body can't be opened with the key that is known.",
    )
    .told_as_in_2_0("Decryption failed")
}
