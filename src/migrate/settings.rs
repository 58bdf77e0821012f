//! The settings of 1.x and 2.0 as a config file of this release.

use std::path::Path;

use super::MigrateError;
use crate::config::layers::Assignment;
use crate::config::{ConfigError, Settings, Source, Sources, edit};

const HEADER: &str = "# Taken over from ATLAS 1.x or 2.0. `atlas config show` lists every other key.\n";

/// The text of a config file with what the old one sets, and how many keys that are. A file that can't
/// be used is left, with its first problem.
pub(super) fn translate(
    config: Option<&Path>,
    left: &mut Vec<String>,
) -> Result<Option<(String, usize)>, MigrateError> {
    let Some(path) = config else { return Ok(None) };
    let sources = Sources {
        file: Some(path.to_owned()),
        ..Sources::default()
    };
    let settings = match Settings::read(&sources) {
        Ok(settings) => settings,
        Err(error @ ConfigError::Wrong(_)) => {
            left.push(format!("the config: {error}"));
            return Ok(None);
        }
        Err(error) => return Err(MigrateError::unreadable(path, error)),
    };
    for one in &settings.retired {
        left.push(format!(
            "{} in the config means nothing any more: {}",
            one.name, one.why
        ));
    }
    let set: Vec<&Assignment> = settings
        .assignments
        .iter()
        .filter(|one| one.source != Source::Default && !is_old_hash(one))
        .collect();
    let mut text = HEADER.to_owned();
    for one in &set {
        text = edit::set(&text, one.key, &one.value, false)
            .map_err(|error| MigrateError::unreadable(path, error))?;
    }
    Ok((!set.is_empty()).then_some((text, set.len())))
}

/// The oldest config holds the hash of its one user's password where a password would be.
fn is_old_hash(one: &Assignment) -> bool {
    let is_hash = |text: &str| text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    one.key.path == "fleet.server.web_password" && one.value.as_str().is_some_and(is_hash)
}
