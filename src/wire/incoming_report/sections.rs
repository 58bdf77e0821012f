//! Reads what a report brings beside its values: the sections that changed.

use std::collections::BTreeMap;

use atlas_actors::model::{Section, SectionName};
use bytes::Bytes;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::{ReadReportError, parse, time};
use crate::wire::report_v1::SECTION_BYTES_MAX;

/// An agent of ours has a dozen sections.
const SECTIONS_MAX: usize = 16;

#[derive(Deserialize)]
struct IncomingSection<'a> {
    taken_at: String,
    #[serde(borrow)]
    value: &'a RawValue,
}

/// Reads the `sections` object.
pub(super) fn read(document: Option<&RawValue>) -> Result<Vec<Section>, ReadReportError> {
    let Some(document) = document.map(RawValue::get).filter(|text| *text != "null") else {
        return Ok(Vec::new());
    };
    let sections: BTreeMap<String, IncomingSection<'_>> = parse(document.as_bytes(), "sections")?;
    if sections.len() > SECTIONS_MAX {
        return Err(malformed(format!(
            "sections must be {SECTIONS_MAX} at most in one report"
        )));
    }
    sections.into_iter().map(section).collect()
}

fn section((name, found): (String, IncomingSection<'_>)) -> Result<Section, ReadReportError> {
    let name = SectionName::parse(&name).map_err(|error| malformed(error.to_string()))?;
    let body = found.value.get().as_bytes();
    if body.len() > SECTION_BYTES_MAX {
        return Err(malformed(format!(
            "the section {name} has more than {SECTION_BYTES_MAX} bytes"
        )));
    }
    Ok(Section {
        taken_at: time(&found.taken_at, "a section's taken_at")?,
        body: Bytes::copy_from_slice(body),
        name,
    })
}

const fn malformed(what: String) -> ReadReportError {
    ReadReportError::Malformed(what)
}
