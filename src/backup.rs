//! Backups: everything of one installation in a folder of its own, with the sum of each file. Made
//! while the server runs, and put back into an empty data folder only.
//!
//! ```text
//! manifest.json        what is here: written last, so a backup that was cut short has none
//! data/                the data folder: keys, certificate, this machine's agent, and
//! data/store/atlas.db  a consistent copy of the store
//! outside/             the cluster secret and the config file, where these are elsewhere
//! ```
//!
//! Absent on purpose: the key of local programs (it is new at each start), and any merging of two
//! installations.

mod files;
mod manifest;
mod restore;

use std::io;
use std::path::{Path, PathBuf};

use atlas_actors::clock::Timestamp;
use atlas_actors::store::StoreError;
use atlas_store::sqlite::{DATABASE_FILE, copy_store, verify_copy};

use crate::data_dir::DataDir;
use crate::secret_file;
use files::{copy_private, files_below};
pub use manifest::{FileSum, Manifest};
pub use restore::{Restored, restore};

/// The list of what is in a backup.
const MANIFEST_FILE: &str = "manifest.json";
/// Where the data folder's files are.
const DATA: &str = "data";
/// Where files from elsewhere are.
const OUTSIDE: &str = "outside";
/// The cluster secret's name in a backup.
const CLUSTER_SECRET: &str = "cluster.secret";

/// A backup can't be made, checked or put back.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// There is nothing to back up.
    #[error("there is no store in {0}: name the data folder with --data-dir")]
    NoStore(PathBuf),
    /// The folder is in use for something else.
    #[error("{0} is not empty: name a folder that does not exist yet")]
    NotEmpty(PathBuf),
    /// The folder for the data is in use.
    #[error(
        "the data folder {0} is not empty: a backup is put back into an empty one only; name another with --data-dir, or move it away"
    )]
    DataNotEmpty(PathBuf),
    /// It was cut short, or is something else.
    #[error("{0} is no whole backup: it has no manifest.json")]
    NoManifest(PathBuf),
    /// The manifest can't be read.
    #[error("the manifest of the backup can't be read ({0}): use another backup")]
    Manifest(String),
    /// A file is not what it was.
    #[error("the backup is damaged: {0}; use another one")]
    Damaged(String),
    /// The store can't be copied or checked.
    #[error("the store can't be copied or checked: {0}")]
    Store(#[from] StoreError),
    /// A file can't be read or written.
    #[error("{path} can't be read or written ({source}): check its permissions and the room on the disk")]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

impl BackupError {
    fn at(path: &Path) -> impl FnOnce(io::Error) -> Self + '_ {
        move |source| Self::File {
            path: path.to_owned(),
            source,
        }
    }
}

/// What is backed up beside the data folder.
#[derive(Debug, Default)]
pub struct Outside {
    /// The cluster secret's file.
    pub cluster_secret: Option<PathBuf>,
    /// The config file.
    pub config: Option<PathBuf>,
}

/// Makes a backup in a new folder, checks it, and says what is in it.
///
/// # Errors
/// See [`BackupError`]; what was begun is taken away again.
pub fn back_up(
    data_dir: &DataDir,
    outside: &Outside,
    to: &Path,
    now: Timestamp,
) -> Result<Manifest, BackupError> {
    if !data_dir.store().join(DATABASE_FILE).is_file() {
        return Err(BackupError::NoStore(data_dir.path().to_owned()));
    }
    if !is_empty(to) {
        return Err(BackupError::NotEmpty(to.to_owned()));
    }
    let made = fill(data_dir, outside, to, now);
    if made.is_err() {
        // Best effort: without its manifest it is no backup.
        let _ = std::fs::remove_dir_all(to);
    }
    made
}

/// The store comes first: agents' files that are copied after it are never behind it.
fn fill(data_dir: &DataDir, outside: &Outside, to: &Path, now: Timestamp) -> Result<Manifest, BackupError> {
    let store = to.join(DATA).join("store");
    secret_file::make_folder(&store).map_err(BackupError::at(&store))?;
    copy_store(&data_dir.store(), &store.join(DATABASE_FILE))?;
    for file in files_below(data_dir.path(), is_kept).map_err(BackupError::at(data_dir.path()))? {
        copy_private(&data_dir.path().join(&file), &to.join(DATA).join(&file))?;
    }
    let elsewhere = |file: &Path| file.is_file() && !file.starts_with(data_dir.path());
    if let Some(secret) = outside.cluster_secret.as_deref().filter(|file| elsewhere(file)) {
        copy_private(secret, &to.join(OUTSIDE).join(CLUSTER_SECRET))?;
    }
    if let Some(config) = outside.config.as_deref().filter(|file| elsewhere(file)) {
        let name = match config.extension() {
            Some(extension) if extension == "json" => "config.json",
            _ => "config.yaml",
        };
        copy_private(config, &to.join(OUTSIDE).join(name))?;
    }
    let manifest = Manifest::of(to, now)?;
    manifest.write(to)?;
    check(to)
}

/// What belongs to the store is copied by itself; the rest is of this very run.
fn is_kept(file: &Path) -> bool {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let is_of_this_run = ["local-admin.key", ".write-test"].contains(&&*name) || name.ends_with(".new");
    !file.starts_with("store") && !is_of_this_run
}

/// Checks each file's sum and reads all of the store.
///
/// # Errors
/// [`BackupError::Damaged`] names the first thing that is broken.
pub fn check(backup: &Path) -> Result<Manifest, BackupError> {
    let manifest = Manifest::read(backup)?;
    manifest.check(backup)?;
    let store = backup.join(DATA).join("store").join(DATABASE_FILE);
    let report = verify_copy(&store)?;
    match report.damage.first() {
        Some(what) => Err(BackupError::Damaged(format!("the store has {what}"))),
        None => Ok(manifest),
    }
}

/// Whether there is no such folder, or nothing in it.
fn is_empty(folder: &Path) -> bool {
    match std::fs::read_dir(folder) {
        Ok(mut entries) => entries.next().is_none(),
        Err(error) => error.kind() == io::ErrorKind::NotFound,
    }
}
