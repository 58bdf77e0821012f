//! The fleet and its machines: all of them, one of them, their numbers, their tags, and forgetting
//! one. What is read is the published view; nobody is asked.

use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use atlas_actors::audit_log::AuditAction;
use atlas_actors::channels::ChannelTable;
use atlas_actors::clock::Timestamp;
use atlas_actors::model::{MachineId, Metric, Tag};
use atlas_actors::roster::{FleetView, Row};
use serde::Deserialize;

use super::Edge;
use super::audit;
use super::body::JsonBody;
use super::conditional::{self, Published};
use super::error::ApiError;
use super::limits::PAGE_MAX;
use crate::wire::machine_json::{self, to_json};
use crate::wire::views::{AlertView, MachineView, MachinesView, SummaryView, TagsView};

/// Which machines.
#[derive(Deserialize)]
pub struct MachinesQuery {
    status: Option<String>,
    limit: Option<usize>,
    offset: Option<usize>,
}

/// All machines with their newest values.
///
/// # Errors
/// None but those of access.
#[utoipa::path(get, path = "/api/fleet/machines", tag = "machines",
    params(("status" = Option<String>, Query, description = "Only machines with this presence"),
        ("limit" = Option<usize>, Query, description = "At most so many"),
        ("offset" = Option<usize>, Query, description = "Pass over so many")),
    responses((status = 200, description = "The machines, by id", body = MachinesView)))]
pub async fn list(
    edge: web::Data<Edge>,
    request: HttpRequest,
    query: web::Query<MachinesQuery>,
) -> Result<HttpResponse, ApiError> {
    let view = edge.fleet.view().clone();
    if query.status.is_none() && query.limit.is_none() && query.offset.is_none() {
        let published = Published {
            name: edge.encoder.name(view.revision()),
            view,
        };
        let channels = edge.fleet.channels().clone();
        let encode = move |rows: &[Arc<Row>]| machine_json::fleet(rows, &channels);
        return conditional::answer(&request, published, encode).await;
    }
    let query = query.into_inner();
    let (machines, channels) = (view.rows().len(), edge.fleet.channels().clone());
    let body = conditional::off_the_worker(machines, move || to_json(&page(&view, &channels, &query)).into());
    Ok(HttpResponse::Ok()
        .content_type("application/json")
        .body(body.await?))
}

fn page<'a>(view: &'a FleetView, channels: &'a ChannelTable, query: &MachinesQuery) -> MachinesView<'a> {
    let wanted = |row: &&Arc<Row>| {
        query
            .status
            .as_ref()
            .is_none_or(|status| row.snapshot.presence.name() == status.as_str())
    };
    let matching: Vec<_> = view.rows().iter().filter(wanted).collect();
    let (offset, limit) = (
        query.offset.unwrap_or(0),
        query.limit.unwrap_or(PAGE_MAX).min(PAGE_MAX),
    );
    let page = matching.iter().skip(offset).take(limit);
    MachinesView {
        machines: page
            .map(|row| machine_json::machine(&row.snapshot, channels))
            .collect(),
        total: Some(matching.len()),
        offset: Some(offset),
        limit: Some(limit),
    }
}

/// One machine, by its id or its serial number.
///
/// # Errors
/// 404 when there is none.
#[utoipa::path(get, path = "/api/fleet/machine/{id}", tag = "machines",
    params(("id" = String, Path, description = "Machine id or serial number")),
    responses((status = 200, description = "The machine", body = MachineView),
        (status = 404, description = "There is none", body = crate::wire::views::LegacyErrorBody)))]
pub async fn show(edge: web::Data<Edge>, id: web::Path<String>) -> Result<HttpResponse, ApiError> {
    let view = edge.fleet.view();
    let row = view.find(&id).ok_or_else(ApiError::no_such_machine)?;
    Ok(json(&machine_json::machine(
        &row.snapshot,
        &edge.fleet.channels(),
    )))
}

/// The fleet in numbers.
///
/// # Errors
/// None but those of access.
#[utoipa::path(get, path = "/api/fleet/summary", tag = "machines",
    responses((status = 200, description = "Counts, means and what stands out", body = SummaryView)))]
pub async fn summary(edge: web::Data<Edge>) -> Result<HttpResponse, ApiError> {
    let view = edge.fleet.view();
    Ok(json(&summarize(&view, edge.fleet.now())))
}

