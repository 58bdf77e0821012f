//! The way from a journal to its rows: for each journal its version and the ids of the rows it still
//! needs. Owned by the writer, rebuilt at start by one scan. Changes count from when they are made, so
//! that jobs of one group see each other, and are taken back together if the group fails.

use std::collections::{HashMap, VecDeque};
use std::ops::{Range, RangeInclusive};

use atlas_actors::store::{Stream, Version};

use super::occupancy::Occupancy;

/// One journal. Its rows hold the versions `version - rows.len() + 1 ..= version`.
#[derive(Clone, Debug, Default)]
pub(super) struct Journal {
    /// Its row in `streams`.
    pub(super) number: i64,
    /// How many records it has had.
    pub(super) version: u64,
    /// The ids of the rows it needs, oldest first; 0 stands for one that is missing.
    pub(super) rows: VecDeque<i64>,
}

impl Journal {
    /// The version before the oldest row.
    pub(super) fn trimmed(&self) -> u64 {
        self.version - self.rows.len() as u64
    }

    /// The rows after a version.
    pub(super) fn rows_after(&self, after: Version) -> impl Iterator<Item = (Version, i64)> {
        let skipped = after.0.saturating_sub(self.trimmed());
        let first = self.trimmed() + 1;
        let skip = usize::try_from(skipped).unwrap_or(usize::MAX);
        let rows = self.rows.iter().enumerate().skip(skip);
        rows.map(move |(at, id)| (Version(first + at as u64), *id))
    }
}

/// How to take a change back.
#[derive(Debug)]
enum Change {
    Created(Stream),
    Appended(Stream, Range<i64>),
    Trimmed(Stream, Vec<i64>),
    Dropped(Stream, Journal),
}

/// All journals.
#[derive(Debug, Default)]
pub(super) struct JournalIndex {
    journals: HashMap<Stream, Journal>,
    occupancy: Occupancy,
    next_id: i64,
    changes: Vec<Change>,
}

impl JournalIndex {
    /// An index of what a scan has found; `next_id` is the first id that no row has had.
    pub(super) fn found(journals: HashMap<Stream, Journal>, occupancy: Occupancy, next_id: i64) -> Self {
        Self {
            journals,
            occupancy,
            next_id,
            changes: Vec::new(),
        }
    }

    /// One journal, if it was ever written.
    pub(super) fn journal(&self, stream: &Stream) -> Option<&Journal> {
        self.journals.get(stream)
    }

    /// The names of all journals, in their order.
    pub(super) fn streams(&self) -> Vec<Stream> {
        let mut streams: Vec<Stream> = self.journals.keys().cloned().collect();
        streams.sort_unstable();
        streams
    }

    /// The id of the next row.
    pub(super) fn next_id(&self) -> i64 {
        self.next_id
    }

    /// A journal has been given a row in `streams`.
    pub(super) fn created(&mut self, stream: &Stream, number: i64) {
        let journal = Journal {
            number,
            ..Journal::default()
        };
        self.journals.insert(stream.clone(), journal);
        self.changes.push(Change::Created(stream.clone()));
    }

    /// `count` rows from [`Self::next_id`] on hold a journal's next records.
    pub(super) fn appended(&mut self, stream: Stream, count: usize) -> Version {
        let rows = self.next_id..self.next_id + i64::try_from(count).unwrap_or(0);
        self.next_id = rows.end;
        let Some(journal) = self.journals.get_mut(&stream) else {
            return Version(0);
        };
        journal.rows.extend(rows.clone());
        journal.version += count as u64;
        let version = Version(journal.version);
        self.changes.push(Change::Appended(stream, rows));
        version
    }

    /// A journal's rows up to a version are no longer needed.
    pub(super) fn trimmed(&mut self, stream: Stream, up_to: Version) {
        let Some(journal) = self.journals.get_mut(&stream) else {
            return;
        };
        let surplus = up_to.0.min(journal.version).saturating_sub(journal.trimmed());
        let rows = journal.rows.drain(..usize::try_from(surplus).unwrap_or(0));
        self.changes.push(Change::Trimmed(stream, rows.collect()));
    }

