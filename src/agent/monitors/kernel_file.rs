//! Reads the kernel's files of one value each (/sys), and texts that devices put there.

use std::path::{Path, PathBuf};
use std::str::FromStr;

/// Characters of a text that a device says of itself.
const TEXT_CHARS_MAX: usize = 100;

/// The text in a file, in one line; nothing when it is empty or can't be read.
pub(super) fn text(path: &Path) -> Option<String> {
    let bytes = std::fs::read(path).ok()?;
    clean(&String::from_utf8_lossy(&bytes))
}

/// A text as it may be shown.
pub(super) fn clean(text: &str) -> Option<String> {
    let clean: String = text.trim().chars().filter(|c| !c.is_control()).collect();
    let clean: String = clean.trim().chars().take(TEXT_CHARS_MAX).collect();
    (!clean.is_empty()).then_some(clean)
}

/// The number in a file.
pub(super) fn number<T: FromStr>(path: &Path) -> Option<T> {
    std::fs::read_to_string(path).ok()?.trim().parse().ok()
}

/// What is in a folder, by name.
pub(super) fn entries(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut paths: Vec<_> = entries.map(|entry| entry.path()).collect();
    paths.sort();
    paths
}

/// The last part of a path.
pub(super) fn name(path: &Path) -> String {
    path.file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default()
}

#[cfg(test)]
pub(super) mod tests {
    use std::fs;
    use std::path::Path;

    /// Puts a file of one value where the kernel would have it.
    pub(in crate::agent::monitors) fn write(folder: &Path, file: &str, content: &str) {
        let path = folder.join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, format!("{content}\n")).unwrap();
    }
}
