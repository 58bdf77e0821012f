//! Says what is different between two bodies of a section: what was added, removed, changed. A section
//! is taken as a list of named items: a list's elements by their names, everything else by its field.
//! What only counts or measures is no change.

use std::collections::BTreeMap;

use atlas_actors::sections::kept::ChangedItem;
use serde_json::{Map, Value};

/// Fields that move without anything having changed.
const MOVING: [&str; 16] = [
    "at",
    "available_spare_percent",
    "bytes_read",
    "bytes_written",
    "by_program",
    "checked_at",
    "count",
    "detail",
    "pending",
    "power_cycle_count",
    "power_on_hours",
    "running",
    "since",
    "temperature_c",
    "total",
    "total_bytes_written_gb",
];
/// Fields that name an element of a list, the surest first.
const NAMES: [&str; 4] = ["id", "name", "program", "device"];
/// Characters of a name or a value that are shown.
const SHOWN_CHARS: usize = 120;
/// Deeper things are shown as a whole.
const DEPTH_MAX: usize = 4;

/// What changed from one body of the section to the other, by name. Bodies that can't be read have
/// nothing in them.
#[must_use]
pub fn compare(_: &str, before: &[u8], after: &[u8]) -> Vec<ChangedItem> {
    let (mut before, after) = (items(before), items(after));
    let mut changed = Vec::new();
    for (item, now) in after {
        match before.remove(&item) {
            Some(then) if then == now => {}
            then => changed.push(ChangedItem {
                item,
                before: then,
                after: Some(now),
            }),
        }
    }
    changed.extend(before.into_iter().map(|(item, then)| ChangedItem {
        item,
        before: Some(then),
        after: None,
    }));
    changed.sort_by(|one, other| one.item.cmp(&other.item));
    changed
}

fn items(body: &[u8]) -> BTreeMap<String, String> {
    let mut items = Items::default();
    if let Ok(value) = serde_json::from_slice(body) {
        items.collect("", &value, DEPTH_MAX);
    }
    items.named
}

#[derive(Default)]
struct Items {
    named: BTreeMap<String, String>,
    /// The last number that each name was told apart by: a list may have thousands of one name.
    numbers: BTreeMap<String, usize>,
}

impl Items {
    fn collect(&mut self, place: &str, value: &Value, depth: usize) {
        match value {
            Value::Object(fields) if depth > 0 => {
                for (field, value) in fields.iter().filter(|(field, _)| !is_moving(field)) {
                    let place = if place.is_empty() {
                        field.clone()
                    } else {
                        format!("{place}.{field}")
                    };
                    self.collect(&place, value, depth - 1);
                }
            }
            Value::Array(elements) => {
                for element in elements {
                    let (name, rest) = element_of(element);
                    self.insert(&format!("{place}: {name}"), &rest);
                }
            }
            Value::Null => {}
            other => self.insert(place, &text(other)),
        }
    }

    /// Two of one name are told apart by their number.
    fn insert(&mut self, item: &str, value: &str) {
        let item = shown(item);
        let number = self.numbers.entry(item.clone()).or_default();
        let mut name = item.clone();
        loop {
            *number += 1;
            if *number > 1 {
                name = format!("{item} ({number})");
            }
            if !self.named.contains_key(&name) {
                break;
            }
        }
        self.named.insert(name, shown(value));
    }
}

/// The name of a list's element, and all else that is in it.
fn element_of(element: &Value) -> (String, String) {
    let Value::Object(fields) = element else {
        return (text(element), String::new());
    };
    let named = NAMES.into_iter().find(|name| fields.contains_key(*name));
    let name = named
        .and_then(|name| fields.get(name))
        .map_or_else(String::new, text);
    (name, rest_of(fields, named))
}

fn rest_of(fields: &Map<String, Value>, named: Option<&str>) -> String {
    let rest = fields
        .iter()
        .filter(|(field, value)| Some(field.as_str()) != named && !is_moving(field) && !value.is_null());
    let rest: Vec<_> = rest
        .map(|(field, value)| format!("{field} {}", text(value)))
        .collect();
    rest.join(", ")
}

fn is_moving(field: &str) -> bool {
    MOVING.contains(&field)
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        other => other.to_string(),
    }
}

fn shown(text: &str) -> String {
    text.chars().take(SHOWN_CHARS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn changes(before: &str, after: &str) -> Vec<(String, Option<String>, Option<String>)> {
        let changed = compare("software", before.as_bytes(), after.as_bytes());
        changed
            .into_iter()
            .map(|one| (one.item, one.before, one.after))
            .collect()
    }

    #[test]
    fn names_what_was_added_removed_and_changed() {
        let before = r#"{"total":2,"firewall_enabled":true,"programs":[{"name":"git","version":"2.1"},{"name":"vim","version":"9"}]}"#;
        let after = r#"{"total":2,"firewall_enabled":false,"programs":[{"name":"git","version":"2.2"},{"name":"zsh","version":"5"}]}"#;
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(
            changes(before, after),
            [
                ("firewall_enabled".to_owned(), some("yes"), some("no")),
                (
                    "programs: git".to_owned(),
                    some("version 2.1"),
                    some("version 2.2")
                ),
                ("programs: vim".to_owned(), some("version 9"), None),
                ("programs: zsh".to_owned(), None, some("version 5")),
            ]
        );
    }

    #[test]
    fn what_only_measures_is_no_change() {
        let disk = |hours: u32, status: &str| {
            format!(r#"{{"disks":[{{"name":"sda","power_on_hours":{hours},"smart_status":"{status}"}}]}}"#)
        };
        assert_eq!(changes(&disk(1, "passed"), &disk(2, "passed")), []);
        assert_eq!(changes(&disk(1, "passed"), &disk(2, "failed")).len(), 1);
    }

    #[test]
    fn takes_whatever_comes() {
        for odd in [
            "",
            "nonsense",
            "[1,1,[2]]",
            "{\"a\":{\"b\":{\"c\":{\"d\":{\"e\":1}}}}}",
            "7",
        ] {
            assert_eq!(changes(odd, odd), []);
        }
        let same = [": a (2)", ": a (3)"].map(|item| (item.to_owned(), Some(String::new()), None));
        assert_eq!(changes(r#"["a","a","a"]"#, r#"["a"]"#), same);
        let many = format!("[{}0]", "0,".repeat(20_000));
        assert_eq!(changes("[]", &many).len(), 20_001);
        let long = format!("[\"{}\"]", "x".repeat(10_000));
        assert!(changes("[]", &long)[0].0.chars().count() <= SHOWN_CHARS);
    }
}
