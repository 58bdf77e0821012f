//! How far a migration came: a file in the data folder, written whole or not at all.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::MigrateError;
use crate::secret_file;

const FILE: &str = "migration.json";

/// How far a migration came.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Journal {
    /// The home folder that it reads.
    pub from: PathBuf,
    /// When it began, ISO 8601.
    pub began_at: String,
    /// When all was done.
    pub finished_at: Option<String>,
    /// The backup of what was in the data folder before, if something was.
    pub before: Option<PathBuf>,
    /// Files outside of the data folder that were made.
    pub made: Vec<PathBuf>,
}

impl Journal {
    /// The journal in a data folder, if a migration began there.
    ///
    /// # Errors
    /// When it can't be read.
    pub fn read(data_dir: &Path) -> Result<Option<Self>, MigrateError> {
        let path = data_dir.join(FILE);
        match std::fs::read(&path) {
            Ok(text) => serde_json::from_slice(&text)
                .map(Some)
                .map_err(|error| MigrateError::unreadable(&path, error)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(MigrateError::at(&path)(error)),
        }
    }

    pub(super) fn write(&self, data_dir: &Path) -> Result<(), MigrateError> {
        let path = data_dir.join(FILE);
        let text = serde_json::to_vec_pretty(self).map_err(|error| MigrateError::unreadable(&path, error))?;
        secret_file::write(&path, &text).map_err(MigrateError::at(&path))
    }
}
