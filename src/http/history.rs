//! What a machine measured: recent reports as 2.0 gives them, and series for charts.

use std::time::Duration;

use actix_web::{HttpResponse, web};
use atlas_actors::clock::Timestamp;
use atlas_actors::limits::SAMPLE_AGE_MAX;
use atlas_actors::machine::open_block::Row;
use atlas_actors::messages::{Series, SeriesColumn};
use atlas_actors::model::{Gap, MachineId, Metric};
use atlas_actors::store::TimeRange;
use serde::Deserialize;
use serde_json::{Value, json};

use super::Edge;
use super::error::ApiError;
use super::limits::{HISTORY_DEFAULT, HISTORY_MAX, POINTS_DEFAULT};
use super::machines::{self, find};
use crate::wire::machine_json;
use crate::wire::views::{GapView, HistoryEntryView, HistoryView, SeriesColumnView, SeriesView};

/// How many entries.
#[derive(Deserialize)]
pub struct HistoryQuery {
    limit: Option<usize>,
}

/// A machine's recent reports, newest last.
///
/// # Errors
/// 404 when there is no such machine.
#[utoipa::path(get, path = "/api/fleet/history/{id}", tag = "history",
    params(("id" = String, Path, description = "Machine id or serial number"),
        ("limit" = Option<usize>, Query, description = "At most so many; 100 unless said, 10,000 at most")),
    responses((status = 200, description = "The newest reports, newest last", body = HistoryView)))]
pub async fn recent(
    edge: web::Data<Edge>,
    id: web::Path<String>,
    query: web::Query<HistoryQuery>,
) -> Result<HttpResponse, ApiError> {
    let machine = find(&edge, &id)?;
    let limit = query.limit.unwrap_or(HISTORY_DEFAULT).min(HISTORY_MAX);
    let to = edge.fleet.now().plus(Duration::from_secs(300));
    let rows = edge
        .fleet
        .rows(machine, recent_range(&edge, &id, to, limit), limit)
        .await?;
    Ok(machines::json(&HistoryView {
        history: rows.iter().map(entry).collect(),
    }))
}

/// A span that holds so many reports at the machine's interval, four times over for gaps, so that a
/// month is not read for the newest hundred.
fn recent_range(edge: &Edge, id: &str, to: Timestamp, limit: usize) -> TimeRange {
    let view = edge.fleet.view();
    let snapshot = view.find(id).map(|row| &row.snapshot);
    let newest = snapshot.map_or(to, |machine| machine.last_seen.min(to));
    let interval_s = snapshot.map_or(30, |machine| u64::from(machine.interval_s));
    let span = Duration::from_secs(interval_s.saturating_mul(limit as u64 + 1).saturating_mul(4));
    TimeRange {
        from: newest.minus(span.clamp(Duration::from_secs(86_400), SAMPLE_AGE_MAX)),
        to,
    }
}

/// A row of history in the shape that reports have (contract, section 2).
fn entry(row: &Row) -> HistoryEntryView {
    let value = |metric| row.samples.get(metric).map_or(Value::Null, |value| json!(value));
    HistoryEntryView {
        timestamp: row.taken_at.to_string(),
        metrics: json!({
            "timestamp": row.taken_at.to_string(),
            "uptime_seconds": value(Metric::Uptime),
            "cpu": {
                "percent": value(Metric::CpuPercent),
                "load_avg": [value(Metric::Load1), value(Metric::Load5), value(Metric::Load15)],
            },
            "memory": {
                "percent": value(Metric::MemoryPercent),
                "used": value(Metric::MemoryUsed),
                "swap_percent": value(Metric::SwapPercent),
            },
            "disk": {
                "percent": value(Metric::DiskPercent),
                "used": value(Metric::DiskUsed),
                "read_bytes_per_s": value(Metric::DiskRead),
                "write_bytes_per_s": value(Metric::DiskWrite),
            },
            "network": {
                "recv_bytes_per_s": value(Metric::NetReceived),
                "sent_bytes_per_s": value(Metric::NetSent),
                "connections": value(Metric::Connections),
            },
            "processes": {"total": value(Metric::Processes)},
            "battery": {"percent": value(Metric::BatteryPercent)},
            "temperature": {"cpu": value(Metric::Temperature)},
        }),
    }
}

