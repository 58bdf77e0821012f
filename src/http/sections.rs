//! What of a machine seldom changes: its sections, what changed in them, and the latest of each kind
//! where clients of 2.0 look for it.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use atlas_actors::clock::Timestamp;
use atlas_actors::model::{MachineId, SectionName};
use serde::Deserialize;

use super::Edge;
use super::error::ApiError;
use super::machines::{find, json};
use crate::wire::section_json;
use crate::wire::views::{ChangesView, LatestView, SectionView, SectionsView};

/// A machine's sections, without what is in them.
///
/// # Errors
/// 404 when there is no such machine.
#[utoipa::path(get, path = "/api/v2/machines/{id}/sections", tag = "machines",
    params(("id" = String, Path, description = "Machine id or serial number")),
    responses((status = 200, description = "The sections, by name", body = SectionsView)))]
pub async fn list(edge: web::Data<Edge>, id: web::Path<String>) -> Result<HttpResponse, ApiError> {
    let machine = find(&edge, &id)?;
    let kept = edge.fleet.sections(machine.clone()).await?;
    Ok(json(&section_json::list(&machine, &kept)))
}

/// One of a machine's sections.
///
/// # Errors
/// 404 when there is no such machine, or it sent no such section.
#[utoipa::path(get, path = "/api/v2/machines/{id}/sections/{name}", tag = "machines",
    params(("id" = String, Path, description = "Machine id or serial number"),
        ("name" = String, Path, description = "As the list of sections gives it")),
    responses((status = 200, description = "The section", body = SectionView)))]
pub async fn show(
    edge: web::Data<Edge>,
    path: web::Path<(String, String)>,
) -> Result<HttpResponse, ApiError> {
    let (id, name) = path.into_inner();
    let machine = find(&edge, &id)?;
    let name = SectionName::parse(&name).map_err(|_| nothing_of_that_kind())?;
    let kept = edge.fleet.section(machine.clone(), name.clone()).await?;
    let kept = kept.ok_or_else(nothing_of_that_kind)?;
    Ok(json(&section_json::one(&machine, &name, &kept)))
}

/// Since when.
#[derive(Deserialize)]
pub struct ChangesQuery {
    since: Option<String>,
}

/// What changed on a machine, newest first: programs, services, protection, what is plugged in.
///
/// # Errors
/// 404 when there is no such machine, 400 for a time that is none.
#[utoipa::path(get, path = "/api/v2/machines/{id}/changes", tag = "machines",
    params(("id" = String, Path, description = "Machine id or serial number"),
        ("since" = Option<String>, Query, description = "RFC 3339; all that is kept unless said, the last 200")),
    responses((status = 200, description = "The changes, newest first", body = ChangesView)))]
pub async fn changes(
    edge: web::Data<Edge>,
    id: web::Path<String>,
    query: web::Query<ChangesQuery>,
) -> Result<HttpResponse, ApiError> {
    let machine = find(&edge, &id)?;
    let since = query.since.as_deref().map(Timestamp::parse).transpose();
    let since =
        since.map_err(|error| ApiError::bad_request("invalid_time", format!("`since` is {error}.")))?;
    let kept = edge.fleet.sections(machine.clone()).await?;
    Ok(json(&section_json::changes(&machine, &kept, since)))
}

/// Of which machine.
#[derive(Deserialize)]
pub struct LatestQuery {
    machine_id: Option<String>,
}

/// The machine that is asked about; the server's own unless said.
///
/// # Errors
/// 404 when there is no such machine.
pub fn asked_machine(edge: &Edge, query: &LatestQuery) -> Result<MachineId, ApiError> {
    find(edge, query.machine_id.as_deref().unwrap_or(&edge.own_machine))
}

/// Some fields of a section, or all of it when none are named.
async fn latest(
    edge: &Edge,
    query: &LatestQuery,
    section: &str,
    wanted: &[&str],
) -> Result<HttpResponse, ApiError> {
    let machine = asked_machine(edge, query)?;
    let name = SectionName::parse(section).map_err(|_| nothing_of_that_kind())?;
    let kept = edge.fleet.section(machine.clone(), name).await?;
    let latest = kept
        .as_ref()
        .and_then(|kept| section_json::latest(&machine, kept.taken_at, &kept.body, wanted));
    Ok(json(&latest.ok_or_else(nothing_of_that_kind)?))
}

/// How well a machine is protected.
///
/// # Errors
/// 404 when there is no such machine, or it never said.
#[utoipa::path(get, path = "/api/security/status", tag = "2.0",
    params(("machine_id" = Option<String>, Query, description = "The server's own machine unless said")),
    responses((status = 200, description = "The latest", body = LatestView)))]
