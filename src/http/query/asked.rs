//! What is asked about history: read, checked, and its cost bounded.

use std::time::Duration;

use atlas_actors::Fleet;
use atlas_actors::clock::Timestamp;
use atlas_actors::historian::aggregate::Aggregate;
use atlas_actors::limits::STEPS_MAX;
use atlas_actors::messages::SeriesWanted;
use atlas_actors::model::MachineId;
use atlas_actors::roster::{FleetView, MachineSnapshot};
use atlas_actors::store::{Tier, TimeRange};
use serde::Deserialize;

use crate::http::error::ApiError;
use crate::http::limits::{QUERY_BLOCKS_MAX, QUERY_CELLS_MAX, QUERY_STEPS_DEFAULT, QUERY_TOP_MAX};
use crate::http::machines;
use crate::wire::query_answer::{Answer, Form};

/// What a question says.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QueryParameters {
    metrics: Option<String>,
    machines: Option<String>,
    tags: Option<String>,
    filter: Option<String>,
    from: Option<String>,
    to: Option<String>,
    step: Option<String>,
    aggregate: Option<String>,
    across: Option<String>,
    top: Option<usize>,
    format: Option<String>,
}

/// A question that can be answered.
pub(super) struct Plan {
    /// Of these machines.
    pub(super) machines: Vec<MachineId>,
    /// What is wanted of each.
    pub(super) wanted: SeriesWanted,
    /// How the answer looks.
    pub(super) answer: Answer,
    /// Only so many machines, those with the greatest values.
    pub(super) top: Option<usize>,
}

/// Reads a question.
///
/// # Errors
/// When it can't be understood, or costs too much; when it names a machine that does not exist.
pub(super) fn plan(asked: &QueryParameters, fleet: &Fleet) -> Result<Plan, ApiError> {
    let now = fleet.now();
    let metrics = match asked.metrics.as_deref() {
        None | Some("") => return Err(no_metrics()),
        names => machines::metrics(names)?,
    };
    let aggregate = aggregate("aggregate", asked.aggregate.as_deref())?.unwrap_or(Aggregate::Avg);
    let across = aggregate_across(asked)?;
    let form = form(asked.format.as_deref())?;
    if asked.top.is_some() && metrics.len() > 1 {
        return Err(ApiError::bad_request(
            "invalid_query",
            "`top` ranks machines by one metric: ask for one.",
        ));
    }
    let range = range(asked, now)?;
    let with_p95 = aggregate == Aggregate::P95;
    let (tier, step_ms) = tier_and_step(asked, fleet, range, with_p95)?;
    let range = TimeRange {
        from: Timestamp::from_millis(range.from.as_millis() / step_ms * step_ms),
        to: range.to,
    };
    let steps = range.to.as_millis() / step_ms - range.from.as_millis() / step_ms + 1;
    let steps = usize::try_from(steps).unwrap_or(usize::MAX);
    let chosen = chosen(asked, &fleet.view())?;
    check_cost(range, tier, steps, chosen.len(), metrics.len(), across)?;
    let answer = Answer {
        form,
        from: range.from,
        to: range.to,
        step_ms,
        steps,
        tier: tier.shown(),
        aggregate,
        across,
        machines: chosen.len(),
    };
    Ok(Plan {
        machines: chosen,
        wanted: SeriesWanted {
            metrics,
            range,
            step_ms,
            tier,
            with_p95,
        },
        answer,
        top: asked.top.map(|top| top.clamp(1, QUERY_TOP_MAX)),
    })
}

fn no_metrics() -> ApiError {
    ApiError::bad_request(
        "invalid_query",
        "Say which metrics, for example metrics=cpu_percent,load_1.",
    )
}

fn aggregate(field: &str, name: Option<&str>) -> Result<Option<Aggregate>, ApiError> {
    let known = |name| {
        let all = Aggregate::ALL.map(Aggregate::name).join(", ");
        let unknown = format!("`{field}` is one of {all}.");
        Aggregate::named(name).ok_or_else(|| ApiError::bad_request("invalid_query", unknown))
    };
    name.filter(|name| !name.is_empty()).map(known).transpose()
}

