//! Journals: append, trim and drop as the writer does them, finding rows in the index, and fetching
//! those rows on a reader.

use atlas_actors::store::{AppendError, JournalRecord, StoreError, Stream, Version};
use bytes::Bytes;
use rusqlite::{CachedStatement, Connection, OptionalExtension, params};

use super::columns::{record_checksum, sound_body, to_column};
use super::failure::store_error;
use super::job::{Desk, Operation};
use super::load::stream_checksum;

/// The statement behind [`Desk::insert_record`].
pub(super) const INSERT_RECORD: &str =
    "INSERT INTO journal (id, stream, version, crc, body) VALUES (?1, ?2, ?3, ?4, ?5)";

/// Adds records to a journal.
pub(super) struct Append {
    pub(super) stream: Stream,
    pub(super) expected: Version,
    pub(super) records: Vec<Bytes>,
}

impl Operation for Append {
    type Output = Version;
    type Error = AppendError;

    fn run(&self, desk: &mut Desk<'_>) -> rusqlite::Result<Result<Version, AppendError>> {
        let journal = desk.index.journal(&self.stream);
        let actual = Version(journal.map_or(0, |journal| journal.version));
        let expected = self.expected;
        if actual != expected {
            return Ok(Err(AppendError::Conflict { expected, actual }));
        }
        if self.records.is_empty() {
            return Ok(Ok(actual));
        }
        let number = match journal {
            Some(journal) => journal.number,
            None => create_stream(desk, &self.stream)?,
        };
        let (mut id, mut version) = (desk.index.next_id(), to_column(actual.0));
        for body in &self.records {
            version += 1;
            let crc = record_checksum(number, version, body);
            desk.insert_record
                .execute(params![id, number, version, crc, &body[..]])?;
            id += 1;
        }
        Ok(Ok(desk.index.appended(self.stream.clone(), self.records.len())))
    }

    fn is_essential(&self) -> bool {
        !matches!(self.stream, Stream::Machine(_))
    }
}

fn create_stream(desk: &mut Desk<'_>, stream: &Stream) -> rusqlite::Result<i64> {
    let name = stream.to_string();
    let mut insert = desk
        .connection
        .prepare_cached("INSERT INTO streams (name, trimmed, crc) VALUES (?1, 0, 0)")?;
    let number = insert.insert([&name])?;
    write_trimmed(desk.connection, number, &name, 0)?;
    desk.index.created(stream, number);
    Ok(number)
}

fn write_trimmed(connection: &Connection, number: i64, name: &str, trimmed: i64) -> rusqlite::Result<()> {
    let crc = stream_checksum(number, name.as_bytes(), trimmed);
    connection
        .prepare_cached("UPDATE streams SET trimmed = ?2, crc = ?3 WHERE id = ?1")?
        .execute(params![number, trimmed, crc])?;
    Ok(())
}

/// Lets go of a journal's records up to a version.
pub(super) struct Trim {
    pub(super) stream: Stream,
    pub(super) up_to: Version,
}

impl Operation for Trim {
    type Output = ();
    type Error = StoreError;

    fn run(&self, desk: &mut Desk<'_>) -> rusqlite::Result<Result<(), StoreError>> {
        let Some(journal) = desk.index.journal(&self.stream) else {
            return Ok(Ok(()));
        };
        let up_to = self.up_to.min(Version(journal.version));
        if up_to.0 > journal.trimmed() {
            let name = self.stream.to_string();
            write_trimmed(desk.connection, journal.number, &name, to_column(up_to.0))?;
            desk.index.trimmed(self.stream.clone(), up_to);
        }
        Ok(Ok(()))
    }
}

/// Forgets a journal. Its rows no longer belong to anything and are swept away later.
pub(super) struct DropStream(pub(super) Stream);

impl Operation for DropStream {
    type Output = ();
    type Error = StoreError;

    fn run(&self, desk: &mut Desk<'_>) -> rusqlite::Result<Result<(), StoreError>> {
        if let Some(journal) = desk.index.journal(&self.0) {
            desk.connection
                .prepare_cached("DELETE FROM streams WHERE id = ?1")?
                .execute([journal.number])?;
            desk.index.dropped(self.0.clone());
        }
        Ok(Ok(()))
    }
}

/// Asks for a journal's version.
pub(super) struct FindVersion(pub(super) Stream);

impl Operation for FindVersion {
    type Output = Version;
    type Error = StoreError;

    fn run(&self, desk: &mut Desk<'_>) -> rusqlite::Result<Result<Version, StoreError>> {
        let journal = desk.index.journal(&self.0);
        Ok(Ok(Version(journal.map_or(0, |journal| journal.version))))
    }
}

/// Asks for the names of all journals.
pub(super) struct FindStreams;

impl Operation for FindStreams {
    type Output = Vec<Stream>;
    type Error = StoreError;

    fn run(&self, desk: &mut Desk<'_>) -> rusqlite::Result<Result<Vec<Stream>, StoreError>> {
        Ok(Ok(desk.index.streams()))
    }
}

/// Asks where a journal's records after a version are.
pub(super) struct FindRows {
    pub(super) stream: Stream,
    pub(super) after: Version,
    pub(super) limit: usize,
}

/// The rows that hold a part of a journal.
#[derive(Debug)]
pub(super) struct FoundRows {
    number: i64,
    rows: Vec<(Version, i64)>,
}

impl Operation for FindRows {
    type Output = FoundRows;
    type Error = StoreError;

    fn run(&self, desk: &mut Desk<'_>) -> rusqlite::Result<Result<FoundRows, StoreError>> {
        let journal = desk.index.journal(&self.stream);
        Ok(Ok(FoundRows {
            number: journal.map_or(0, |journal| journal.number),
            rows: journal.map_or_else(Vec::new, |journal| {
                journal.rows_after(self.after).take(self.limit).collect()
            }),
        }))
    }
}

impl FoundRows {
    /// Whether there is nothing to fetch.
    pub(super) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Reads the rows. `None` = one of them is not there (any more).
    pub(super) fn fetch(
        &self,
        connection: &Connection,
        stream: &Stream,
    ) -> Result<Option<Vec<JournalRecord>>, StoreError> {
        let mut select = connection
            .prepare_cached("SELECT stream, version, crc, body FROM journal WHERE id = ?1")
            .map_err(|error| store_error(&error))?;
        let mut records = Vec::with_capacity(self.rows.len());
        for (version, id) in &self.rows {
            match self.fetch_one(&mut select, *version, *id) {
                Ok(Some(Some(body))) => records.push(JournalRecord {
                    version: *version,
                    body,
                }),
                Ok(Some(None)) => return Err(damaged_record(stream, *version)),
                Ok(None) => return Ok(None),
                Err(error) => return Err(store_error(&error)),
            }
        }
        Ok(Some(records))
    }

    /// The outer `None`: there is no such row; the inner one: it is damaged.
    fn fetch_one(
        &self,
        select: &mut CachedStatement<'_>,
        version: Version,
        id: i64,
    ) -> rusqlite::Result<Option<Option<Bytes>>> {
        let version = to_column(version.0);
        let sound = |row: &rusqlite::Row<'_>| {
            let is_expected = row.get(0) == Ok(self.number) && row.get(1) == Ok(version);
            let body = sound_body(row, 3, 2, |body| record_checksum(self.number, version, body));
            Ok(body.filter(|_| is_expected))
        };
        select.query_row([id], sound).optional()
    }
}

/// Names a record that can't be trusted.
pub(super) fn damaged_record(stream: &Stream, version: Version) -> StoreError {
    StoreError::Damaged(format!("journal {stream}, record {}", version.0))
}
