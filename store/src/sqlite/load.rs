//! Rebuilds the index at start: the names of the journals, then one pass over the journal table's ids
//! and versions. Bodies are not read here.

use std::collections::{HashMap, HashSet};

use atlas_actors::store::Stream;
use rusqlite::Connection;

use super::columns::{checksum, from_column, stream_named};
use super::index::{Journal, JournalIndex};
use super::occupancy::Occupancy;
use crate::limits::JOURNAL_GAP_MAX;

/// A row of `streams`.
pub(super) struct StreamRow {
    /// Its number in the journal table.
    pub(super) number: i64,
    /// Its name as text, also if nothing is called so.
    pub(super) name: String,
    /// The version up to which it was trimmed.
    pub(super) trimmed: u64,
    /// The journal it is, unless the row is damaged.
    pub(super) stream: Option<Stream>,
}

/// All rows of `streams`.
pub(super) fn stream_rows(connection: &Connection) -> rusqlite::Result<Vec<StreamRow>> {
    let mut statement = connection.prepare("SELECT id, name, trimmed, crc FROM streams")?;
    let rows = statement.query_map([], |row| {
        let number: i64 = row.get(0)?;
        let name = row.get_ref(1)?.as_bytes().unwrap_or_default().to_vec();
        let trimmed: i64 = row.get(2).unwrap_or(-1);
        let crc: i64 = row.get(3).unwrap_or(-1);
        let is_sound = crc == i64::from(stream_checksum(number, &name, trimmed));
        let name = String::from_utf8_lossy(&name).into_owned();
        Ok(StreamRow {
            number,
            trimmed: from_column(trimmed),
            stream: stream_named(&name).filter(|_| is_sound),
            name,
        })
    })?;
    rows.collect()
}

/// The checksum of a row of `streams`.
pub(super) fn stream_checksum(number: i64, name: &[u8], trimmed: i64) -> u32 {
    checksum(&[&number.to_le_bytes(), &trimmed.to_le_bytes()], name)
}

/// Reads the index out of the database.
pub(super) fn load_index(connection: &Connection) -> rusqlite::Result<JournalIndex> {
    let mut scan = Scan::begin(stream_rows(connection)?);
    let mut statement = connection.prepare("SELECT id, stream, version FROM journal ORDER BY id")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        scan.row(row.get(0)?, row.get(1).unwrap_or(-1), row.get(2).unwrap_or(-1));
    }
    Ok(scan.finish())
}

/// What the pass has seen so far.
struct Scan {
    journals: HashMap<i64, (Stream, Journal)>,
    /// Journals whose name can't be trusted: their rows are left alone, for a person to look at.
    damaged: HashSet<i64>,
    occupancy: Occupancy,
    last_id: i64,
}

impl Scan {
    fn begin(streams: Vec<StreamRow>) -> Self {
        let mut scan = Self {
            journals: HashMap::with_capacity(streams.len()),
            damaged: HashSet::new(),
            occupancy: Occupancy::default(),
            last_id: 0,
        };
        for row in streams {
            scan.stream(row);
        }
        scan
    }

    fn stream(&mut self, row: StreamRow) {
        let Some(stream) = row.stream else {
            tracing::error!(
                journal = row.name,
                "the journal's name is damaged: it is left aside"
            );
            self.damaged.insert(row.number);
            return;
        };
        let journal = Journal {
            number: row.number,
            version: row.trimmed,
            ..Journal::default()
        };
        self.journals.insert(row.number, (stream, journal));
    }

    fn row(&mut self, id: i64, number: i64, version: i64) {
        self.last_id = id;
        let Some((stream, journal)) = self.journals.get_mut(&number) else {
            if self.damaged.contains(&number) {
                self.occupancy.added(id);
            } else {
                self.occupancy.left_behind(id);
            }
            return;
        };
        let version = from_column(version);
        if version <= journal.version {
            // Trimmed, or a version that is there twice, which `verify` tells apart.
            self.occupancy.left_behind(id);
            return;
        }
        let missing = version - journal.version - 1;
        if missing > 0 {
            tracing::error!(journal = %stream, version, missing, "records are missing");
        }
        self.occupancy.added(id);
        if missing <= JOURNAL_GAP_MAX {
            journal.rows.extend((0..missing).map(|_| 0));
            journal.rows.push_back(id);
            journal.version = version;
        }
    }

    fn finish(self) -> JournalIndex {
        let journals = self.journals.into_values().collect();
        JournalIndex::found(journals, self.occupancy, self.last_id + 1)
    }
}