fn aggregate_across(asked: &QueryParameters) -> Result<Option<Aggregate>, ApiError> {
    let across = aggregate("across", asked.across.as_deref())?;
    if across.is_some() && asked.top.is_some() {
        return Err(ApiError::bad_request(
            "invalid_query",
            "`top` picks machines and `across` makes one line of all: ask for one of the two.",
        ));
    }
    Ok(across)
}

fn form(name: Option<&str>) -> Result<Form, ApiError> {
    let name = name.unwrap_or("json");
    Form::named(name)
        .ok_or_else(|| ApiError::bad_request("invalid_query", "`format` is one of json, jsonl, csv."))
}

/// Seconds, or a number and its unit.
fn span(text: &str) -> Option<Duration> {
    let digits = text.trim_end_matches(|letter: char| letter.is_ascii_alphabetic());
    let unit_s = match &text[digits.len()..] {
        "" | "s" => 1,
        "m" => 60,
        "h" => 3_600,
        "d" => 86_400,
        "w" => 7 * 86_400,
        "y" => 365 * 86_400,
        _ => return None,
    };
    let count: u64 = digits.parse().ok()?;
    Some(Duration::from_secs(count.checked_mul(unit_s)?)).filter(|span| !span.is_zero())
}

fn range(asked: &QueryParameters, now: Timestamp) -> Result<TimeRange, ApiError> {
    let moment = |text: &str| match text.strip_prefix('-') {
        Some(before) => span(before).map(|span| now.minus(span)),
        None => Timestamp::parse(text).ok(),
    };
    let read = |text: &Option<String>| {
        let invalid = || {
            ApiError::bad_request(
                "invalid_time",
                "`from` and `to` are times as 2026-11-24T04:00:00Z, or -24h for so long before now.",
            )
        };
        text.as_deref()
            .map(|text| moment(text).ok_or_else(invalid))
            .transpose()
    };
    let to = read(&asked.to)?.unwrap_or(now);
    let from = read(&asked.from)?.unwrap_or_else(|| to.minus(Duration::from_secs(3_600)));
    if from > to {
        return Err(ApiError::bad_request("invalid_range", "`from` lies after `to`."));
    }
    Ok(TimeRange { from, to })
}

fn tier_and_step(
    asked: &QueryParameters,
    fleet: &Fleet,
    range: TimeRange,
    with_p95: bool,
) -> Result<(Tier, i64), ApiError> {
    let span_s = range.to.since(range.from).as_secs();
    let step_s = match asked.step.as_deref() {
        None => span_s.div_ceil(QUERY_STEPS_DEFAULT).max(1),
        Some(text) => span(text)
            .ok_or_else(|| {
                ApiError::bad_request("invalid_query", "`step` is a number of seconds, or 5m, 1h, 1d.")
            })?
            .as_secs(),
    };
    let step_ms = i64::try_from(step_s)
        .unwrap_or(i64::MAX / 1000)
        .saturating_mul(1000);
    if !with_p95 {
        return Ok(fleet.retention().tier_for(range, step_ms, fleet.now()));
    }
    if fleet.retention().dropped_before(Tier::Raw, fleet.now()) > range.from {
        return Err(ApiError::bad_request(
            "invalid_query",
            format!(
                "p95 needs every sample, and these are kept for {} days: ask for a later `from`.",
                fleet.retention().raw.days
            ),
        ));
    }
    Ok((Tier::Raw, step_ms))
}

