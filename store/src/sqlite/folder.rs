//! The data folder: made for its owner alone, and held by one process at a time.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use super::OpenError;

/// The database's name within the data folder. A snapshot that is put there under this name is a store.
pub const DATABASE_FILE: &str = "atlas.db";
/// The file whose lock says that a process uses the folder.
const LOCK_FILE: &str = "atlas.lock";

/// A data folder that this process holds until it is dropped.
#[derive(Debug)]
pub(super) struct HeldFolder {
    /// The database in it.
    pub(super) database: PathBuf,
    /// The system lets go of the lock when the file is closed, also after kill -9.
    _lock: File,
}

impl HeldFolder {
    /// Makes the folder if need be and takes it.
    pub(super) fn take(folder: &Path) -> Result<Self, OpenError> {
        let unusable = |source| OpenError::Folder {
            folder: folder.to_owned(),
            source,
        };
        create_private_folder(folder).map_err(unusable)?;
        let lock = private_file(&folder.join(LOCK_FILE)).map_err(unusable)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(OpenError::InUse {
                    folder: folder.to_owned(),
                });
            }
            Err(TryLockError::Error(source)) => return Err(unusable(source)),
        }
        let database = folder.join(DATABASE_FILE);
        // SQLite gives its log the same rights as the database has.
        private_file(&database).map_err(unusable)?;
        Ok(Self {
            database,
            _lock: lock,
        })
    }

    /// Brings the names of the database and its log to disk. SQLite does it too, with the log's first
    /// fsync, but ignores a failure.
    pub(super) fn sync(&self) -> Result<(), OpenError> {
        let folder = self.database.parent().unwrap_or(Path::new("."));
        sync_folder(folder).map_err(|source| OpenError::Folder {
            folder: folder.to_owned(),
            source,
        })
    }
}

/// Opens a file that only its owner may read, making it if need be. An older file with wider rights
/// is narrowed: it holds credentials.
pub(super) fn private_file(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    only_for_owner(&mut options);
    let file = options.open(path)?;
    narrow(&file)?;
    Ok(file)
}

/// Makes a file that only its owner may read; fails if there is one.
pub(super) fn new_private_file(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    only_for_owner(&mut options);
    options.open(path)
}

#[cfg(unix)]
fn only_for_owner(options: &mut OpenOptions) {
    use std::os::unix::fs::OpenOptionsExt;
    options.mode(0o600);
}

#[cfg(unix)]
fn narrow(file: &File) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    match file.metadata()?.permissions().mode() & 0o077 {
        0 => Ok(()),
        _ => file.set_permissions(fs::Permissions::from_mode(0o600)),
    }
}

/// Makes the folder and those above it that don't exist, and sees to it that a power cut can't take
/// their names away again.
fn create_private_folder(folder: &Path) -> io::Result<()> {
    let missing: Vec<&Path> = folder.ancestors().take_while(|path| !path.exists()).collect();
    make_folders(folder)?;
    let mut parents = missing.into_iter().filter_map(Path::parent);
    parents.try_for_each(sync_folder)
}

#[cfg(unix)]
fn make_folders(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

/// Brings a folder's entries to disk.
#[cfg(unix)]
pub(super) fn sync_folder(folder: &Path) -> io::Result<()> {
    let here = Path::new(".");
    let folder = if folder.as_os_str().is_empty() {
        here
    } else {
        folder
    };
    File::open(folder)?.sync_all()
}

#[cfg(not(unix))]
fn only_for_owner(_: &mut OpenOptions) {}

#[cfg(not(unix))]
fn narrow(_: &File) -> io::Result<()> {
    Ok(())
}

#[cfg(not(unix))]
fn make_folders(folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)
}

#[cfg(not(unix))]
pub(super) fn sync_folder(_: &Path) -> io::Result<()> {
    Ok(())
}