/// Which values, from when to when, how fine.
#[derive(Deserialize)]
pub struct SeriesQuery {
    metrics: Option<String>,
    from: Option<String>,
    to: Option<String>,
    points: Option<usize>,
}

/// A machine's values over time, thinned out to what a chart can show.
///
/// # Errors
/// 404 when there is no such machine, 400 for an unknown metric or a time that is none.
#[utoipa::path(get, path = "/api/v2/machines/{id}/series", tag = "history",
    params(("id" = String, Path, description = "Machine id or serial number"),
        ("metrics" = Option<String>, Query, description = "Names with commas between; all unless said"),
        ("from" = Option<String>, Query, description = "RFC 3339; an hour before `to` unless said"),
        ("to" = Option<String>, Query, description = "RFC 3339; now unless said"),
        ("points" = Option<usize>, Query, description = "At most so many steps; 600 unless said, 4,000 at most")),
    responses((status = 200, description = "The values", body = SeriesView)))]
pub async fn series(
    edge: web::Data<Edge>,
    id: web::Path<String>,
    query: web::Query<SeriesQuery>,
) -> Result<HttpResponse, ApiError> {
    let machine = find(&edge, &id)?;
    let metrics = machines::metrics(query.metrics.as_deref())?;
    let range = range(&query, edge.fleet.now())?;
    let points = query
        .points
        .unwrap_or(POINTS_DEFAULT)
        .min(reports_in(&edge, &id, range));
    let series = edge.fleet.series(machine.clone(), metrics, range, points).await?;
    let gaps = gaps_in(&edge, &machine, range);
    let gaps = gaps.iter().map(machine_json::gap).collect();
    Ok(machines::json(&view(machine.as_str(), range, &series, gaps)))
}

/// How many reports a machine sends in that time: finer steps would be empty, and look like gaps.
fn reports_in(edge: &Edge, id: &str, range: TimeRange) -> usize {
    let interval_s = edge
        .fleet
        .view()
        .find(id)
        .map_or(30, |row| u64::from(row.snapshot.interval_s));
    let reports = range.to.since(range.from).as_secs() / interval_s.max(1);
    usize::try_from(reports).unwrap_or(usize::MAX).max(1)
}

/// The spans of that time in which a machine was away, and those in which the server was, since the
/// machine is known.
fn gaps_in(edge: &Edge, machine: &MachineId, range: TimeRange) -> Vec<Gap> {
    let view = edge.fleet.view();
    let Some(row) = view.find(machine.as_str()) else {
        return Vec::new();
    };
    let snapshot = &row.snapshot;
    let own = snapshot.gaps.iter().copied();
    let downtimes = edge.fleet.downtimes();
    let of_the_server = downtimes
        .iter()
        .copied()
        .filter(|gap| snapshot.first_seen < gap.to);
    let mut gaps: Vec<_> = own
        .chain(of_the_server)
        .filter(|gap| gap.from < range.to && range.from < gap.to)
        .collect();
    gaps.sort_by_key(|gap| gap.from);
    gaps
}

fn range(query: &SeriesQuery, now: Timestamp) -> Result<TimeRange, ApiError> {
    let time = |text: &Option<String>| {
        text.as_deref()
            .map(Timestamp::parse)
            .transpose()
            .map_err(|error| ApiError::bad_request("invalid_time", format!("`from` or `to` is {error}.")))
    };
    let to = time(&query.to)?.unwrap_or(now);
    let from = time(&query.from)?.unwrap_or_else(|| to.minus(Duration::from_secs(3_600)));
    if from > to {
        return Err(ApiError::bad_request("invalid_range", "`from` lies after `to`."));
    }
    Ok(TimeRange { from, to })
}

fn view<'a>(machine: &'a str, range: TimeRange, series: &Series, gaps: Vec<GapView<'a>>) -> SeriesView<'a> {
    SeriesView {
        machine_id: machine,
        from: range.from.to_string(),
        to: range.to.to_string(),
        step_s: series.step_s,
        tier: series.tier.shown(),
        times: series.times.iter().map(|time| time.as_secs()).collect(),
        series: series
            .columns
            .iter()
            .map(|column| (column.metric.name(), column_view(column)))
            .collect(),
        gaps,
    }
}

fn column_view(column: &SeriesColumn) -> SeriesColumnView<'static> {
    SeriesColumnView {
        unit: column.metric.unit().name(),
        avg: column.avg.clone(),
        min: column.min.clone(),
        max: column.max.clone(),
    }
}
