//! Reads the JSON of a report, of this program's agents and of those of 1.x and 2.0, into a checked
//! [`Report`]. Unknown fields are kept for reading back and never refused; what is known must have
//! the right type.

pub mod facts;
pub mod metrics;
mod probes;
mod sections;

use std::sync::Arc;

use atlas_actors::clock::Timestamp;
use atlas_actors::model::{Delivery, Facts, MachineId, MachineIdError, Report};
use bytes::Bytes;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::absence::GapV1;
use super::shape::{self, ShapeError};

/// What an agent says of itself.
#[derive(Debug, Default, Deserialize)]
pub struct AgentSaid {
    version: Option<String>,
}

#[derive(Deserialize)]
struct IncomingReport<'a> {
    #[serde(borrow, default)]
    machine_id: Option<&'a RawValue>,
    #[serde(borrow, default)]
    machine_info: Option<&'a RawValue>,
    #[serde(borrow, default)]
    metrics: Option<&'a RawValue>,
    #[serde(borrow, default)]
    sections: Option<&'a RawValue>,
    #[serde(default)]
    delivery: Option<IncomingDelivery>,
    #[serde(default)]
    taken_at: Option<String>,
    #[serde(default)]
    sent_at: Option<String>,
    #[serde(default)]
    interval_s: Option<u32>,
    #[serde(default)]
    dropped: Option<u64>,
    #[serde(default)]
    agent: Option<AgentSaid>,
    #[serde(default)]
    explains: Vec<GapV1>,
}

#[derive(Deserialize)]
struct IncomingDelivery {
    spool: String,
    seq: u64,
}

/// Why a report can't be read. Nothing of it is kept.
#[derive(Debug, thiserror::Error)]
pub enum ReadReportError {
    /// Not JSON, or a known field of the wrong type. The text says where.
    #[error("{0}")]
    Malformed(String),
    /// Nested too deeply, or with numbers that are none.
    #[error(transparent)]
    Shape(#[from] ShapeError),
    /// No machine id.
    #[error("the report has no machine_id: send the name of the machine that it is about")]
    MissingMachineId,
    /// A machine id that can't be one.
    #[error("machine_id can't be used: {0}")]
    MachineId(MachineIdError),
    /// A host name or computer name that can't be one.
    #[error("machine_info.{field} can't be used: {source}")]
    Name {
        /// Which field.
        field: &'static str,
        /// Why.
        source: MachineIdError,
    },
    /// A time that is none.
    #[error("{0} is not a time: write it like 2026-11-24T04:00:00Z")]
    Time(&'static str),
}

/// Reads a report from its JSON. `known` are the facts that are shown of its machine now: most reports
/// repeat them to the letter, and then they are not read again.
///
/// # Errors
/// See [`ReadReportError`].
pub fn read(body: &[u8], known: Option<&Arc<Facts>>) -> Result<Report, ReadReportError> {
    shape::check(body)?;
    let incoming: IncomingReport<'_> = parse(body, "")?;
    let machine = machine_id(incoming.machine_id)?;
    let measured = document(incoming.metrics, "metrics")?;
    let metrics = metrics::read(measured)?;
    let said = incoming.agent.unwrap_or_default();
    let info = document(incoming.machine_info, "machine_info")?;
    let facts = match known.filter(|known| facts::are_repeated(known, info, said.version.as_deref())) {
        Some(known) => Arc::clone(known),
        None => Arc::new(facts::read(info, &machine, said.version)?),
    };
    // Facts that are repeated to the letter say nothing new of where it is.
    let is_repeated = known.is_some_and(|known| Arc::ptr_eq(known, &facts));
    let whereabouts = (!is_repeated).then(|| facts::whereabouts(info));
    let (taken_at, zoneless_time) = match incoming.taken_at {
        Some(text) => (Some(time(&text, "taken_at")?), None),
        None => (None, metrics.zoneless_time),
    };
    Ok(Report {
        machine,
        delivery: incoming.delivery.map(delivery).transpose()?,
        taken_at: taken_at.or(metrics.zoned_time),
        zoneless_time,
        sent_at: incoming.sent_at.map(|text| time(&text, "sent_at")).transpose()?,
        interval_s: incoming.interval_s,
        dropped: incoming.dropped.unwrap_or(0),
        samples: metrics.samples,
        counters: metrics.counters,
        facts,
        whereabouts,
        explains: incoming.explains.iter().filter_map(GapV1::gap).collect(),
        document: Bytes::copy_from_slice(measured.as_bytes()),
        sections: sections::read(incoming.sections)?,
    })
}

/// A section of the report as it was written; an absent one counts as empty.
fn document<'a>(section: Option<&'a RawValue>, name: &str) -> Result<&'a str, ReadReportError> {
    let text = section.map_or("{}", RawValue::get);
    let text = if text == "null" { "{}" } else { text };
    if text.starts_with('{') {
        Ok(text)
    } else {
        Err(ReadReportError::Malformed(format!("{name} must be an object")))
    }
}

/// Agents of 2.0 may send a number as their id.
fn machine_id(raw: Option<&RawValue>) -> Result<MachineId, ReadReportError> {
    let text = raw.map(RawValue::get).filter(|text| *text != "null");
    let text = text.ok_or(ReadReportError::MissingMachineId)?;
    let name: String = parse(text.as_bytes(), "machine_id")
        .map_err(|_| ReadReportError::Malformed("machine_id must be a text".to_owned()))?;
    match MachineId::parse(&name) {
        Err(MachineIdError::Empty) => Err(ReadReportError::MissingMachineId),
        parsed => parsed.map_err(ReadReportError::MachineId),
    }
}

fn delivery(incoming: IncomingDelivery) -> Result<Delivery, ReadReportError> {
    let spool = u64::from_str_radix(&incoming.spool, 16)
        .map_err(|_| ReadReportError::Malformed("delivery.spool must be 16 hex digits".to_owned()))?;
    Ok(Delivery {
        spool,
        seq: incoming.seq,
    })
}

fn time(text: &str, field: &'static str) -> Result<Timestamp, ReadReportError> {
    Timestamp::parse(text).map_err(|_| ReadReportError::Time(field))
}

/// Parses, and says where it went wrong, without repeating what was sent.
fn parse<'a, T: Deserialize<'a>>(json: &'a [u8], section: &str) -> Result<T, ReadReportError> {
    serde_json::from_slice(json).map_err(|error| {
        let place = if section.is_empty() {
            String::new()
        } else {
            format!(" in {section}")
        };
        let what = match error.classify() {
            serde_json::error::Category::Data => wrong_type(&error.to_string()),
            serde_json::error::Category::Eof => "it ends too early".to_owned(),
            _ => "it is not valid JSON".to_owned(),
        };
        ReadReportError::Malformed(format!(
            "the report can't be read{place}: {what} (line {}, column {})",
            error.line(),
            error.column()
        ))
    })
}

/// serde's words on a wrong type, less the value that was sent: error texts never echo the input.
fn wrong_type(words: &str) -> String {
    match words.split_once(", expected ") {
        Some((_, expected)) => {
            let expected = expected.split(" at line ").next().unwrap_or(expected);
            format!("expected {expected}")
        }
        None if words.starts_with("number out of range") => "a number is out of range".to_owned(),
        None => "a field has the wrong type".to_owned(),
    }
}

#[cfg(test)]
mod tests;
