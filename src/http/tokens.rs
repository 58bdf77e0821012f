//! Enrolment: tokens for new machines, and the agents that use them.

use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use atlas_actors::audit_log::{AuditAction, Witness};
use atlas_actors::auth::agents::AgentState;
use atlas_actors::messages::{EnrolAgent, IssueToken, NewAgent, OpenToken, Proof, RecordError, TokenError};

use super::Edge;
use super::audit;
use super::body::{JsonBody, LimitedBody};
use super::caller::Caller;
use super::error::ApiError;
use super::limits::{TOKEN_TTL_MAX_S, TOKEN_USES_MAX};
use super::machines::json;
use crate::enrolment_desk::EnrolError;
use crate::wire::enrolment::{EnrolmentAnswerV2, EnrolmentRequestV2};
use crate::wire::machine_json::to_json;
use crate::wire::views::{OpenTokenView, TokenRequest, TokenView, TokensView};

/// Makes an enrolment token.
///
/// # Errors
/// 400 when it is to be good for too long or for too many, 403 without a fresh proof when it is for more
/// than one machine.
#[utoipa::path(post, path = "/api/v2/tokens", tag = "agents", request_body = TokenRequest,
    responses((status = 201, description = "The token, shown this once", body = TokenView)))]
pub async fn issue(
    edge: web::Data<Edge>,
    request: HttpRequest,
    Caller(caller): Caller,
    JsonBody(asked): JsonBody<TokenRequest>,
) -> Result<HttpResponse, ApiError> {
    if asked.max_uses == 0
        || asked.max_uses > TOKEN_USES_MAX
        || asked.ttl_s == 0
        || asked.ttl_s > TOKEN_TTL_MAX_S
    {
        return Err(ApiError::bad_request(
            "invalid_token_request",
            format!("max_uses must be 1 to {TOKEN_USES_MAX}, ttl_s 1 to {TOKEN_TTL_MAX_S}."),
        ));
    }
    if asked.max_uses > 1 {
        // Whoever finds a browser open must not let in a fleet of theirs.
        caller.require_fresh(edge.fleet.now())?;
    }
    let ttl = Duration::from_secs(asked.ttl_s);
    let what = format!("for {} machines, {} s", asked.max_uses, asked.ttl_s);
    audit::witness(&edge, &request, AuditAction::MakeToken, &what).await?;
    let issued = edge
        .fleet
        .issue_token(IssueToken {
            uses_max: asked.max_uses,
            ttl,
            by: caller.to_string(),
        })
        .await?;
    tracing::info!(token = %issued.id, by = %caller, "enrolment token made");
    let token = edge.desk.token_text(&issued.id, issued.secret);
    let view = TokenView {
        token_id: issued.id,
        command: format!("atlas agent enroll {} --token {token}", edge.public_url),
        token,
        expires_at: issued.expires_at.to_string(),
        max_uses: issued.uses_max,
    };
    Ok(HttpResponse::build(StatusCode::CREATED)
        .content_type("application/json")
        .body(to_json(&view)))
}

/// Enrols an agent that proves its token.
///
/// # Errors
/// 401 when the token is unknown or used up, or the agent was revoked; 400 when the request can't be
/// read; 403 when the shared secret is used for a machine that has an agent.
#[utoipa::path(post, path = "/api/v2/enroll", tag = "agents",
    request_body(content = Object, description = "docs/protocol.md gives its fields"),
    responses((status = 200, description = "Enrolled; the answer is signed by the server's identity key", body = Object),
        (status = 202, description = "The same, and an administrator must approve the agent", body = Object),
        (status = 401, description = "The token is refused", body = crate::wire::views::ErrorBody)))]
