//! Enrolment: tokens for new machines, and the agents that use them.

use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use atlas_actors::audit_log::{AuditAction, Witness};
use atlas_actors::messages::{EnrolAgent, IssueToken};

use super::Edge;
use super::audit;
use super::body::{JsonBody, LimitedBody};
use super::caller::Caller;
use super::error::ApiError;
use super::limits::{TOKEN_TTL_MAX_S, TOKEN_USES_MAX};
use super::machines::json;
use crate::enrolment_desk::EnrolError;
use crate::wire::machine_json::to_json;
use crate::wire::views::{TokenRequest, TokenView};

/// Makes an enrolment token.
///
/// # Errors
/// 400 when it is to be good for too long or for too many.
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
    let ttl = Duration::from_secs(asked.ttl_s);
    let what = format!("for {} machines, {} s", asked.max_uses, asked.ttl_s);
    audit::witness(&edge, &request, AuditAction::MakeToken, &what).await?;
    let issued = edge
        .fleet
        .issue_token(IssueToken {
            uses_max: asked.max_uses,
            ttl,
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
/// 401 when the token is unknown or used up, 400 when the request can't be read, 409 when another
/// agent speaks for the machine.
#[utoipa::path(post, path = "/api/v2/enroll", tag = "agents",
    request_body(content = Object, description = "docs/protocol.md gives its fields"),
    responses((status = 200, description = "Enrolled; the answer is signed by the server's identity key", body = Object),
        (status = 401, description = "The token is refused", body = crate::wire::views::ErrorBody)))]
pub async fn enrol(
    edge: web::Data<Edge>,
    request: HttpRequest,
    LimitedBody(body): LimitedBody,
) -> Result<HttpResponse, ApiError> {
    let asked = edge.desk.read(&body)?;
    let token_id = asked.token_id.to_string();
    let proved = match edge.fleet.find_token(token_id.clone()).await {
        Ok(secret) => edge
            .desk
            .answer(&asked, &secret, edge.fleet.now())
            .map_err(ApiError::from),
        Err(error) => Err(error.into()),
    };
    let who = format!("token:{token_id}");
    let (result, machine) = match &proved {
        Ok((_, agent)) => (Witness::OK, agent.machine.to_string()),
        Err(_) => (Witness::REFUSED, String::new()),
    };
    let action = AuditAction::EnrolAgent;
    audit::witness_as(&edge, &request, who, action, &machine, result).await?;
    let (answer, agent) = proved?;
    edge.fleet.enrol(EnrolAgent { token_id, agent }).await?;
    tracing::info!(machine, "agent enrolled");
    Ok(json(&answer))
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
            EnrolError::NoRandomness => atlas_actors::fleet::Busy.into(),
        }
    }
}
