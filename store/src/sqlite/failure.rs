//! What SQLite's errors mean: a disk that is full, a disk that lies, damage, or a mistake of ours.

use std::sync::Arc;

use atlas_actors::store::StoreError;
use rusqlite::{Error, ErrorCode, ffi};

/// What has to happen after an error of the writer.
#[derive(Debug)]
pub(super) enum Verdict {
    /// The group failed; the next one may work.
    Refuse(StoreError),
    /// The disk failed while writing: what is on it is unknown, and asking again would hide it,
    /// since the kernel reports a lost page only once.
    Stop(String),
}

/// Judges an error that the writer met.
pub(super) fn judge(error: &Error) -> Verdict {
    match error.sqlite_error() {
        // The shared-memory file holds nothing that lasts; that it can't grow is a full disk.
        Some(e) if e.extended_code == ffi::SQLITE_IOERR_SHMSIZE => Verdict::Refuse(StoreError::Full),
        Some(e) if e.code == ErrorCode::SystemIoFailure => Verdict::Stop(format!(
            "the disk failed under the store: {error} (code {})",
            e.extended_code
        )),
        _ => Verdict::Refuse(store_error(error)),
    }
}

/// Whether more room would have helped.
pub(super) fn is_full(error: &Error) -> bool {
    matches!(judge(error), Verdict::Refuse(StoreError::Full))
}

/// Whether it is the disk itself that failed.
pub(super) fn is_of_disk(error: &Error) -> bool {
    matches!(judge(error), Verdict::Stop(_))
}

/// An error in the port's words.
pub(super) fn store_error(error: &Error) -> StoreError {
    match error {
        Error::SqliteFailure(e, _) => match e.code {
            ErrorCode::DiskFull => StoreError::Full,
            ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => StoreError::Busy,
            ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => StoreError::Damaged(error.to_string()),
            _ => engine(error),
        },
        Error::FromSqlConversionFailure(..)
        | Error::IntegralValueOutOfRange(..)
        | Error::InvalidColumnType(..)
        | Error::Utf8Error(..) => StoreError::Damaged(error.to_string()),
        _ => engine(error),
    }
}

/// Any other failure, in its own words.
pub(super) fn engine(error: impl std::fmt::Display) -> StoreError {
    StoreError::Engine(Arc::from(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure(extended_code: i32) -> Error {
        Error::SqliteFailure(ffi::Error::new(extended_code), None)
    }

    #[test]
    fn a_full_disk_is_refused_and_not_fatal() {
        for code in [ffi::SQLITE_FULL, ffi::SQLITE_IOERR_SHMSIZE] {
            assert!(matches!(judge(&failure(code)), Verdict::Refuse(StoreError::Full)));
        }
    }

    #[test]
    fn a_failed_write_or_fsync_is_fatal() {
        for code in [
            ffi::SQLITE_IOERR_FSYNC,
            ffi::SQLITE_IOERR_WRITE,
            ffi::SQLITE_IOERR,
        ] {
            assert!(matches!(judge(&failure(code)), Verdict::Stop(_)), "{code}");
        }
    }

    #[test]
    fn a_broken_page_is_damage() {
        assert!(matches!(
            store_error(&failure(ffi::SQLITE_CORRUPT)),
            StoreError::Damaged(_)
        ));
    }
}