pub async fn enrol(
    edge: web::Data<Edge>,
    request: HttpRequest,
    LimitedBody(body): LimitedBody,
) -> Result<HttpResponse, ApiError> {
    let asked = edge.desk.read(&body)?;
    let proved = prove(&edge, &asked).await;
    let who = format!("token:{}", asked.token_id);
    let (result, machine) = match &proved {
        Ok((_, _, agent)) => (Witness::OK, agent.machine.to_string()),
        Err(_) => (Witness::REFUSED, String::new()),
    };
    let action = AuditAction::EnrolAgent;
    audit::witness_as(&edge, &request, who, action, &machine, result).await?;
    let (proof, answer, agent) = proved?;
    let (machine, agent_id) = (agent.machine.clone(), agent.agent_id.clone());
    let enrolled = edge.fleet.enrol(EnrolAgent { proof, agent }).await?;
    if enrolled.possible_duplicate {
        tracing::warn!(%machine, agent = %agent_id,
            "security: a possible duplicate asks to speak for a machine that has an agent");
    }
    tracing::info!(%machine, agent = %agent_id, state = enrolled.state.name(), "agent enrolled");
    let status = match enrolled.state {
        AgentState::Pending => StatusCode::ACCEPTED,
        AgentState::Active | AgentState::Revoked => StatusCode::OK,
    };
    Ok(HttpResponse::build(status)
        .content_type("application/json")
        .body(to_json(&answer)))
}

/// What the request proves; what the agent is told; what the fleet is to keep.
async fn prove(
    edge: &Edge,
    asked: &EnrolmentRequestV2,
) -> Result<(Proof, EnrolmentAnswerV2, NewAgent), ApiError> {
    let (proof, digest) = match edge.desk.shared_digest(asked)? {
        Some(digest) => (Proof::SharedSecret, digest),
        None => {
            let id = asked.token_id.to_string();
            let digest = edge.fleet.find_token(id.clone()).await?;
            (Proof::Token(id), digest)
        }
    };
    let credentials = edge.fleet.credentials();
    let now = edge.fleet.now();
    let (answer, agent) = edge.desk.answer(asked, &digest, &credentials, now)?;
    Ok((proof, answer, agent))
}

/// All open tokens, the newest first; without their secrets, which nobody has any more.
///
/// # Errors
/// 503 when the server is busy.
#[utoipa::path(get, path = "/api/v2/tokens", tag = "agents",
    responses((status = 200, description = "The open tokens", body = TokensView)))]
pub async fn list(edge: web::Data<Edge>) -> Result<HttpResponse, ApiError> {
    let tokens = edge.fleet.tokens().await?;
    let view = |token: OpenToken| {
        let is_known = !token.created_by.is_empty();
        OpenTokenView {
            id: token.id,
            uses_left: token.uses_left,
            uses_max: token.uses_max,
            expires_at: token.expires_at.to_string(),
            created_at: is_known.then(|| token.created_at.to_string()),
            created_by: is_known.then_some(token.created_by),
        }
    };
    Ok(json(&TokensView {
        tokens: tokens.into_iter().map(view).collect(),
    }))
}

/// Ends a token before its time.
///
/// # Errors
/// 404 when there is none of that name.
#[utoipa::path(delete, path = "/api/v2/tokens/{id}", tag = "agents",
    params(("id" = String, Path, description = "The token's name")),
    responses((status = 204, description = "Nobody can use it any more")))]
pub async fn revoke(
    edge: web::Data<Edge>,
    request: HttpRequest,
    id: web::Path<String>,
    Caller(session): Caller,
) -> Result<HttpResponse, ApiError> {
    audit::witness(&edge, &request, AuditAction::RevokeToken, &id).await?;
    match edge.fleet.revoke_token(id.clone()).await {
        Ok(()) => tracing::info!(token = %id, by = %session.user, "enrolment token revoked"),
        Err(TokenError::Unknown) => {
            return Err(ApiError::new(
                StatusCode::NOT_FOUND,
                "token_not_found",
                "There is no open token of that name.",
            ));
        }
        Err(error) => return Err(error.into()),
    }
    Ok(HttpResponse::NoContent().finish())
}

impl From<EnrolError> for ApiError {
    fn from(error: EnrolError) -> Self {
        match error {
            EnrolError::Malformed(what) => Self::bad_request(
                "malformed_enrolment",
                format!("The enrolment can't be read: {what}."),
            ),
            EnrolError::Refused => Self::new(
                StatusCode::UNAUTHORIZED,
                "token_refused",
                "The enrolment token is unknown, used up or has ended: make a new one.",
            ),
            EnrolError::ClockSkew { server_time } => RecordError::ClockSkew { server_time }.into(),
            EnrolError::NoRandomness => atlas_actors::fleet::Busy.into(),
        }
    }
}
