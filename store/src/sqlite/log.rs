//! The write-ahead log and when it is copied back into the database file. Done by hand after a commit:
//! SQLite's own way ignores a failed fsync.

use rusqlite::Connection;

use crate::limits::{CHECKPOINT_PAGES, CHECKPOINT_PAGES_MAX};

/// Where the log stands.
#[derive(Debug, Default)]
pub(super) struct Log {
    /// Pages that were in the log after the last attempt, when it could not all be copied back.
    pages_left: u32,
}

/// What SQLite says about the log.
struct Pages {
    in_log: u32,
    copied: u32,
}

impl Log {
    /// Copies the log back if it has grown long.
    pub(super) fn keep_short(&mut self, connection: &Connection) -> rusqlite::Result<()> {
        let pages = checkpoint(connection, "NOOP")?;
        let waiting = pages.in_log.saturating_sub(pages.copied);
        if waiting < CHECKPOINT_PAGES.saturating_add(self.pages_left) {
            return Ok(());
        }
        let mode = match pages.in_log >= CHECKPOINT_PAGES_MAX {
            true => "TRUNCATE",
            false => "PASSIVE",
        };
        let pages = checkpoint(connection, mode)?;
        self.pages_left = pages.in_log.saturating_sub(pages.copied);
        Ok(())
    }

    /// Copies back what it can and begins the log at its start, so that its room on the disk is used again.
    pub(super) fn restart(&mut self, connection: &Connection) -> rusqlite::Result<()> {
        checkpoint(connection, "RESTART").map(|_| ())
    }

    /// Copies everything back, at the end.
    pub(super) fn finish(&mut self, connection: &Connection) -> rusqlite::Result<()> {
        checkpoint(connection, "TRUNCATE").map(|_| ())
    }
}

fn checkpoint(connection: &Connection, mode: &str) -> rusqlite::Result<Pages> {
    let pages = |column: Option<i64>| u32::try_from(column.unwrap_or(0)).unwrap_or(0);
    connection
        .prepare_cached(match mode {
            "NOOP" => "PRAGMA wal_checkpoint(NOOP)",
            "RESTART" => "PRAGMA wal_checkpoint(RESTART)",
            "PASSIVE" => "PRAGMA wal_checkpoint(PASSIVE)",
            _ => "PRAGMA wal_checkpoint(TRUNCATE)",
        })?
        .query_row([], |row| {
            Ok(Pages {
                in_log: pages(row.get(1)?),
                copied: pages(row.get(2)?),
            })
        })
}
