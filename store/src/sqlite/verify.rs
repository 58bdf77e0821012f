//! Reads everything, checks each checksum and the database's own structure, and names what is broken.
//! One read transaction: the picture is consistent while the store goes on.

use std::collections::HashMap;

use atlas_actors::store::{Stream, VerifyReport, Version};
use rusqlite::{Connection, Error, ErrorCode, Row};

use super::blocks::block;
use super::columns::{body_and_checksum, from_column, record_checksum};
use super::documents::document;
use super::journal::damaged_record;
use super::leases::lease_checksum;
use super::load::{StreamRow, stream_rows};

/// One kind of thing that is checked.
type Part = fn(&mut Inspection, &Connection) -> rusqlite::Result<()>;

/// Checks everything.
pub(super) fn verify(connection: &Connection) -> rusqlite::Result<VerifyReport> {
    let transaction = connection.unchecked_transaction()?;
    let mut inspection = Inspection::default();
    let parts: [(&str, Part); 5] = [
        ("the structure", Inspection::structure),
        ("the journals", Inspection::journals),
        ("the documents", Inspection::documents),
        ("the blocks", Inspection::blocks),
        ("the leases", Inspection::leases),
    ];
    for (what, part) in parts {
        match part(&mut inspection, &transaction) {
            Err(error) if is_damage(&error) => {
                inspection.broken(format!("{what} can't be read to the end: {error}"))
            }
            ended => ended?,
        }
    }
    Ok(inspection.report)
}

fn is_damage(error: &Error) -> bool {
    let code = error.sqlite_error_code();
    !matches!(error, Error::SqliteFailure(..))
        || matches!(code, Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase))
}

/// How much of a journal was seen.
struct SeenJournal {
    stream: Stream,
    trimmed: u64,
    last: u64,
}

#[derive(Default)]
struct Inspection {
    report: VerifyReport,
}

impl Inspection {
    fn broken(&mut self, what: String) {
        self.report.damage.push(what);
    }

    fn structure(&mut self, connection: &Connection) -> rusqlite::Result<()> {
        let mut statement = connection.prepare("PRAGMA integrity_check")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let line: String = row.get(0)?;
            if line != "ok" {
                self.broken(format!("the structure: {line}"));
            }
        }
        Ok(())
    }

    fn journals(&mut self, connection: &Connection) -> rusqlite::Result<()> {
        let mut seen = self.streams(stream_rows(connection)?);
        let mut statement =
            connection.prepare("SELECT stream, version, crc, body FROM journal ORDER BY id")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let journal = row.get(0).ok().and_then(|number: i64| seen.get_mut(&number));
            self.record(row, journal);
        }
        Ok(())
    }

    fn streams(&mut self, rows: Vec<StreamRow>) -> HashMap<i64, SeenJournal> {
        let mut seen = HashMap::with_capacity(rows.len());
        for row in rows {
            let (name, trimmed) = (row.name, row.trimmed);
            let Some(stream) = row.stream else {
                self.broken(format!("journal {name:?}: its name or version"));
                continue;
            };
            let last = trimmed;
            seen.insert(
                row.number,
                SeenJournal {
                    stream,
                    trimmed,
                    last,
                },
            );
        }
        seen
    }

    /// Rows without a journal and trimmed ones wait to be swept and are not looked at, except for
    /// what is not a row of ours at all.
    fn record(&mut self, row: &Row<'_>, journal: Option<&mut SeenJournal>) {
        let number: i64 = row.get(0).unwrap_or(-1);
        let version: i64 = row.get(1).unwrap_or(-1);
        let is_sound = body_and_checksum(row, 3, 2)
            .is_some_and(|(body, crc)| record_checksum(number, version, body) == crc);
        self.report.checked += 1;
        let version = from_column(version);
        match journal {
            None if is_sound => {}
            None => self.broken("a record that belongs to no journal".to_owned()),
            Some(journal) if is_sound => self.next_version(journal, version),
            Some(journal) => {
                self.broken(damaged_record(&journal.stream, Version(version)).to_string());
                journal.last = journal.last.max(version.min(journal.last + 1));
            }
        }
    }

    fn next_version(&mut self, journal: &mut SeenJournal, version: u64) {
        if version <= journal.trimmed {
            return;
        }
        if version != journal.last + 1 {
            let after = journal.last;
            self.broken(format!("journal {}: {version} follows {after}", journal.stream));
        }
        journal.last = version;
    }

    fn documents(&mut self, connection: &Connection) -> rusqlite::Result<()> {
        let mut statement = connection.prepare("SELECT key, revision, crc, body, kind FROM documents")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            self.report.checked += 1;
            let kind: String = row.get(4).unwrap_or_default();
            if let Err(key) = document(&kind, row) {
                self.broken(format!("document {kind} {key:?}"));
            }
        }
        Ok(())
    }

    fn blocks(&mut self, connection: &Connection) -> rusqlite::Result<()> {
        let mut statement =
            connection.prepare("SELECT first_ms, last_ms, crc, body, machine, tier FROM blocks")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            self.report.checked += 1;
            let machine: String = row.get(4).unwrap_or_default();
            let tier: String = row.get(5).unwrap_or_default();
            if block(&machine, &tier, row).is_none() {
                let first: i64 = row.get(0).unwrap_or(-1);
                self.broken(format!("block of machine {machine:?}, {tier}, from {first} ms"));
            }
        }
        Ok(())
    }

    fn leases(&mut self, connection: &Connection) -> rusqlite::Result<()> {
        let mut statement = connection.prepare("SELECT name, holder, fence, crc FROM leases")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let (name, holder): (String, String) = (row.get(0)?, row.get(1)?);
            let (fence, crc): (i64, i64) = (row.get(2)?, row.get(3)?);
            if i64::from(lease_checksum(&name, &holder, fence)) != crc {
                self.broken(format!("lease {name:?}"));
            }
        }
        Ok(())
    }
}
