//! One section as it rests in the store, with what changed in it; a pure core. Part of the stored
//! format.

use std::fmt;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::limits::{CHANGED_ITEMS_KEPT, CHANGED_ITEMS_MAX, CHANGES_MAX, CLOCK_SKEW_MAX};
use crate::model::Section;

/// Says what is different between two bodies of the section of that name; the port by which this crate
/// needs to know nothing of what is in them.
pub type Compare = fn(section: &str, before: &[u8], after: &[u8]) -> Vec<ChangedItem>;

/// One thing that was added (nothing before), removed (nothing after) or changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangedItem {
    /// What it is.
    pub item: String,
    /// How it was.
    pub before: Option<String>,
    /// How it is.
    pub after: Option<String>,
}

/// What changed from one look to the next.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SectionChange {
    /// When the change was seen, by the machine's own clock.
    pub at: Timestamp,
    /// The first of what changed.
    pub items: Vec<ChangedItem>,
    /// How many more.
    pub more: u32,
}

/// A section with its past.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptSection {
    /// When it was found, by the machine's own clock.
    pub taken_at: Timestamp,
    /// When it came in.
    pub received_at: Timestamp,
    /// What was found.
    pub body: Bytes,
    /// What changed so far, oldest first.
    pub changes: Vec<SectionChange>,
}

impl fmt::Debug for KeptSection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeptSection({}, {} bytes)", self.taken_at, self.body.len())
    }
}

impl KeptSection {
    /// How it looks once the report's section is in; nothing when it has one that is as new. A repeat
    /// of a report changes nothing, nor does one that comes late.
    #[must_use]
    pub fn after(earlier: Option<Self>, section: &Section, now: Timestamp, compare: Compare) -> Option<Self> {
        // A clock that is ahead must not keep the next ones out.
        let taken_at = if section.taken_at > now.plus(CLOCK_SKEW_MAX) {
            now
        } else {
            section.taken_at
        };
        let mut kept = Self {
            taken_at,
            received_at: now,
            body: section.body.clone(),
            changes: Vec::new(),
        };
        let Some(earlier) = earlier else { return Some(kept) };
        if earlier.taken_at >= taken_at {
            return None;
        }
        kept.changes = earlier.changes;
        if earlier.body != kept.body {
            let items = compare(section.name.as_str(), &earlier.body, &kept.body);
            kept.note(items);
        }
        Some(kept)
    }

    fn note(&mut self, mut items: Vec<ChangedItem>) {
        if items.is_empty() {
            return;
        }
        let more = items.len().saturating_sub(CHANGED_ITEMS_MAX);
        items.truncate(CHANGED_ITEMS_MAX);
        self.changes.push(SectionChange {
            at: self.taken_at,
            items,
            more: u32::try_from(more).unwrap_or(u32::MAX),
        });
        let surplus = self.changes.len().saturating_sub(CHANGES_MAX);
        self.changes.drain(..surplus);
        let mut kept: usize = self.changes.iter().map(|change| change.items.len()).sum();
        while kept > CHANGED_ITEMS_KEPT {
            kept -= self.changes.remove(0).items.len();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::SectionName;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_secs(1_760_000_000 + second)
    }

    fn section(second: i64, body: &'static str) -> Section {
        Section {
            name: SectionName::parse("software").unwrap(),
            taken_at: at(second),
            body: Bytes::from_static(body.as_bytes()),
        }
    }

    /// Each word that came is an item.
    fn words(_: &str, before: &[u8], after: &[u8]) -> Vec<ChangedItem> {
        let before = String::from_utf8_lossy(before).into_owned();
        let after = String::from_utf8_lossy(after);
        let new = after.split(' ').filter(|word| !before.contains(word));
        new.map(|word| ChangedItem {
            item: word.to_owned(),
            before: None,
            after: Some(String::new()),
        })
        .collect()
    }

    #[test]
    fn the_newest_wins_and_what_changed_is_dated() {
        let first = KeptSection::after(None, &section(0, "git"), at(1), words).unwrap();
        assert!(first.changes.is_empty(), "what is there at first has not changed");
        let second = KeptSection::after(Some(first.clone()), &section(60, "git vim"), at(61), words).unwrap();
        assert_eq!(second.changes.len(), 1);
        assert_eq!(
            (second.changes[0].at, &*second.changes[0].items[0].item),
            (at(60), "vim")
        );
        for late in [section(60, "again"), section(30, "late")] {
            assert_eq!(
                KeptSection::after(Some(second.clone()), &late, at(99), words),
                None
            );
        }
        let same = KeptSection::after(Some(second.clone()), &section(99, "git vim"), at(99), words).unwrap();
        assert_eq!((same.taken_at, same.changes.len()), (at(99), 1));
    }

    #[test]
    fn a_clock_that_is_ahead_keeps_nobody_out() {
        let ahead = KeptSection::after(None, &section(90_000, "git"), at(0), words).unwrap();
        assert_eq!(ahead.taken_at, at(0));
        assert!(KeptSection::after(Some(ahead), &section(60, "git vim"), at(60), words).is_some());
    }

    #[test]
    fn the_past_is_bounded() {
        fn many(_: &str, _: &[u8], after: &[u8]) -> Vec<ChangedItem> {
            let item = ChangedItem {
                item: String::from_utf8_lossy(after).into_owned(),
                before: None,
                after: None,
            };
            vec![item; CHANGED_ITEMS_MAX + 7]
        }
        let mut kept = KeptSection::after(None, &section(0, "a"), at(0), many).unwrap();
        for second in 1..500 {
            let body = if second % 2 == 0 { "a" } else { "b" };
            kept = KeptSection::after(Some(kept), &section(second, body), at(second), many).unwrap();
        }
        assert_eq!(
            kept.changes.last().map(|change| (change.at, change.more)),
            Some((at(499), 7))
        );
        let items: usize = kept.changes.iter().map(|change| change.items.len()).sum();
        assert!(items <= CHANGED_ITEMS_KEPT && kept.changes.len() <= CHANGES_MAX);
    }
}
