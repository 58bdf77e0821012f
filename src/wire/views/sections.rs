//! What of a machine seldom changes, and what changed in it.

use serde::Serialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use utoipa::ToSchema;

/// A machine's sections without what is in them.
#[derive(Serialize, ToSchema)]
pub struct SectionsView<'a> {
    /// Whose.
    pub machine_id: &'a str,
    /// By name.
    pub sections: Vec<SectionEntryView<'a>>,
}

/// One section without what is in it.
#[derive(Serialize, ToSchema)]
pub struct SectionEntryView<'a> {
    /// Its name.
    pub name: &'a str,
    /// When it was found, by the machine's own clock.
    pub taken_at: String,
    /// When it came in.
    pub received_at: String,
    /// Bytes of its JSON.
    pub bytes: usize,
}

/// One section.
#[derive(Serialize, ToSchema)]
pub struct SectionView<'a> {
    /// Whose.
    pub machine_id: &'a str,
    /// Its name.
    pub name: &'a str,
    /// When it was found, by the machine's own clock.
    pub taken_at: String,
    /// When it came in.
    pub received_at: String,
    /// What was found; docs/monitors.md gives the fields.
    #[schema(value_type = Object)]
    pub value: &'a RawValue,
}

/// What changed on a machine, newest first.
#[derive(Serialize, ToSchema)]
pub struct ChangesView<'a> {
    /// Whose.
    pub machine_id: &'a str,
    /// The changes.
    pub changes: Vec<SectionChangeView<'a>>,
}

/// What changed in one section from one look to the next.
#[derive(Serialize, ToSchema)]
pub struct SectionChangeView<'a> {
    /// When it was seen, by the machine's own clock.
    pub at: String,
    /// In which section.
    pub section: &'a str,
    /// What is new.
    pub added: Vec<ChangedItemView<'a>>,
    /// What is gone.
    pub removed: Vec<ChangedItemView<'a>>,
    /// What is different.
    pub changed: Vec<ChangedItemView<'a>>,
    /// How many more changed at the same time and are not named.
    pub more: u32,
}

/// One thing that changed.
#[derive(Serialize, ToSchema)]
pub struct ChangedItemView<'a> {
    /// What it is.
    pub item: &'a str,
    /// How it was; null for what is new.
    #[schema(required)]
    pub before: Option<&'a str>,
    /// How it is; null for what is gone.
    #[schema(required)]
    pub after: Option<&'a str>,
}

/// The latest of one kind, as 2.0 gives it: its fields beside whose and of when they are.
#[derive(Serialize, ToSchema)]
pub struct LatestView<'a> {
    /// Whose.
    pub machine_id: &'a str,
    /// Of when.
    pub timestamp: String,
    /// The fields.
    #[serde(flatten)]
    #[schema(value_type = Object)]
    pub fields: Map<String, Value>,
}
