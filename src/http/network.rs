//! How the fleet's networks are, for the dashboard and for clients of 2.0: troubles, groups that share a
//! network, voice quality. All from the published view.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use atlas_actors::model::VoiceQuality;

use super::Edge;
use super::body::JsonBody;
use super::conditional;
use super::error::ApiError;
use super::machines::{find, json};
use super::sections::{LatestQuery, of_the_report};
use crate::wire::machine_json::to_json;
use crate::wire::network_json;
use crate::wire::views::{
    LatestView, MosRequest, MosView, NetworkAnalysisView, NetworkMachineView, NetworkView, TestMetricsView,
    TestServerView, TestServersView, TestSummaryView,
};

/// How the fleet's networks are: troubles, wireless networks, gateways, the worst machines, speed tests.
///
/// # Errors
/// None but those of access.
#[utoipa::path(get, path = "/api/v2/network", tag = "network",
    responses((status = 200, description = "The networks", body = NetworkView)))]
pub async fn show(edge: web::Data<Edge>) -> Result<HttpResponse, ApiError> {
    let view = edge.fleet.view().clone();
    let machines = view.rows().len();
    let body = conditional::off_the_worker(machines, move || {
        to_json(&network_json::fleet(view.rows())).into()
    });
    answer(body.await?)
}

/// Every machine's network, those with trouble first.
///
/// # Errors
/// None but those of access.
#[utoipa::path(get, path = "/api/fleet/network-analysis", tag = "2.0",
    responses((status = 200, description = "The machines", body = NetworkAnalysisView)))]
pub async fn analysis(edge: web::Data<Edge>) -> Result<HttpResponse, ApiError> {
    let view = edge.fleet.view().clone();
    let (machines, now) = (view.rows().len(), edge.fleet.now());
    let body = conditional::off_the_worker(machines, move || {
        to_json(&analysed(now.to_string(), network_json::machines(view.rows()))).into()
    });
    answer(body.await?)
}

/// One machine's network.
///
/// # Errors
/// 404 when there is no such machine.
#[utoipa::path(get, path = "/api/fleet/network-analysis/{id}", tag = "2.0",
    params(("id" = String, Path, description = "Machine id or serial number")),
    responses((status = 200, description = "The machine", body = NetworkAnalysisView)))]
pub async fn analysis_of(edge: web::Data<Edge>, id: web::Path<String>) -> Result<HttpResponse, ApiError> {
    let view = edge.fleet.view();
    let row = view.find(&id).ok_or_else(ApiError::no_such_machine)?;
    let machines = vec![network_json::machine(&row.snapshot)];
    Ok(json(&analysed(edge.fleet.now().to_string(), machines)))
}

fn analysed(timestamp: String, machines: Vec<NetworkMachineView<'_>>) -> NetworkAnalysisView<'_> {
    NetworkAnalysisView {
        timestamp,
        machines_analyzed: machines.len(),
        machines_with_issues: machines.iter().filter(|machine| machine.is_troubled()).count(),
        machines,
    }
}

/// Whom machines test against: this server.
///
/// # Errors
/// None but those of access.
#[utoipa::path(get, path = "/api/fleet/network-test/servers", tag = "2.0",
    responses((status = 200, description = "This server", body = TestServersView)))]
pub async fn servers(edge: web::Data<Edge>) -> Result<HttpResponse, ApiError> {
    let server = TestServerView {
        name: "ATLAS",
        url: &edge.public_url,
    };
    Ok(json(&TestServersView {
        servers: vec![server],
    }))
}

/// What voices would sound like, by the query's numbers.
///
/// # Errors
/// 400 for numbers that are none.
#[utoipa::path(get, path = "/api/fleet/network-test/mos-simple", tag = "2.0",
    params(("latency_ms" = f64, Query, description = "To the other side and back"),
        ("jitter_ms" = Option<f64>, Query, description = "By which that varies"),
        ("packet_loss" = Option<f64>, Query, description = "Percent")),
    responses((status = 200, description = "The score", body = MosView)))]
pub async fn mos_by_query(query: web::Query<MosRequest>) -> Result<HttpResponse, ApiError> {
    mos(query.into_inner())
}

/// The same, by a body.
///
/// # Errors
/// 400 for numbers that are none.
#[utoipa::path(post, path = "/api/fleet/network-test/calculate-mos", tag = "2.0", request_body = MosRequest,
    responses((status = 200, description = "The score", body = MosView)))]
pub async fn mos_by_body(JsonBody(asked): JsonBody<MosRequest>) -> Result<HttpResponse, ApiError> {
    mos(asked)
}

