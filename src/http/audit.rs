//! The audit log: what handlers write into it before they act, and how it is read.

use std::sync::Arc;

use actix_web::{HttpMessage, HttpRequest, HttpResponse, web};
use atlas_actors::Fleet;
use atlas_actors::audit_log::{AuditAction, Witness};
use atlas_actors::fleet::AuditQuestion;
use bytes::Bytes;
use futures_util::stream;
use serde::Deserialize;

use super::caller::Principal;
use super::error::ApiError;
use super::limits::{AUDIT_EXPORT_PAGE, AUDIT_PAGE_DEFAULT, AUDIT_PAGE_MAX};
use super::machines::json;
use super::site::client_address;
use super::{Edge, request_id};
use crate::wire::views::AuditView;
use crate::wire::{audit_head, audit_json};

/// Writes down what the request's caller is about to do. In a handler, before it acts:
/// `audit::witness(&edge, &request, AuditAction::TagMachine, machine.as_str()).await?;`
///
/// # Errors
/// When it can't be written down; then it must not be done.
pub async fn witness(
    edge: &Edge,
    request: &HttpRequest,
    action: AuditAction,
    target: &str,
) -> Result<(), ApiError> {
    let caller = request.extensions().get::<Arc<Principal>>().cloned();
    let actor = caller.map_or_else(|| "nobody".to_owned(), |caller| caller.to_string());
    witness_as(edge, request, actor, action, target, Witness::OK).await
}

/// The same for somebody who has no session, or with another result.
///
/// # Errors
/// As for [`witness`].
pub async fn witness_as(
    edge: &Edge,
    request: &HttpRequest,
    actor: String,
    action: AuditAction,
    target: &str,
    result: &str,
) -> Result<(), ApiError> {
    edge.fleet
        .witness(Witness {
            actor,
            address: client_address(request).to_string(),
            action,
            target: target.to_owned(),
            result: result.to_owned(),
            request_id: request_id::current(),
        })
        .await?;
    Ok(())
}

/// Which records.
#[derive(Deserialize)]
pub struct AuditQuery {
    before: Option<u64>,
    limit: Option<usize>,
    actor: Option<String>,
    action: Option<String>,
}

/// The audit log, newest records first.
///
/// # Errors
/// 500 when the log can't be read.
#[utoipa::path(get, path = "/api/v2/audit", tag = "server",
    params(("before" = Option<u64>, Query, description = "Only records before this number"),
        ("limit" = Option<usize>, Query, description = "At most so many; 100 unless said, 1,000 at most"),
        ("actor" = Option<String>, Query, description = "Only those of this actor"),
        ("action" = Option<String>, Query, description = "Only those of this action")),
    responses((status = 200, description = "The records", body = AuditView)))]
pub async fn list(edge: web::Data<Edge>, query: web::Query<AuditQuery>) -> Result<HttpResponse, ApiError> {
    let query = query.into_inner();
    let head = **edge.fleet.audit_head();
    let records = edge
        .fleet
        .audit(&AuditQuestion {
            before: query.before,
            limit: query.limit.unwrap_or(AUDIT_PAGE_DEFAULT).min(AUDIT_PAGE_MAX),
            actor: query.actor,
            action: query.action,
        })
        .await?;
    Ok(json(&AuditView {
        records: records.into_iter().map(audit_json::record).collect(),
        head: audit_head::head(&head),
        oldest: (head.seq > 0).then_some(1),
    }))
}

/// The whole audit log, oldest record first, a line of JSON for each.
///
/// # Errors
/// None but those of access; an answer that ends without its last record was cut off by the store.
#[utoipa::path(get, path = "/api/v2/audit/export", tag = "server",
    responses((status = 200, description = "One JSON object a line, with its hash and the one before",
        body = String, content_type = "application/x-ndjson")))]
pub async fn export(edge: web::Data<Edge>) -> Result<HttpResponse, ApiError> {
    let pages = stream::unfold(Some((edge.fleet.clone(), 0)), |reading| async move {
        let (fleet, after) = reading?;
        next_page(fleet, after).await.transpose().map(|page| match page {
            Ok((bytes, last, fleet)) => (Ok(bytes), Some((fleet, last))),
            Err(error) => (Err(error), None),
        })
    });
    Ok(HttpResponse::Ok()
        .content_type("application/x-ndjson")
        .insert_header((
            "content-disposition",
            "attachment; filename=\"atlas-audit.jsonl\"",
        ))
        .streaming(pages))
}

async fn next_page(fleet: Fleet, after: u64) -> Result<Option<(Bytes, u64, Fleet)>, ApiError> {
    let records = fleet.audit_after(after, AUDIT_EXPORT_PAGE).await?;
    let Some(last) = records.last().map(|chained| chained.record.seq) else {
        return Ok(None);
    };
    let lines: Vec<u8> = records.into_iter().flat_map(audit_json::line).collect();
    Ok(Some((Bytes::from(lines), last, fleet)))
}