pub async fn security(
    edge: web::Data<Edge>,
    query: web::Query<LatestQuery>,
) -> Result<HttpResponse, ApiError> {
    latest(&edge, &query, "posture", &[]).await
}

/// The same in one number.
///
/// # Errors
/// As for [`security`].
#[utoipa::path(get, path = "/api/security/score", tag = "2.0",
    params(("machine_id" = Option<String>, Query, description = "The server's own machine unless said")),
    responses((status = 200, description = "The latest `security_score`, 0 to 100", body = LatestView)))]
pub async fn security_score(
    edge: web::Data<Edge>,
    query: web::Query<LatestQuery>,
) -> Result<HttpResponse, ApiError> {
    latest(&edge, &query, "posture", &["security_score"]).await
}

/// Programs that crashed.
///
/// # Errors
/// As for [`security`].
#[utoipa::path(get, path = "/api/applications/crashes", tag = "2.0",
    params(("machine_id" = Option<String>, Query, description = "The server's own machine unless said")),
    responses((status = 200, description = "The latest", body = LatestView)))]
pub async fn crashes(
    edge: web::Data<Edge>,
    query: web::Query<LatestQuery>,
) -> Result<HttpResponse, ApiError> {
    latest(&edge, &query, "crashes", &[]).await
}

/// The disks' health.
///
/// # Errors
/// As for [`security`].
#[utoipa::path(get, path = "/api/disk/health", tag = "2.0",
    params(("machine_id" = Option<String>, Query, description = "The server's own machine unless said")),
    responses((status = 200, description = "The latest", body = LatestView)))]
pub async fn disk_health(
    edge: web::Data<Edge>,
    query: web::Query<LatestQuery>,
) -> Result<HttpResponse, ApiError> {
    latest(&edge, &query, "disk_health", &[]).await
}

/// What is installed.
///
/// # Errors
/// As for [`security`].
#[utoipa::path(get, path = "/api/software/inventory", tag = "2.0",
    params(("machine_id" = Option<String>, Query, description = "The server's own machine unless said")),
    responses((status = 200, description = "The latest", body = LatestView)))]
pub async fn software(
    edge: web::Data<Edge>,
    query: web::Query<LatestQuery>,
) -> Result<HttpResponse, ApiError> {
    latest(&edge, &query, "software", &[]).await
}

/// What is plugged in.
///
/// # Errors
/// As for [`security`].
#[utoipa::path(get, path = "/api/peripherals/devices", tag = "2.0",
    params(("machine_id" = Option<String>, Query, description = "The server's own machine unless said")),
    responses((status = 200, description = "The latest", body = LatestView)))]
pub async fn peripherals(
    edge: web::Data<Edge>,
    query: web::Query<LatestQuery>,
) -> Result<HttpResponse, ApiError> {
    latest(&edge, &query, "peripherals", &[]).await
}

/// The displays.
///
/// # Errors
/// As for [`security`].
#[utoipa::path(get, path = "/api/display/status", tag = "2.0",
    params(("machine_id" = Option<String>, Query, description = "The server's own machine unless said")),
    responses((status = 200, description = "The latest", body = LatestView)))]
pub async fn displays(
    edge: web::Data<Edge>,
    query: web::Query<LatestQuery>,
) -> Result<HttpResponse, ApiError> {
    latest(&edge, &query, "peripherals", &["displays"]).await
}

/// Battery and mains, from the newest report.
///
/// # Errors
/// As for [`security`].
#[utoipa::path(get, path = "/api/power/status", tag = "2.0",
    params(("machine_id" = Option<String>, Query, description = "The server's own machine unless said")),
    responses((status = 200, description = "The latest", body = LatestView)))]
pub async fn power(edge: web::Data<Edge>, query: web::Query<LatestQuery>) -> Result<HttpResponse, ApiError> {
    of_the_report(&edge, &query, "power")
}

/// One part of a machine's newest report.
///
/// # Errors
/// 404 when there is no such machine, or it never said.
pub fn of_the_report(edge: &Edge, query: &LatestQuery, part: &str) -> Result<HttpResponse, ApiError> {
    let machine = asked_machine(edge, query)?;
    let view = edge.fleet.view();
    let snapshot = view.find(machine.as_str()).map(|row| &row.snapshot);
    let latest = snapshot.and_then(|snapshot| {
        let body = section_json::field(&snapshot.document, part)?;
        section_json::latest(&machine, snapshot.taken_at?, body, &[])
    });
    Ok(json(&latest.ok_or_else(nothing_of_that_kind)?))
}

/// The machine is there, but never sent that.
pub fn nothing_of_that_kind() -> ApiError {
    ApiError::new(
        StatusCode::NOT_FOUND,
        "nothing_known",
        "This machine has sent nothing of that kind: its agent may be older, or that monitor is off.",
    )
}