fn mos(asked: MosRequest) -> Result<HttpResponse, ApiError> {
    let is_time = |ms: f64| ms.is_finite() && ms >= 0.0;
    if !is_time(asked.latency_ms) || !is_time(asked.jitter_ms) || !(0.0..=100.0).contains(&asked.packet_loss)
    {
        return Err(ApiError::bad_request(
            "invalid_network_values",
            "Milliseconds must be 0 at least, and packet_loss 0 to 100 percent.",
        ));
    }
    let voice = VoiceQuality::of(asked.latency_ms, asked.jitter_ms, asked.packet_loss);
    let rounded = |value: f64| (value * 100.0).round() / 100.0;
    Ok(json(&MosView {
        mos: rounded(voice.mos),
        r_factor: rounded(voice.r_factor),
        quality: voice.word(),
    }))
}

/// Each machine's newest test values.
///
/// # Errors
/// None but those of access.
#[utoipa::path(get, path = "/api/fleet/network-test/metrics", tag = "2.0",
    responses((status = 200, description = "The values", body = TestMetricsView)))]
pub async fn metrics(edge: web::Data<Edge>) -> Result<HttpResponse, ApiError> {
    let view = edge.fleet.view().clone();
    let machines = view.rows().len();
    let body = conditional::off_the_worker(machines, move || {
        let metrics = network_json::machines(view.rows());
        let count = metrics.len();
        to_json(&TestMetricsView { metrics, count }).into()
    });
    answer(body.await?)
}

/// 2.0 let clients send test values; here they come with the reports of the machines themselves.
///
/// # Errors
/// Always 410.
pub async fn take_metrics() -> Result<HttpResponse, ApiError> {
    Err(ApiError::new(
        StatusCode::GONE,
        "comes_with_reports",
        "Network tests come with each machine's own reports now: switch on fleet.agent.monitors.ping.",
    ))
}

/// Sums over all machines' test values.
///
/// # Errors
/// None but those of access.
#[utoipa::path(get, path = "/api/fleet/network-test/summary", tag = "2.0",
    responses((status = 200, description = "The sums", body = TestSummaryView)))]
pub async fn summary(edge: web::Data<Edge>) -> Result<HttpResponse, ApiError> {
    Ok(json(&network_json::summary(edge.fleet.view().rows())))
}

/// Whether a machine's VPN is up.
///
/// # Errors
/// 404 when there is no such machine, or it never said.
#[utoipa::path(get, path = "/api/vpn/status", tag = "2.0",
    params(("machine_id" = Option<String>, Query, description = "The server's own machine unless said")),
    responses((status = 200, description = "The latest", body = LatestView)))]
pub async fn vpn(edge: web::Data<Edge>, query: web::Query<LatestQuery>) -> Result<HttpResponse, ApiError> {
    of_the_report(&edge, &query, "vpn")
}

/// How the services fare that a machine is told to check, by their kind.
///
/// # Errors
/// 404 when there is no such machine, or it never said.
#[utoipa::path(get, path = "/api/saas/health", tag = "2.0",
    params(("machine_id" = Option<String>, Query, description = "The server's own machine unless said")),
    responses((status = 200, description = "The latest", body = LatestView)))]
pub async fn services(
    edge: web::Data<Edge>,
    query: web::Query<LatestQuery>,
) -> Result<HttpResponse, ApiError> {
    of_the_report(&edge, &query, "saas_endpoints")
}

/// How a machine's network fares, in 2.0's words.
///
/// # Errors
/// 404 when there is no such machine, or it never said.
#[utoipa::path(get, path = "/api/network/quality", tag = "2.0",
    params(("machine_id" = Option<String>, Query, description = "The server's own machine unless said")),
    responses((status = 200, description = "The latest", body = LatestView)))]
pub async fn quality(
    edge: web::Data<Edge>,
    query: web::Query<LatestQuery>,
) -> Result<HttpResponse, ApiError> {
    of_the_report(&edge, &query, "network_quality")
}

/// How often a machine went from one access point to another.
///
/// # Errors
/// 404 when there is no such machine, or it never said.
#[utoipa::path(get, path = "/api/wifi/roaming", tag = "2.0",
    params(("machine_id" = Option<String>, Query, description = "The server's own machine unless said")),
    responses((status = 200, description = "The latest", body = LatestView)))]
pub async fn roaming(
    edge: web::Data<Edge>,
    query: web::Query<LatestQuery>,
) -> Result<HttpResponse, ApiError> {
    of_the_report(&edge, &query, "wifi_roaming")
}

fn answer(body: bytes::Bytes) -> Result<HttpResponse, ApiError> {
    Ok(HttpResponse::Ok().content_type("application/json").body(body))
}

/// The speed tests' own routes know a machine by the same names.
pub(super) fn known(edge: &Edge, id: &str) -> Result<String, ApiError> {
    find(edge, id).map(|machine| machine.to_string())
}
