//! Files that only their owner may read (mode 0600), written so that a crash leaves the old content
//! or the new one, never half of it.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// A file that holds a key of 32 bytes can't be used.
#[derive(Debug, thiserror::Error)]
pub enum SecretFileError {
    /// It can't be read or written.
    #[error("{path} can't be read or written ({source}): check its permissions")]
    File {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It is no key.
    #[error("{0} is damaged: it should be 64 hexadecimal digits; restore it from a backup")]
    Damaged(PathBuf),
}

/// The key of 32 bytes in a file, as 64 hexadecimal digits; made when there is none.
///
/// # Errors
/// See [`SecretFileError`].
pub fn load_or_make(path: &Path) -> Result<[u8; 32], SecretFileError> {
    let failed = |source| SecretFileError::File {
        path: path.to_owned(),
        source,
    };
    if !path.exists() {
        let text = random_hex().map_err(failed)?;
        write(path, text.as_bytes()).map_err(failed)?;
    }
    load(path)
}

/// The key of 32 bytes in a file that is there.
///
/// # Errors
/// See [`SecretFileError`].
pub fn load(path: &Path) -> Result<[u8; 32], SecretFileError> {
    let text = fs::read_to_string(path).map_err(|source| SecretFileError::File {
        path: path.to_owned(),
        source,
    })?;
    from_hex(text.trim()).ok_or_else(|| SecretFileError::Damaged(path.to_owned()))
}

fn from_hex(text: &str) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    if text.len() != 64 || !text.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return None;
    }
    for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(bytes)
}

/// Writes a file with mode 0600: beside its place first, synced, then moved over.
///
/// # Errors
/// When the folder can't be written to.
pub fn write(path: &Path, content: &[u8]) -> io::Result<()> {
    let beside = path.with_extension("new");
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&beside)?;
    restrict(&file)?;
    file.write_all(content)?;
    file.sync_all()?;
    fs::rename(&beside, path)?;
    sync_folder(path)
}

/// A file that was left there by something else may be open to all.
fn restrict(file: &File) -> io::Result<()> {
    #[cfg(unix)]
    file.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
    Ok(())
}

fn sync_folder(path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => File::open(folder)?.sync_all(),
        _ => Ok(()),
    }
}

/// Makes a folder that only its owner may look into; one that is there stays as it is.
///
/// # Errors
/// When it can't be made.
pub fn make_folder(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// 256 random bits as 64 hex characters.
///
/// # Errors
/// When the operating system has no randomness.
pub fn random_hex() -> io::Result<String> {
    random_hex_of(32)
}

/// So many random bytes as twice as many hex characters.
///
/// # Errors
/// When the operating system has no randomness.
pub fn random_hex_of(length: usize) -> io::Result<String> {
    let mut bytes = vec![0; length];
    getrandom::fill(&mut bytes).map_err(io::Error::other)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_made_once_and_never_guessed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("some.key");
        let made = load_or_make(&path).unwrap();
        assert_eq!(load_or_make(&path).unwrap(), made);
        write(&path, b"+1").unwrap();
        assert!(matches!(load_or_make(&path), Err(SecretFileError::Damaged(_))));
    }
}
