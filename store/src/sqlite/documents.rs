//! Documents: writing and deleting them at the revision that the caller knows, and reading them.

use atlas_actors::store::{Document, DocumentChanged, DocumentKind, PutError, Revision, StoreError};
use bytes::Bytes;
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::columns::{checksum, from_column, sound_body, to_column};
use super::failure::store_error;
use super::job::{Desk, Operation};

/// Names a document.
#[derive(Clone, Debug)]
pub(super) struct DocumentName {
    pub(super) kind: DocumentKind,
    pub(super) key: String,
}

impl DocumentName {
    /// The row and the revision of a document; `None` if there is no such document.
    fn find(&self, connection: &Connection) -> rusqlite::Result<Option<(i64, Revision)>> {
        connection
            .prepare_cached("SELECT id, revision FROM documents WHERE kind = ?1 AND key = ?2")?
            .query_row(params![self.kind.name(), self.key], |row| {
                Ok((row.get(0)?, Revision(from_column(row.get(1)?))))
            })
            .optional()
    }

    fn changed(&self, revision: Revision) -> DocumentChanged {
        DocumentChanged {
            kind: self.kind,
            key: self.key.clone(),
            revision,
        }
    }
}

/// Writes a document.
pub(super) struct Put {
    pub(super) name: DocumentName,
    pub(super) expected: Revision,
    pub(super) body: Bytes,
}

impl Operation for Put {
    type Output = Revision;
    type Error = PutError;

    fn run(&self, desk: &mut Desk<'_>) -> rusqlite::Result<Result<Revision, PutError>> {
        let found = self.name.find(desk.connection)?;
        let actual = found.map_or(Revision(0), |(_, revision)| revision);
        let expected = self.expected;
        if actual != expected {
            return Ok(Err(PutError::Conflict { expected, actual }));
        }
        let revision = Revision(actual.0 + 1);
        self.write(desk.connection, found.map(|(id, _)| id), revision)?;
        desk.changed.push(self.name.changed(revision));
        Ok(Ok(revision))
    }

    fn is_essential(&self) -> bool {
        self.name.kind != DocumentKind::Machine
    }
}

impl Put {
    fn write(&self, connection: &Connection, id: Option<i64>, revision: Revision) -> rusqlite::Result<usize> {
        let DocumentName { kind, key } = &self.name;
        let crc = document_checksum(kind.name(), key, revision, &self.body);
        let (revision, body) = (to_column(revision.0), &self.body[..]);
        match id {
            Some(id) => connection
                .prepare_cached("UPDATE documents SET revision = ?2, crc = ?3, body = ?4 WHERE id = ?1")?
                .execute(params![id, revision, crc, body]),
            None => connection
                .prepare_cached(
                    "INSERT INTO documents (kind, key, revision, crc, body) VALUES (?1, ?2, ?3, ?4, ?5)",
                )?
                .execute(params![kind.name(), key, revision, crc, body]),
        }
    }
}

/// Deletes a document.
pub(super) struct Delete {
    pub(super) name: DocumentName,
    pub(super) expected: Revision,
}

impl Operation for Delete {
    type Output = ();
    type Error = PutError;

    fn run(&self, desk: &mut Desk<'_>) -> rusqlite::Result<Result<(), PutError>> {
        let Some((id, actual)) = self.name.find(desk.connection)? else {
            return Ok(Ok(()));
        };
        let expected = self.expected;
        if actual != expected {
            return Ok(Err(PutError::Conflict { expected, actual }));
        }
        desk.connection
            .prepare_cached("DELETE FROM documents WHERE id = ?1")?
            .execute([id])?;
        desk.changed.push(self.name.changed(Revision(0)));
        Ok(Ok(()))
    }
}

/// Reads one document.
pub(super) fn get(connection: &Connection, name: &DocumentName) -> Result<Option<Document>, StoreError> {
    let read = || {
        connection
            .prepare_cached("SELECT key, revision, crc, body FROM documents WHERE kind = ?1 AND key = ?2")?
            .query_row(params![name.kind.name(), name.key], |row| {
                Ok(document(name.kind.name(), row))
            })
            .optional()
    };
    match read().map_err(|error| store_error(&error))? {
        Some(Ok(document)) if document.key == name.key => Ok(Some(document)),
        None => Ok(None),
        Some(_) => Err(damaged_document(name.kind.name(), &name.key)),
    }
}

/// Reads the documents of a kind, in the order of their keys.
pub(super) fn list(
    connection: &Connection,
    kind: DocumentKind,
    after: Option<&str>,
    limit: usize,
) -> Result<Vec<Document>, StoreError> {
    let read = || {
        let mut select = connection.prepare_cached(
            "SELECT key, revision, crc, body FROM documents
             WHERE kind = ?1 AND (?2 IS NULL OR key > ?2) ORDER BY key LIMIT ?3",
        )?;
        let rows = select.query_map(params![kind.name(), after, to_column(limit as u64)], |row| {
            Ok(document(kind.name(), row))
        })?;
        rows.collect::<rusqlite::Result<Vec<_>>>()
    };
    let documents = read().map_err(|error| store_error(&error))?;
    documents
        .into_iter()
        .map(|read| read.map_err(|key| damaged_document(kind.name(), &key)))
        .collect()
}

/// Reads a document out of the columns key, revision, crc, body; fails with the key of a damaged one.
pub(super) fn document(kind: &str, row: &Row<'_>) -> Result<Document, String> {
    let key: String = row.get(0).map_err(|_| "(unreadable)".to_owned())?;
    let revision = Revision(from_column(row.get(1).unwrap_or(-1)));
    match sound_body(row, 3, 2, |body| document_checksum(kind, &key, revision, body)) {
        Some(body) => Ok(Document { key, revision, body }),
        None => Err(key),
    }
}

fn document_checksum(kind: &str, key: &str, revision: Revision, body: &[u8]) -> u32 {
    checksum(
        &[kind.as_bytes(), key.as_bytes(), &revision.0.to_le_bytes()],
        body,
    )
}

fn damaged_document(kind: &str, key: &str) -> StoreError {
    StoreError::Damaged(format!("document {kind} {key:?}"))
}
