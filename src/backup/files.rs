//! Files of a backup: found, copied for their owner alone, and summed.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::BackupError;
use crate::secret_file;

/// All files below a folder that are wanted, as paths from it, in order. Links are not followed.
pub(super) fn files_below(folder: &Path, is_wanted: fn(&Path) -> bool) -> io::Result<Vec<PathBuf>> {
    let (mut found, mut folders) = (Vec::new(), vec![PathBuf::new()]);
    while let Some(inner) = folders.pop() {
        for entry in fs::read_dir(folder.join(&inner))? {
            let entry = entry?;
            let path = inner.join(entry.file_name());
            let kind = entry.file_type()?;
            if kind.is_dir() && is_wanted(&path) {
                folders.push(path);
            } else if kind.is_file() && is_wanted(&path) {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}

/// Copies a file to a new one for its owner alone, and brings it to disk. One that is gone meanwhile is
/// no error: the agent drops what was acknowledged.
pub(super) fn copy_private(from: &Path, to: &Path) -> Result<(), BackupError> {
    let mut source = match File::open(from) {
        Ok(source) => source,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(BackupError::at(from)(error)),
    };
    let mut copy = || {
        secret_file::make_folder(to.parent().unwrap_or(to))?;
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut target = options.open(to)?;
        io::copy(&mut source, &mut target)?;
        target.sync_all()
    };
    copy().map_err(BackupError::at(to))
}

/// The size of a file in bytes and its SHA-256 in hex.
pub(super) fn sum(path: &Path) -> Result<(u64, String), BackupError> {
    let mut file = File::open(path).map_err(BackupError::at(path))?;
    let (mut hasher, mut bytes, mut part) = (Sha256::new(), 0, vec![0; 64 * 1024]);
    loop {
        let read = file.read(&mut part).map_err(BackupError::at(path))?;
        if read == 0 {
            break;
        }
        hasher.update(&part[..read]);
        bytes += read as u64;
    }
    let digest = hasher.finalize();
    Ok((bytes, digest.iter().map(|byte| format!("{byte:02x}")).collect()))
}
