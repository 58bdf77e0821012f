//! What Prometheus and its kin scrape: the server's own figures, the newest values of machines for
//! those who ask for them, and the list of machines as HTTP service discovery wants it.

pub mod families;
pub mod process;

use std::sync::Arc;

use actix_web::{HttpResponse, web};
use atlas_actors::model::{Metric, Presence};
use atlas_actors::roster::{FleetView, Row, Totals};
use serde::Deserialize;

use self::families::family;
use super::Edge;
use super::conditional::off_the_worker;
use super::error::ApiError;
use super::machines;
use crate::wire::exposition::{CONTENT_TYPE, Exposition, FamilyKind};
use crate::wire::views::{ScrapeLabels, ScrapeTargetView};

/// Whose values beside the server's own.
#[derive(Deserialize)]
pub struct ScrapeQuery {
    /// `all`, or those with this tag.
    machines: Option<String>,
    tag: Option<String>,
}

/// The server's own figures; with `machines=all` or `tag=…` the newest values of these machines too.
///
/// # Errors
/// None but those of access.
#[utoipa::path(get, path = "/metrics", tag = "prometheus",
    params(("machines" = Option<String>, Query, description = "all: the newest values of all machines too"),
        ("tag" = Option<String>, Query, description = "The newest values of the machines with that tag too")),
    responses((status = 200, description = "Prometheus's text format, version 0.0.4", content_type = "text/plain", body = String)))]
pub async fn scrape(edge: web::Data<Edge>, query: web::Query<ScrapeQuery>) -> Result<HttpResponse, ApiError> {
    let mut text = Exposition::default();
    own_figures(&edge, &mut text);
    let view = edge.fleet.view().clone();
    let query = query.into_inner();
    let is_wanted = move |row: &Arc<Row>| match (&query.machines, &query.tag) {
        (_, Some(tag)) => row.snapshot.tags.iter().any(|one| one.as_str() == tag),
        (machines, None) => machines.as_deref() == Some("all"),
    };
    let text = off_the_worker(view.rows().len(), move || {
        let rows: Vec<&Arc<Row>> = view.rows().iter().filter(|row| is_wanted(row)).collect();
        if !rows.is_empty() {
            machine_figures(&rows, &mut text);
        }
        text.into_text().into()
    });
    Ok(HttpResponse::Ok().content_type(CONTENT_TYPE).body(text.await?))
}

/// The newest values of one machine.
///
/// # Errors
/// 404 when there is none.
#[utoipa::path(get, path = "/api/v2/machines/{id}/metrics", tag = "prometheus",
    params(("id" = String, Path, description = "Machine id or serial number")),
    responses((status = 200, description = "Prometheus's text format, version 0.0.4", content_type = "text/plain", body = String)))]
pub async fn scrape_machine(edge: web::Data<Edge>, id: web::Path<String>) -> Result<HttpResponse, ApiError> {
    let view = edge.fleet.view();
    let row = view.find(&id).ok_or_else(ApiError::no_such_machine)?;
    let mut text = Exposition::default();
    machine_figures(&[row], &mut text);
    Ok(HttpResponse::Ok()
        .content_type(CONTENT_TYPE)
        .body(text.into_text()))
}

/// The machines as targets, for Prometheus's HTTP service discovery.
///
/// # Errors
/// None but those of access.
#[utoipa::path(get, path = "/api/v2/prometheus/targets", tag = "prometheus",
    responses((status = 200, description = "One target for each machine", body = Vec<ScrapeTargetView>)))]
pub async fn targets(edge: web::Data<Edge>) -> Result<HttpResponse, ApiError> {
    let authority = edge.public_url.trim_start_matches("https://").to_owned();
    let view = edge.fleet.view();
    let target = |row: &Arc<Row>| {
        let machine = &row.snapshot;
        let tags: Vec<&str> = machine
            .tags
            .iter()
            .map(atlas_actors::model::Tag::as_str)
            .collect();
        ScrapeTargetView {
            targets: [authority.clone()],
            labels: ScrapeLabels {
                scheme: "https",
                path: format!("/api/v2/machines/{}/metrics", encoded(machine.id.as_str())),
                machine: machine.id.to_string(),
                os: machine.facts.os.name(),
                // With a separator on both sides, so that a relabelling can match a whole one.
                tags: if tags.is_empty() {
                    String::new()
                } else {
                    format!(",{},", tags.join(","))
                },
            },
        }
    };
    Ok(machines::json(
        &view.rows().iter().map(target).collect::<Vec<_>>(),
    ))
}

