//! A machine's values over time.

use std::collections::BTreeMap;

use serde::Serialize;
use utoipa::ToSchema;

use super::live::CauseView;

/// Recent reports of one machine (contract, section 3), newest last.
#[derive(Serialize, ToSchema)]
pub struct HistoryView {
    /// The reports.
    pub history: Vec<HistoryEntryView>,
}

/// One report of the past.
#[derive(Serialize, ToSchema)]
pub struct HistoryEntryView {
    /// When it was measured.
    pub timestamp: String,
    /// The values that history keeps, in the shape of the report.
    pub metrics: serde_json::Value,
}

/// Values of one machine over time; all lists are as long as `times`.
#[derive(Serialize, ToSchema)]
pub struct SeriesView<'a> {
    /// Whose.
    pub machine_id: &'a str,
    /// From when.
    pub from: String,
    /// To when.
    pub to: String,
    /// The length of a step in seconds.
    pub step_s: u32,
    /// How fine the stored values are.
    pub tier: &'a str,
    /// The beginning of each step, unix seconds. Steps without values are left out.
    pub times: Vec<i64>,
    /// By the metric's name.
    pub series: BTreeMap<&'a str, SeriesColumnView<'a>>,
    /// The spans in which the machine was away, oldest first. What waited on its disk meanwhile came
    /// later, so there may be values in them.
    pub gaps: Vec<GapView<'a>>,
}

/// A span in which a machine was away.
#[derive(Serialize, ToSchema)]
pub struct GapView<'a> {
    /// When it was heard last.
    pub from: String,
    /// When it was back.
    pub to: String,
    /// Why.
    #[schema(value_type = CauseView)]
    pub cause: &'a str,
}

/// One metric's values; null where none is known.
#[derive(Serialize, ToSchema)]
pub struct SeriesColumnView<'a> {
    /// `percent`, `bytes`, `bytes_per_s`, `celsius`, `seconds` or `count`.
    pub unit: &'a str,
    /// The mean of each step.
    pub avg: Vec<Option<f32>>,
    /// The least of each step.
    pub min: Vec<Option<f32>>,
    /// The greatest of each step.
    pub max: Vec<Option<f32>>,
}
