//! The format of the database file and how a connection to it is set up. The format has a number; a
//! file of a newer format, or of another program, is refused before anything is written.

use std::path::Path;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use super::OpenError;
use crate::limits::{CHECKPOINT_PATIENCE, PAGE_CACHE_KIB, READER_PATIENCE};

/// The format that this code writes.
pub const FORMAT: i64 = 1;

/// "ATLS": tells our files from other programs' databases.
const APPLICATION_ID: i64 = 0x4154_4C53;

/// `journal` is filled in the order of arrival: its key ascends, so a group of appends dirties few
/// pages. It has no index; the way from a journal to its rows is kept in memory. `streams.id` is
/// never used twice, so that rows left behind by a dropped journal can't come back in another.
const TABLES: &str = "
CREATE TABLE streams (
    id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, trimmed INTEGER NOT NULL, crc INTEGER NOT NULL
);
CREATE TABLE journal (
    id INTEGER PRIMARY KEY, stream INTEGER NOT NULL, version INTEGER NOT NULL, crc INTEGER NOT NULL,
    body BLOB NOT NULL
);
CREATE TABLE documents (
    id INTEGER PRIMARY KEY, kind TEXT NOT NULL, key TEXT NOT NULL, revision INTEGER NOT NULL,
    crc INTEGER NOT NULL, body BLOB NOT NULL
);
CREATE UNIQUE INDEX documents_by_key ON documents (kind, key);
CREATE TABLE blocks (
    id INTEGER PRIMARY KEY, machine TEXT NOT NULL, tier TEXT NOT NULL, first_ms INTEGER NOT NULL,
    last_ms INTEGER NOT NULL, crc INTEGER NOT NULL, body BLOB NOT NULL
);
CREATE UNIQUE INDEX blocks_by_machine ON blocks (machine, tier, first_ms);
CREATE INDEX blocks_by_end ON blocks (tier, last_ms);
CREATE TABLE leases (
    name TEXT PRIMARY KEY, holder TEXT NOT NULL, fence INTEGER NOT NULL, crc INTEGER NOT NULL
) WITHOUT ROWID;
";

/// Opens the writer's connection, and makes the tables in a new file.
pub(super) fn open_writer(file: &Path, bytes_max: Option<u64>) -> Result<Connection, OpenError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_CREATE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX
        | OpenFlags::SQLITE_OPEN_PRIVATE_CACHE;
    let connection = Connection::open_with_flags(file, flags)?;
    // Closing must not copy the log back behind our back: after a failed fsync that would be the
    // retry that hides the loss. `close` does it in the open.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    connection.busy_timeout(CHECKPOINT_PATIENCE)?;
    let format = checked_format(&connection)?;
    configure_writer(&connection)?;
    if format == 0 {
        create(&connection)?;
    }
    limit_size(&connection, bytes_max)?;
    Ok(connection)
}

/// Opens one reader's connection.
pub(super) fn open_reader(file: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY
        | OpenFlags::SQLITE_OPEN_NO_MUTEX
        | OpenFlags::SQLITE_OPEN_PRIVATE_CACHE;
    let connection = Connection::open_with_flags(file, flags)?;
    connection.busy_timeout(READER_PATIENCE)?;
    connection.pragma_update(None, "cache_size", -PAGE_CACHE_KIB)?;
    Ok(connection)
}

/// The file's format, 0 for an empty file.
pub(super) fn checked_format(connection: &Connection) -> Result<i64, OpenError> {
    let number = |pragma: &str| connection.pragma_query_value(None, pragma, |row| row.get::<_, i64>(0));
    let (format, application) = (number("user_version")?, number("application_id")?);
    let objects: i64 = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    match (format, application, objects) {
        (0, 0, 0) => Ok(0),
        (_, APPLICATION_ID, _) if format > FORMAT => Err(OpenError::NewerFormat { found: format }),
        (1..=FORMAT, APPLICATION_ID, _) => Ok(format),
        _ => Err(OpenError::Foreign),
    }
}

fn configure_writer(connection: &Connection) -> Result<(), OpenError> {
    connection.pragma_update(None, "page_size", 4096)?;
    if switch_to_log(connection)? != "wal" {
        return Err(OpenError::NoWriteAheadLog);
    }
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "fullfsync", true)?;
    connection.pragma_update(None, "checkpoint_fullfsync", true)?;
    connection.pragma_update(None, "cache_size", -PAGE_CACHE_KIB)?;
    // The writer does it itself and looks at the outcome; SQLite would swallow a failed fsync here.
    connection.pragma_update_and_check(None, "wal_autocheckpoint", 0, |_| Ok(()))?;
    Ok(())
}

/// The mode is answered before it is on disk: whether it got there is known once there are no more
/// rows, and a switch that failed would leave a database without a log.
fn switch_to_log(connection: &Connection) -> rusqlite::Result<String> {
    let mut switch = connection.prepare("PRAGMA journal_mode = wal")?;
    let mut rows = switch.query([])?;
    let mut mode = String::new();
    while let Some(row) = rows.next()? {
        mode = row.get(0)?;
    }
    Ok(mode)
}

fn create(connection: &Connection) -> rusqlite::Result<()> {
    let transaction = connection.unchecked_transaction()?;
    transaction.execute_batch(TABLES)?;
    transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    transaction.pragma_update(None, "user_version", FORMAT)?;
    transaction.commit()
}

fn limit_size(connection: &Connection, bytes_max: Option<u64>) -> rusqlite::Result<()> {
    let Some(bytes_max) = bytes_max else {
        return Ok(());
    };
    let page: i64 = connection.pragma_query_value(None, "page_size", |row| row.get(0))?;
    let pages = super::columns::to_column(bytes_max) / page.max(1);
    connection.pragma_update_and_check(None, "max_page_count", pages.max(1), |_| Ok(()))
}
