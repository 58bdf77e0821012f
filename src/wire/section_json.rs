//! A machine's sections and changes as JSON, and single fields of what it sent.

use atlas_actors::clock::Timestamp;
use atlas_actors::limits::CHANGES_MAX;
use atlas_actors::model::{MachineId, SectionName};
use atlas_actors::sections::kept::{ChangedItem, KeptSection, SectionChange};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::views::{
    ChangedItemView, ChangesView, LatestView, SectionChangeView, SectionEntryView, SectionView, SectionsView,
};

/// All sections by name.
#[must_use]
pub fn list<'a>(machine: &'a MachineId, kept: &'a [(SectionName, KeptSection)]) -> SectionsView<'a> {
    let entries = kept.iter().map(|(name, kept)| SectionEntryView {
        name: name.as_str(),
        taken_at: kept.taken_at.to_string(),
        received_at: kept.received_at.to_string(),
        bytes: kept.body.len(),
    });
    SectionsView {
        machine_id: machine.as_str(),
        sections: entries.collect(),
    }
}

/// One section. Its body was valid JSON when it was taken in.
#[must_use]
pub fn one<'a>(machine: &'a MachineId, name: &'a SectionName, kept: &'a KeptSection) -> SectionView<'a> {
    SectionView {
        machine_id: machine.as_str(),
        name: name.as_str(),
        taken_at: kept.taken_at.to_string(),
        received_at: kept.received_at.to_string(),
        value: serde_json::from_slice(&kept.body).unwrap_or(RawValue::NULL),
    }
}

/// What changed after that moment, newest first.
#[must_use]
pub fn changes<'a>(
    machine: &'a MachineId,
    kept: &'a [(SectionName, KeptSection)],
    since: Option<Timestamp>,
) -> ChangesView<'a> {
    let all = kept
        .iter()
        .flat_map(|(name, kept)| kept.changes.iter().map(move |change| (name, change)));
    let mut newer: Vec<_> = all
        .filter(|(_, change)| since.is_none_or(|since| change.at > since))
        .collect();
    newer.sort_by_key(|(_, change)| std::cmp::Reverse(change.at));
    newer.truncate(CHANGES_MAX);
    ChangesView {
        machine_id: machine.as_str(),
        changes: newer
            .into_iter()
            .map(|(name, change)| change_view(name, change))
            .collect(),
    }
}

fn change_view<'a>(name: &'a SectionName, change: &'a SectionChange) -> SectionChangeView<'a> {
    let of_kind = |wanted: fn(&ChangedItem) -> bool| {
        let items = change.items.iter().filter(|item| wanted(item));
        items.map(item_view).collect()
    };
    SectionChangeView {
        at: change.at.to_string(),
        section: name.as_str(),
        added: of_kind(|item| item.before.is_none()),
        removed: of_kind(|item| item.after.is_none()),
        changed: of_kind(|item| item.before.is_some() && item.after.is_some()),
        more: change.more,
    }
}

fn item_view(item: &ChangedItem) -> ChangedItemView<'_> {
    ChangedItemView {
        item: &item.item,
        before: item.before.as_deref(),
        after: item.after.as_deref(),
    }
}

/// Some fields of a body, or all when none are named. `None` = it has none of them.
#[must_use]
pub fn latest<'a>(
    machine: &'a MachineId,
    taken_at: Timestamp,
    body: &[u8],
    wanted: &[&str],
) -> Option<LatestView<'a>> {
    let mut fields: Map<String, Value> = serde_json::from_slice(body).ok()?;
    fields.retain(|field, _| wanted.is_empty() || wanted.contains(&field.as_str()));
    (!fields.is_empty()).then(|| LatestView {
        machine_id: machine.as_str(),
        timestamp: taken_at.to_string(),
        fields,
    })
}

/// The JSON of one field of a document.
#[must_use]
pub fn field<'a>(document: &'a [u8], name: &str) -> Option<&'a [u8]> {
    let fields: std::collections::BTreeMap<String, &RawValue> = serde_json::from_slice(document).ok()?;
    Some(fields.get(name)?.get().as_bytes())
}