fn summarize(view: &FleetView, now: Timestamp) -> SummaryView<'_> {
    let totals = view.totals();
    SummaryView {
        total_machines: totals.machines,
        online: totals.online,
        warning: totals.warning,
        offline: totals.offline,
        asleep: totals.asleep,
        legacy_agents: totals.legacy,
        avg_cpu: totals.cpu_percent,
        avg_memory: totals.memory_percent,
        avg_disk: totals.disk_percent,
        alerts: view.rows().iter().flat_map(|row| alerts(row)).collect(),
        outages: machine_json::outages(view.outages()),
        timestamp: now.to_string(),
    }
}

fn alerts(row: &Row) -> impl Iterator<Item = AlertView<'_>> {
    row.snapshot.alarms().map(|alarm| AlertView {
        machine_id: row.snapshot.id.as_str(),
        kind: alarm.kind,
        severity: "critical",
        message: alarm_message(alarm.kind, row.snapshot.samples.get(alarm.metric)),
    })
}

fn alarm_message(kind: &str, percent: Option<f32>) -> String {
    let what = match kind {
        "cpu" => "CPU",
        "memory" => "Memory",
        _ => "Disk",
    };
    format!("{what} usage is at {:.1} %", percent.unwrap_or_default())
}

/// Sets a machine's tags.
///
/// # Errors
/// 404 when there is no such machine, 400 when a tag can't be one.
#[utoipa::path(put, path = "/api/v2/machines/{id}/tags", tag = "machines", request_body = TagsView,
    params(("id" = String, Path, description = "Machine id or serial number")),
    responses((status = 200, description = "The machine's tags now", body = TagsView)))]
pub async fn tag(
    edge: web::Data<Edge>,
    request: HttpRequest,
    id: web::Path<String>,
    JsonBody(asked): JsonBody<TagsView>,
) -> Result<HttpResponse, ApiError> {
    let machine = find(&edge, &id)?;
    let parsed: Result<Vec<_>, _> = asked.tags.iter().map(|tag| Tag::parse(tag)).collect();
    let tags = parsed
        .map_err(|error| ApiError::bad_request("invalid_tag", format!("A tag can't be used: {error}.")))?;
    audit::witness(&edge, &request, AuditAction::TagMachine, machine.as_str()).await?;
    let tags = edge.fleet.tag(machine, tags).await?;
    Ok(json(&TagsView {
        tags: tags.iter().map(|tag| tag.as_str().to_owned()).collect(),
    }))
}

/// Forgets a machine: its record, its history and its agent's credential.
///
/// # Errors
/// 404 when there is no such machine.
#[utoipa::path(delete, path = "/api/v2/machines/{id}", tag = "machines",
    params(("id" = String, Path, description = "Machine id or serial number")),
    responses((status = 204, description = "It is forgotten")))]
pub async fn forget(
    edge: web::Data<Edge>,
    request: HttpRequest,
    id: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    let machine = find(&edge, &id)?;
    audit::witness(&edge, &request, AuditAction::ForgetMachine, machine.as_str()).await?;
    edge.fleet.forget(machine.clone()).await?;
    tracing::info!(%machine, "forgotten");
    Ok(HttpResponse::build(StatusCode::NO_CONTENT).finish())
}

/// The id of the machine that has this id or serial number.
///
/// # Errors
/// 404 when there is none.
pub fn find(edge: &Edge, id: &str) -> Result<MachineId, ApiError> {
    let view = edge.fleet.view();
    view.find(id)
        .map(|row| row.snapshot.id.clone())
        .ok_or_else(ApiError::no_such_machine)
}

/// An answer of JSON.
pub fn json(view: &impl serde::Serialize) -> HttpResponse {
    HttpResponse::Ok()
        .content_type("application/json")
        .body(to_json(view))
}

/// All metrics by their names in a query; nothing asked = all of them.
pub fn metrics(names: Option<&str>) -> Result<Vec<Metric>, ApiError> {
    let Some(names) = names.filter(|names| !names.is_empty()) else {
        return Ok(Metric::ALL.to_vec());
    };
    let known = |name: &str| {
        Metric::named(name.trim()).ok_or_else(|| {
            let all: Vec<_> = Metric::ALL.iter().map(|metric| metric.name()).collect();
            ApiError::bad_request(
                "unknown_metric",
                format!("There is no such metric. These exist: {}.", all.join(", ")),
            )
        })
    };
    names.split(',').map(known).collect()
}
