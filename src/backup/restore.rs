//! Puts a backup back: checked first, then laid out beside the data folder, then moved into its place
//! in one step, so that a restore that was cut short leaves an empty data folder.

use std::ffi::OsString;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use super::files::copy_private;
use super::{BackupError, CLUSTER_SECRET, DATA, Manifest, OUTSIDE, Outside, check, is_empty};
use crate::data_dir::DataDir;
use crate::secret_file;

/// What was put back.
#[derive(Debug)]
pub struct Restored {
    /// What the backup had.
    pub manifest: Manifest,
    /// Files from elsewhere that were put back.
    pub outside: Vec<PathBuf>,
    /// Files from elsewhere that were left, since others are in their places: where they are in the
    /// backup, and the place.
    pub left: Vec<(PathBuf, PathBuf)>,
}

/// Puts a backup into an empty data folder, and the files from elsewhere where none is.
///
/// # Errors
/// See [`BackupError`]; nothing has changed then.
pub fn restore(backup: &Path, data_dir: &DataDir, outside: &Outside) -> Result<Restored, BackupError> {
    let target = data_dir.path();
    if !is_empty(target) {
        return Err(BackupError::DataNotEmpty(target.to_owned()));
    }
    let manifest = check(backup)?;
    let beside = beside(target);
    // One that was cut short.
    let _ = fs::remove_dir_all(&beside);
    secret_file::make_folder(&beside).map_err(BackupError::at(&beside))?;
    for file in &manifest.files {
        if let Ok(inner) = file.path.strip_prefix(DATA) {
            copy_private(&backup.join(&file.path), &beside.join(inner))?;
        }
    }
    fs::rename(&beside, target)
        .and_then(|()| {
            target
                .parent()
                .map_or(Ok(()), |parent| File::open(parent)?.sync_all())
        })
        .map_err(BackupError::at(target))?;
    let mut restored = Restored {
        manifest,
        outside: Vec::new(),
        left: Vec::new(),
    };
    restored.put_outside(
        &backup.join(OUTSIDE).join(CLUSTER_SECRET),
        outside.cluster_secret.as_deref(),
    )?;
    for name in ["config.yaml", "config.json"] {
        restored.put_outside(&backup.join(OUTSIDE).join(name), outside.config.as_deref())?;
    }
    Ok(restored)
}

impl Restored {
    fn put_outside(&mut self, kept: &Path, place: Option<&Path>) -> Result<(), BackupError> {
        let Some(place) = place.filter(|_| kept.is_file()) else {
            return Ok(());
        };
        if place.exists() {
            self.left.push((kept.to_owned(), place.to_owned()));
            return Ok(());
        }
        // A config keeps its kind: JSON in a file called .yaml is YAML too, but not the other way.
        let place = match kept.extension() {
            Some(extension) if extension == "json" => place.with_extension("json"),
            _ => place.to_owned(),
        };
        copy_private(kept, &place)?;
        self.outside.push(place);
        Ok(())
    }
}

fn beside(target: &Path) -> PathBuf {
    let mut name = OsString::from(target);
    name.push(".restoring");
    PathBuf::from(name)
}
