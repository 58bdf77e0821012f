//! Owns how a file gets to disk so that a crash at any moment leaves the old one or the new one,
//! whole. Knows nothing of what is in it.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

/// What a file is called until it is complete.
pub const UNFINISHED_SUFFIX: &str = ".tmp";

/// Puts a file into a directory, replacing one of that name. Durable when it returns.
///
/// # Errors
/// When the file system refuses; nothing but an unfinished file is left then, and mostly not even that.
pub fn write_durably(dir: &Path, name: &str, content: &[u8]) -> io::Result<()> {
    let unfinished = dir.join(format!("{name}{UNFINISHED_SUFFIX}"));
    let done = write_synced(&unfinished, content)
        .and_then(|()| fs::rename(&unfinished, dir.join(name)))
        .and_then(|()| sync_dir(dir));
    if done.is_err() {
        // Gives the space back on a full disk; if it fails too, the next start cleans up.
        let _ = fs::remove_file(&unfinished);
    }
    done
}

fn write_synced(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut file = File::create(path)?;
    file.write_all(content)?;
    file.sync_all()
}

/// Makes renames and removals in a directory durable.
///
/// # Errors
/// When the directory can't be opened or synced.
pub fn sync_dir(dir: &Path) -> io::Result<()> {
    File::open(dir)?.sync_all()
}
