//! Where the config file is: the one that was named, or the first of these in the home folder.

use std::path::{Path, PathBuf};

/// In the home folder, the guide's places first, then those of the code of 2.0, then the oldest
/// (contract, sections 1 and 5).
const PLACES: [&str; 5] = [
    ".fleet_monitoring/config.yaml",
    ".fleet_monitoring/config.json",
    ".fleet-config/config.yaml",
    ".fleet-config/config.json",
    ".fleet-config.json",
];

/// The first file that is there.
#[must_use]
pub fn find_in(home: &Path) -> Option<PathBuf> {
    PLACES
        .map(|place| home.join(place))
        .into_iter()
        .find(|path| path.is_file())
}

/// Where a new file goes.
#[must_use]
pub fn new_in(home: &Path) -> PathBuf {
    home.join(PLACES[0])
}

/// The user's home folder, if there is one.
#[must_use]
pub fn home() -> Option<PathBuf> {
    std::env::home_dir().filter(|home| !home.as_os_str().is_empty())
}

/// A file's name from the config: `~/` is the home folder.
#[must_use]
pub fn expand_home(name: &str) -> PathBuf {
    match (name.strip_prefix("~/"), home()) {
        (Some(rest), Some(home)) => home.join(rest),
        _ => PathBuf::from(name),
    }
}