/// A machine's id as a part of a path.
fn encoded(id: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    let byte = |byte: u8| {
        if is_plain(byte) {
            char::from(byte).to_string()
        } else {
            format!("%{byte:02X}")
        }
    };
    id.bytes().map(byte).collect()
}

fn own_figures(edge: &Edge, text: &mut Exposition) {
    text.family(
        "atlas_build_info",
        FamilyKind::Gauge,
        "Which program answers; always 1.",
    );
    text.sample("atlas_build_info", &[("version", env!("CARGO_PKG_VERSION"))], 1);
    let view = edge.fleet.view();
    presence(view.totals(), text);
    view_figures(&view, text);
    text.single(
        "atlas_channels",
        FamilyKind::Gauge,
        "Agents that can be told something at once.",
        edge.fleet.channels().open(),
    );
    text.single(
        "atlas_live_viewers",
        FamilyKind::Gauge,
        "Pages that look on.",
        super::limits::STREAMS_MAX - edge.viewers.available_permits(),
    );
    text.single(
        "atlas_audit_records_total",
        FamilyKind::Counter,
        "Records in the audit log.",
        edge.fleet.audit_head().seq,
    );
    edge.traffic.expose(text);
    process::expose(text);
}

fn presence(totals: Totals, text: &mut Exposition) {
    let name = "atlas_machines";
    text.family(name, FamilyKind::Gauge, "Machines by whether they are there.");
    let counts = [
        (Presence::Online, totals.online),
        (Presence::Warning, totals.warning),
        (Presence::Offline, totals.offline),
        (Presence::Asleep, totals.asleep),
    ];
    for (presence, count) in counts {
        text.sample(name, &[("presence", presence.name())], count);
    }
    text.single(
        "atlas_legacy_agents",
        FamilyKind::Gauge,
        "Machines whose agent is one of 1.x or 2.0.",
        totals.legacy,
    );
}

fn view_figures(view: &FleetView, text: &mut Exposition) {
    let sum = |of: fn(&Row) -> u64| view.rows().iter().map(|row| of(row)).sum::<u64>();
    text.single(
        "atlas_dropped_reports_total",
        FamilyKind::Counter,
        "Reports that agents lost because their spool was full or damaged.",
        sum(|row| row.snapshot.dropped),
    );
    text.single(
        "atlas_late_reports_total",
        FamilyKind::Counter,
        "Reports that came after newer ones.",
        sum(|row| row.snapshot.late),
    );
}

/// Values of a machine that is away say nothing of now: only that it is away.
fn machine_figures(rows: &[&Arc<Row>], text: &mut Exposition) {
    let name = "atlas_machine_up";
    text.family(name, FamilyKind::Gauge, "Whether the machine reports in time.");
    for row in rows {
        let machine = &row.snapshot;
        let labels = [
            ("machine", machine.id.as_str()),
            ("os", machine.facts.os.name()),
            ("presence", machine.presence.name()),
        ];
        text.sample(name, &labels, u8::from(machine.presence == Presence::Online));
    }
    let name = "atlas_machine_last_report_timestamp_seconds";
    text.family(name, FamilyKind::Gauge, "When its newest report came.");
    for row in rows {
        let labels = [("machine", row.snapshot.id.as_str())];
        text.sample(name, &labels, row.snapshot.last_seen.as_secs());
    }
    for metric in Metric::ALL {
        machine_family(metric, rows, text);
    }
}

fn machine_family(metric: Metric, rows: &[&Arc<Row>], text: &mut Exposition) {
    let family = family(metric);
    let present = rows
        .iter()
        .filter(|row| matches!(row.snapshot.presence, Presence::Online | Presence::Warning));
    let mut is_begun = false;
    for row in present {
        let Some(value) = row.snapshot.samples.get(metric) else {
            continue;
        };
        if !is_begun {
            text.family(family.name, FamilyKind::Gauge, family.help);
            is_begun = true;
        }
        let labels = [("machine", row.snapshot.id.as_str())];
        text.sample(family.name, &labels, f64::from(value) / family.divisor);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_one_part_of_a_path() {
        assert_eq!(encoded("mac-1.local"), "mac-1.local");
        assert_eq!(encoded("a/b c%"), "a%2Fb%20c%25");
    }
}