/// The machines that are asked for, by id.
fn chosen(asked: &QueryParameters, view: &FleetView) -> Result<Vec<MachineId>, ApiError> {
    let items = |list: &Option<String>| {
        let items = list.as_deref().unwrap_or_default().split(',');
        let items = items.map(|item| item.trim().to_owned());
        items.filter(|item| !item.is_empty()).collect::<Vec<_>>()
    };
    let (named, tags) = (items(&asked.machines), items(&asked.tags));
    let filter = asked.filter.as_deref().unwrap_or_default().to_lowercase();
    let is_wanted = |machine: &MachineSnapshot| {
        let has = |tag: &String| machine.tags.iter().any(|own| own.as_str() == tag);
        tags.iter().all(has) && (filter.is_empty() || mentions(machine, &filter))
    };
    if named.is_empty() {
        let wanted = view.rows().iter().filter(|row| is_wanted(&row.snapshot));
        return Ok(wanted.map(|row| row.snapshot.id.clone()).collect());
    }
    let mut found = Vec::with_capacity(named.len());
    for name in named {
        let row = view.find(&name).ok_or_else(ApiError::no_such_machine)?;
        if is_wanted(&row.snapshot) && !found.contains(&row.snapshot.id) {
            found.push(row.snapshot.id.clone());
        }
    }
    Ok(found)
}

fn mentions(machine: &MachineSnapshot, text: &str) -> bool {
    let facts = &machine.facts;
    let texts = [
        machine.id.as_str(),
        &facts.name,
        &facts.hostname,
        facts.os.name(),
        &facts.os_version,
        facts.model.as_deref().unwrap_or_default(),
    ];
    texts.iter().any(|part| part.to_lowercase().contains(text))
}

fn check_cost(
    range: TimeRange,
    tier: Tier,
    steps: usize,
    machines: usize,
    metrics: usize,
    across: Option<Aggregate>,
) -> Result<(), ApiError> {
    let too_much = |what: String| Err(ApiError::bad_request("query_too_large", what));
    if steps > STEPS_MAX {
        return too_much(format!(
            "That would be {steps} steps of {STEPS_MAX} at most: ask for longer steps or a shorter range."
        ));
    }
    let days_a_block = if tier == Tier::Hour { 7 } else { 1 };
    let days = range.to.since(range.from).as_secs() / 86_400;
    let blocks = (days / days_a_block + 1).saturating_mul(machines as u64);
    if blocks > QUERY_BLOCKS_MAX {
        return too_much(format!(
            "That would read {blocks} blocks of {QUERY_BLOCKS_MAX} at most: ask for fewer machines, a shorter range, \
             or steps of an hour and more."
        ));
    }
    // All values of all machines have to be held to find the one in the middle.
    let cells = steps.saturating_mul(metrics).saturating_mul(machines);
    if across == Some(Aggregate::P95) && cells > QUERY_CELLS_MAX {
        return too_much(format!(
            "p95 across machines would hold {cells} values of {QUERY_CELLS_MAX} at most: ask for fewer machines, \
             longer steps or a shorter range."
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_a_number_and_a_unit() {
        let seconds = |text| span(text).map(|span| span.as_secs());
        assert_eq!(seconds("90"), Some(90));
        assert_eq!(seconds("5m"), Some(300));
        assert_eq!(seconds("2w"), Some(1_209_600));
        for text in [
            "",
            "m",
            "-5m",
            "5 m",
            "5x",
            "0",
            "99999999999999999999y",
            "9999999999999999999w",
            "5mm",
            "ü",
        ] {
            assert_eq!(seconds(text), None, "{text}");
        }
    }

    #[test]
    fn a_question_that_costs_too_much_is_refused() {
        let range = TimeRange {
            from: Timestamp::from_secs(0),
            to: Timestamp::from_secs(365 * 86_400),
        };
        assert!(check_cost(range, Tier::Hour, 8_761, 1_000, 1, None).is_ok());
        assert!(check_cost(range, Tier::Hour, STEPS_MAX + 1, 1, 1, None).is_err());
        assert!(check_cost(range, Tier::FiveMinutes, 365, 10_000, 1, None).is_err());
        assert!(check_cost(range, Tier::Hour, 8_761, 10_000, 1, Some(Aggregate::P95)).is_err());
    }
}
