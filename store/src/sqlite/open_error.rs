//! Why a store can't be opened.

use std::path::PathBuf;

use super::failure;
use super::schema::FORMAT;

/// The data folder can't be used.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// It can't be made or entered.
    #[error("the data folder {} can't be used", folder.display())]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// Another process has it.
    #[error("the data folder {} is in use by another process", folder.display())]
    InUse {
        /// The folder.
        folder: PathBuf,
    },
    /// A later release has written it.
    #[error("the data is of format {found}, this release knows up to {FORMAT}: use the newer release")]
    NewerFormat {
        /// The format that it has.
        found: i64,
    },
    /// The database file belongs to another program.
    #[error("the database in the data folder was not made by ATLAS")]
    Foreign,
    /// The file system can't do what a write-ahead log needs.
    #[error("the file system of the data folder can't hold a write-ahead log (is it a network share?)")]
    NoWriteAheadLog,
    /// SQLite can't read it.
    #[error("the database in the data folder can't be opened: {0}")]
    Database(#[from] rusqlite::Error),
    /// The writer's thread did not start.
    #[error("the store's thread can't be started")]
    Thread(#[source] std::io::Error),
}

impl OpenError {
    /// Whether the disk failed while the store was being opened: another start may find it well.
    #[must_use]
    pub fn is_of_disk(&self) -> bool {
        matches!(self, Self::Database(error) if failure::is_of_disk(error))
    }

    /// Whether there was no room to make the store in.
    #[must_use]
    pub fn is_of_room(&self) -> bool {
        let code = |error: &rusqlite::Error| error.sqlite_error_code();
        matches!(self, Self::Database(error) if code(error) == Some(rusqlite::ErrorCode::DiskFull))
    }
}
