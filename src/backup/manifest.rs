//! The list of what is in a backup, with the size and the sum of each file.

use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};

use atlas_actors::clock::Timestamp;
use serde::{Deserialize, Serialize};

use super::files::{files_below, sum};
use super::{BackupError, MANIFEST_FILE};
use crate::secret_file;

/// Counts up when a backup is laid out in another way.
const FORMAT: u32 = 1;

/// What is in a backup.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// How it is laid out.
    pub format: u32,
    /// The release that made it.
    pub atlas: String,
    /// When it was made, ISO 8601.
    pub made_at: String,
    /// Its files.
    pub files: Vec<FileSum>,
}

/// One file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileSum {
    /// Its path in the backup.
    pub path: PathBuf,
    /// Its size.
    pub bytes: u64,
    /// Its SHA-256 in hex.
    pub sha256: String,
}

impl Manifest {
    /// Sums up what is in a folder.
    pub(super) fn of(backup: &Path, now: Timestamp) -> Result<Self, BackupError> {
        let paths = files_below(backup, |_| true).map_err(BackupError::at(backup))?;
        let file = |path: PathBuf| {
            let (bytes, sha256) = sum(&backup.join(&path))?;
            Ok(FileSum { path, bytes, sha256 })
        };
        Ok(Self {
            format: FORMAT,
            atlas: env!("CARGO_PKG_VERSION").to_owned(),
            made_at: now.to_string(),
            files: paths.into_iter().map(file).collect::<Result<_, BackupError>>()?,
        })
    }

    pub(super) fn write(&self, backup: &Path) -> Result<(), BackupError> {
        let text =
            serde_json::to_vec_pretty(self).map_err(|error| BackupError::Manifest(error.to_string()))?;
        let path = backup.join(MANIFEST_FILE);
        secret_file::write(&path, &text).map_err(BackupError::at(&path))
    }

    /// Reads the list of a backup. It comes from outside: no path in it may lead out of the backup.
    pub(super) fn read(backup: &Path) -> Result<Self, BackupError> {
        let path = backup.join(MANIFEST_FILE);
        if !path.is_file() {
            return Err(BackupError::NoManifest(backup.to_owned()));
        }
        let text = std::fs::read(&path).map_err(BackupError::at(&path))?;
        let manifest: Self =
            serde_json::from_slice(&text).map_err(|error| BackupError::Manifest(error.to_string()))?;
        if manifest.format != FORMAT {
            let what = format!("it has format {}, this release knows {FORMAT}", manifest.format);
            return Err(BackupError::Manifest(what));
        }
        let leads_out = |path: &Path| !path.components().all(|part| matches!(part, Component::Normal(_)));
        match manifest.files.iter().find(|file| leads_out(&file.path)) {
            Some(file) => Err(BackupError::Manifest(format!(
                "{} leads out of it",
                file.path.display()
            ))),
            None => Ok(manifest),
        }
    }

    /// Compares each file with its sum, and looks for files that nobody listed.
    pub(super) fn check(&self, backup: &Path) -> Result<(), BackupError> {
        let listed: BTreeSet<_> = self.files.iter().map(|file| file.path.as_path()).collect();
        let there = files_below(backup, |path| path != Path::new(MANIFEST_FILE));
        let there = there.map_err(BackupError::at(backup))?;
        if let Some(stranger) = there.iter().find(|path| !listed.contains(path.as_path())) {
            return Err(damaged(stranger, "is not in its manifest"));
        }
        for file in &self.files {
            let path = backup.join(&file.path);
            if !path.is_file() {
                return Err(damaged(&file.path, "is missing"));
            }
            if sum(&path)? != (file.bytes, file.sha256.clone()) {
                return Err(damaged(&file.path, "is not what it was"));
            }
        }
        Ok(())
    }
}

fn damaged(path: &Path, what: &str) -> BackupError {
    BackupError::Damaged(format!("{} {what}", path.display()))
}
