//! Takes a migration back: the data folder is moved aside, never deleted (reports may have come
//! meanwhile), and what was there before is put back.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use atlas_actors::clock::{Clock, SystemClock};

use super::apply::open;
use super::{Journal, MigrateError};
use crate::backup::{self, Outside};
use crate::data_dir::DataDir;

/// What was taken back.
#[derive(Debug)]
pub struct RolledBack {
    /// Where the data folder of the migration is now.
    pub aside: PathBuf,
    /// Whether an earlier state was put back.
    pub is_restored: bool,
    /// Files outside of it that were moved aside.
    pub moved: Vec<PathBuf>,
}

/// Takes it back. Has to be called inside an actix system.
///
/// # Errors
/// See [`MigrateError`].
pub async fn roll_back(data_dir: &DataDir) -> Result<RolledBack, MigrateError> {
    let folder = data_dir.path();
    let journal = Journal::read(folder)?.ok_or_else(|| MigrateError::NothingToRollBack(folder.to_owned()))?;
    if let Some(before) = &journal.before {
        backup::check(before)?;
    }
    // Held for a moment: no server runs.
    open(data_dir)?.close().await;
    let end = format!(".migrated-{}", SystemClock.now().as_secs());
    let mut moved = Vec::new();
    for file in journal.made.iter().filter(|file| file.is_file()) {
        moved.push(move_aside(file, &end)?);
    }
    let aside = move_aside(folder, &end)?;
    if let Some(before) = &journal.before {
        backup::restore(before, data_dir, &Outside::default())?;
    }
    Ok(RolledBack {
        aside,
        is_restored: journal.before.is_some(),
        moved,
    })
}

fn move_aside(path: &Path, end: &str) -> Result<PathBuf, MigrateError> {
    let mut name = OsString::from(path);
    name.push(end);
    let aside = PathBuf::from(name);
    fs::rename(path, &aside).map_err(MigrateError::at(path))?;
    Ok(aside)
}
