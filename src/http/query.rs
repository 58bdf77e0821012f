//! Questions about history: of which machines, which metrics, from when to when, in which steps. What is
//! asked is checked and its cost bounded before anything is read; the answer is sent while it is made.

mod asked;
mod reading;

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};

use self::asked::{QueryParameters, plan};
use self::reading::Reading;
use super::Edge;
use super::error::ApiError;
use super::limits::QUERIES_MAX;
use crate::wire::query_answer::Form;
use crate::wire::views::QueryView;

/// Values of one or many machines over time.
///
/// # Errors
/// 400 when it can't be understood or costs too much, 404 when a machine that is named does not exist,
/// 503 when too many are answered already. An answer that ends early was cut off by an error.
#[utoipa::path(get, path = "/api/v2/query", tag = "history",
    params(("metrics" = String, Query, description = "Names with commas between"),
        ("machines" = Option<String>, Query, description = "Ids or serial numbers with commas between; all machines unless said"),
        ("tags" = Option<String>, Query, description = "Only machines that have all of these"),
        ("filter" = Option<String>, Query, description = "Only machines whose id, name, model or system has this text"),
        ("from" = Option<String>, Query, description = "RFC 3339, or -24h: so long before now; an hour before `to` unless said"),
        ("to" = Option<String>, Query, description = "RFC 3339, or -1h; now unless said"),
        ("step" = Option<String>, Query, description = "Seconds, or 5m, 1h, 1d; what makes some 300 steps unless said"),
        ("aggregate" = Option<String>, Query, description = "What is made of a step's values: avg (unless said), min, max, sum, count, p95"),
        ("across" = Option<String>, Query, description = "What is made of the machines' values, the same words; a series for each machine unless said"),
        ("top" = Option<usize>, Query, description = "Only so many machines: those with the greatest values; 100 at most"),
        ("format" = Option<String>, Query, description = "json (unless said), jsonl or csv")),
    responses((status = 200, description = "The values; the tier they are made of is in x-atlas-tier too",
        content((QueryView = "application/json"), (String = "text/csv"), (String = "application/x-ndjson")))))]
pub async fn answer(
    edge: web::Data<Edge>,
    query: web::Query<QueryParameters>,
) -> Result<HttpResponse, ApiError> {
    let plan = plan(&query, &edge.fleet)?;
    let place = edge.queries.clone().try_acquire_owned().map_err(|_| too_many())?;
    let (form, tier) = (plan.answer.form, plan.answer.tier);
    let mut response = HttpResponse::Ok();
    response
        .content_type(form.content_type())
        .insert_header(("x-atlas-tier", tier));
    if form != Form::Json {
        let name = if form == Form::Csv { "csv" } else { "jsonl" };
        response.insert_header((
            "content-disposition",
            format!("attachment; filename=\"atlas-query.{name}\""),
        ));
    }
    Ok(response.streaming(Reading::begin(edge.fleet.clone(), plan, place)))
}

fn too_many() -> ApiError {
    ApiError::new(
        StatusCode::SERVICE_UNAVAILABLE,
        "too_many_queries",
        format!("{QUERIES_MAX} questions about history are being answered: try again in a few seconds."),
    )
    .retry_after(2)
}