    /// A journal is gone.
    pub(super) fn dropped(&mut self, stream: Stream) {
        if let Some(journal) = self.journals.remove(&stream) {
            self.changes.push(Change::Dropped(stream, journal));
        }
    }

    /// Up to about `rows_max` rows that can go from the table now.
    pub(super) fn sweepable(&self, rows_max: usize) -> Vec<RangeInclusive<i64>> {
        self.occupancy.sweepable(rows_max, self.next_id)
    }

    /// Lets every row go that nobody needs, cheap or not. The ids go on in a new stretch, so that the
    /// last one is closed and counts as well.
    pub(super) fn ripen(&mut self) {
        self.next_id = self.occupancy.ripen(self.next_id);
    }

    /// Rows added since the last commit.
    pub(super) fn appended_rows(&self) -> usize {
        let rows = self.changes.iter().map(|change| match change {
            Change::Appended(_, rows) => usize::try_from(rows.end - rows.start).unwrap_or(0),
            _ => 0,
        });
        rows.sum()
    }

    /// The group is on disk, and these rows are gone.
    pub(super) fn keep(&mut self, gone: &[RangeInclusive<i64>]) {
        for change in self.changes.drain(..) {
            match change {
                Change::Created(_) => {}
                Change::Appended(_, rows) => rows.for_each(|id| self.occupancy.added(id)),
                Change::Trimmed(_, rows) => release(&mut self.occupancy, rows),
                Change::Dropped(_, journal) => release(&mut self.occupancy, journal.rows),
            }
        }
        self.occupancy.swept(gone);
    }

    /// The group was rolled back. Ids that it used are not used again.
    pub(super) fn take_back(&mut self) {
        while let Some(change) = self.changes.pop() {
            match change {
                Change::Created(stream) => {
                    self.journals.remove(&stream);
                }
                Change::Appended(stream, rows) => self.unappend(&stream, rows),
                Change::Trimmed(stream, rows) => self.untrim(&stream, rows),
                Change::Dropped(stream, journal) => {
                    self.journals.insert(stream, journal);
                }
            }
        }
    }

    fn unappend(&mut self, stream: &Stream, rows: Range<i64>) {
        if let Some(journal) = self.journals.get_mut(stream) {
            let count = usize::try_from(rows.end - rows.start).unwrap_or(0);
            journal.rows.truncate(journal.rows.len().saturating_sub(count));
            journal.version -= count as u64;
        }
    }

    fn untrim(&mut self, stream: &Stream, rows: Vec<i64>) {
        if let Some(journal) = self.journals.get_mut(stream) {
            rows.into_iter().rev().for_each(|id| journal.rows.push_front(id));
        }
    }
}

fn release(occupancy: &mut Occupancy, rows: impl IntoIterator<Item = i64>) {
    rows.into_iter()
        .filter(|id| *id != 0)
        .for_each(|id| occupancy.released(id));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(index: &JournalIndex, stream: &Stream) -> Vec<(u64, i64)> {
        let journal = index.journal(stream).unwrap();
        journal.rows_after(Version(0)).map(|(v, id)| (v.0, id)).collect()
    }

    #[test]
    fn a_group_that_fails_leaves_everything_as_it_was() {
        let (mut index, stream) = (JournalIndex::default(), Stream::Commands);
        index.next_id = 1;
        index.created(&stream, 1);
        index.appended(stream.clone(), 3);
        index.keep(&[]);
        index.appended(stream.clone(), 2);
        index.trimmed(stream.clone(), Version(4));
        index.dropped(stream.clone());
        index.created(&stream, 2);
        index.take_back();
        assert_eq!(rows(&index, &stream), [(1, 1), (2, 2), (3, 3)]);
        assert_eq!(index.journal(&stream).unwrap().version, 3);
    }

    #[test]
    fn a_trimmed_journal_keeps_its_version() {
        let (mut index, stream) = (JournalIndex::default(), Stream::Commands);
        index.created(&stream, 1);
        index.appended(stream.clone(), 3);
        index.trimmed(stream.clone(), Version(9));
        assert_eq!(index.journal(&stream).unwrap().version, 3);
        assert_eq!(index.appended(stream.clone(), 1), Version(4));
        assert_eq!(rows(&index, &stream), [(4, 3)]);
    }
}
