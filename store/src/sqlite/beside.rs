//! Reads a store beside the process that has it, or when none has: for checks that trust nobody. One
//! read transaction, so that the picture is one of a moment.

use std::path::Path;

use atlas_actors::store::{DocumentKind, Stream, Version};
use bytes::Bytes;
use rusqlite::Connection;

use super::OpenError;
use super::columns::{from_column, record_checksum, sound_body};
use super::folder::DATABASE_FILE;
use super::load::stream_rows;
use super::schema::open_reader;

/// A store that is only looked at.
pub struct StoreBeside(Connection);

impl StoreBeside {
    /// Looks at the store in that folder.
    ///
    /// # Errors
    /// When there is none, or it can't be read.
    pub fn open(folder: &Path) -> Result<Self, OpenError> {
        let connection = open_reader(&folder.join(DATABASE_FILE))?;
        connection.execute_batch("BEGIN")?;
        Ok(Self(connection))
    }

    /// Every record of a journal in the order in which they were written; no body = it can't be trusted.
    ///
    /// # Errors
    /// When the database can't be read to the end.
    pub fn journal(
        &self,
        stream: &Stream,
        mut each: impl FnMut(Version, Option<Bytes>),
    ) -> Result<(), OpenError> {
        let name = stream.to_string();
        let mut select = self
            .0
            .prepare("SELECT version, crc, body FROM journal WHERE stream = ?1 ORDER BY id")?;
        // More than one has that name when somebody made the journal begin anew.
        for journal in stream_rows(&self.0)?.into_iter().filter(|row| row.name == name) {
            let mut rows = select.query([journal.number])?;
            while let Some(row) = rows.next()? {
                let version = row.get(0).unwrap_or(-1);
                let body = sound_body(row, 2, 1, |body| record_checksum(journal.number, version, body));
                each(Version(from_column(version)), body);
            }
        }
        Ok(())
    }

    /// What is wrong with the database's own structure: nothing when it is whole. Reads every page and
    /// no checksum of ours.
    ///
    /// # Errors
    /// When the database can't be read at all.
    pub fn damage(&self) -> Result<Vec<String>, OpenError> {
        let mut check = self.0.prepare("PRAGMA quick_check(10)")?;
        let lines = check.query_map([], |row| row.get::<_, String>(0))?;
        let mut lines = lines.collect::<Result<Vec<_>, _>>()?;
        lines.retain(|line| line != "ok");
        Ok(lines)
    }

    /// The bodies of all documents of a kind, by their keys. What is damaged is handed out as it is.
    ///
    /// # Errors
    /// When the database can't be read to the end.
    pub fn documents(&self, kind: DocumentKind) -> Result<Vec<Bytes>, OpenError> {
        let mut select = self
            .0
            .prepare("SELECT body FROM documents WHERE kind = ?1 ORDER BY key")?;
        let bodies = select.query_map([kind.name()], |row| row.get::<_, Vec<u8>>(0))?;
        let bodies: Result<Vec<_>, _> = bodies.collect();
        Ok(bodies?.into_iter().map(Bytes::from).collect())
    }
}
