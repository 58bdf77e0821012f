//! A store looked at from beside, by a process that does not hold its folder: a copy of one that may
//! be in use, and a check of a copy that nobody uses.

use std::path::Path;

use atlas_actors::store::{StoreError, VerifyReport};
use rusqlite::{Connection, OpenFlags};

use super::failure::{engine, store_error};
use super::folder::DATABASE_FILE;
use super::{schema, snapshot, verify};

/// Writes a consistent copy of the store in a folder to a new file, whether or not a server uses it.
/// What was acknowledged before is in it.
///
/// # Errors
/// When there is no store, the name is taken, or the disk is full.
pub fn copy_store(folder: &Path, to: &Path) -> Result<(), StoreError> {
    let connection = schema::open_reader(&folder.join(DATABASE_FILE)).map_err(|error| store_error(&error))?;
    check_format(&connection)?;
    snapshot::take(&connection, to)
}

/// Reads all of a copy and says what is broken. The copy stays as it is, and needs no folder that can
/// be written to.
///
/// # Errors
/// When it is no store that this release knows, or can't be read.
pub fn verify_copy(file: &Path) -> Result<VerifyReport, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI;
    let name = file
        .to_str()
        .ok_or_else(|| engine("the copy's name is not UTF-8"))?;
    // Nobody changes it: SQLite needs no files beside it.
    let uri = format!("file:{}?immutable=1", escaped(name));
    let connection = Connection::open_with_flags(uri, flags).map_err(|error| store_error(&error))?;
    check_format(&connection)?;
    verify::verify(&connection).map_err(|error| store_error(&error))
}

fn check_format(connection: &Connection) -> Result<(), StoreError> {
    match schema::checked_format(connection) {
        Ok(0) => Err(engine("there is nothing in the database")),
        Ok(_) => Ok(()),
        Err(error) => Err(engine(error.to_string())),
    }
}

/// A path as a URI: what has a meaning there is written as its number.
fn escaped(path: &str) -> String {
    let byte = |byte: u8| match byte {
        b'/' | b'.' | b'-' | b'_' | b'~' => char::from(byte).to_string(),
        byte if byte.is_ascii_alphanumeric() => char::from(byte).to_string(),
        byte => format!("%{byte:02x}"),
    };
    path.bytes().map(byte).collect()
}
