//! Snapshots: a consistent copy of everything in a new file, written while the store goes on. Under
//! its name there is either nothing, an empty file (the copy is being made) or the whole copy.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use atlas_actors::store::StoreError;
use rusqlite::Connection;

use super::failure::{engine, store_error};
use super::folder::{new_private_file, private_file, sync_folder};

/// Writes the snapshot; refuses a name that is taken.
pub(super) fn take(connection: &Connection, to: &Path) -> Result<(), StoreError> {
    new_private_file(to).map_err(|error| refused(&error, to))?;
    let partial = partial_name(to);
    let written = copy(connection, &partial).and_then(|()| publish(&partial, to));
    if written.is_err() {
        // Best effort: what is left is empty or carries another name.
        let _ = fs::remove_file(&partial);
        let _ = fs::remove_file(to);
    }
    written
}

fn partial_name(to: &Path) -> PathBuf {
    let mut name = OsString::from(to);
    name.push(".partial");
    PathBuf::from(name)
}

fn copy(connection: &Connection, partial: &Path) -> Result<(), StoreError> {
    let name = partial
        .to_str()
        .ok_or_else(|| engine("the snapshot's name is not UTF-8"))?;
    // One that was interrupted before.
    let _ = fs::remove_file(partial);
    private_file(partial).map_err(|error| refused(&error, partial))?;
    match connection.execute("VACUUM INTO ?1", [name]) {
        Ok(_) => Ok(()),
        Err(error) => Err(store_error(&error)),
    }
}

/// Puts the copy in the place of the empty file, after it is on disk.
fn publish(partial: &Path, to: &Path) -> Result<(), StoreError> {
    let published = File::open(partial)
        .and_then(|file| file.sync_all())
        .and_then(|()| fs::rename(partial, to))
        .and_then(|()| to.parent().map_or(Ok(()), sync_folder));
    published.map_err(|error| refused(&error, to))
}

fn refused(error: &io::Error, path: &Path) -> StoreError {
    match error.kind() {
        io::ErrorKind::StorageFull => StoreError::Full,
        io::ErrorKind::AlreadyExists => engine(format!(
            "{} exists: a snapshot overwrites nothing",
            path.display()
        )),
        _ => engine(format!("{}: {error}", path.display())),
    }
}
