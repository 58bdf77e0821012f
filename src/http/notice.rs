//! `POST /api/v2/agents/notice`: an agent says that it falls silent, and why.

use actix_web::{HttpResponse, web};
use atlas_actors::messages::AnnounceSilence;
use atlas_actors::model::Delivery;

use super::Edge;
use super::body::LimitedBody;
use super::error::ApiError;
use super::sealed;
use crate::wire::absence::{NOTICE_ROUTE, NoticeV2};

/// Takes the announcement. One that is about a time before the newest report changes nothing.
///
/// # Errors
/// 401 or 403 when the agent is not let in, 404 when its machine never reported, 400 for words that are
/// not known.
#[utoipa::path(post, path = "/api/v2/agents/notice", tag = "agents",
    request_body(content = Object, description = "Sealed; docs/protocol.md gives its fields"),
    responses((status = 204, description = "It is on disk")))]
pub async fn take(edge: web::Data<Edge>, LimitedBody(body): LimitedBody) -> Result<HttpResponse, ApiError> {
    let sealed = sealed::open_fresh(&edge, &body, NOTICE_ROUTE).await?;
    let notice = NoticeV2::parse(&sealed.content.plaintext).ok();
    let told = notice.and_then(|notice| {
        let spool = notice
            .spool
            .as_deref()
            .map(|spool| u64::from_str_radix(spool, 16));
        Some((notice.announcement()?, spool.transpose().ok()?, notice.seq))
    });
    let (what, spool, seq) = told.ok_or_else(|| {
        ApiError::bad_request(
            "malformed_notice",
            "What was sealed is not what this route takes: docs/protocol.md has its fields.",
        )
    })?;
    let machine = sealed.agent.machine.clone();
    tracing::info!(%machine, what = what.name(), "the agent falls silent");
    edge.fleet
        .announce(AnnounceSilence {
            machine,
            what,
            newest: spool.map(|spool| Delivery { spool, seq }),
        })
        .await?;
    Ok(HttpResponse::NoContent().finish())
}
