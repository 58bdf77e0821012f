//! Where a value came from, and what is wrong with one.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::keys::KEYS;
use super::retired::RetiredKey;

/// Where a value came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// Nobody said anything.
    Default,
    /// A file.
    File {
        /// Which.
        path: Arc<Path>,
        /// Where in it, counted from 1.
        line: usize,
    },
    /// A variable of the environment.
    Environment {
        /// Its name.
        name: String,
    },
    /// The command line.
    Flag {
        /// Its name.
        name: &'static str,
    },
}

impl std::fmt::Display for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File { path, line } => write!(f, "{}:{line}", path.display()),
            Self::Environment { name } => write!(f, "environment {name}"),
            Self::Flag { name } => f.write_str(name),
        }
    }
}

/// Something that can't be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Where.
    pub source: Source,
    /// Which key, when it is one.
    pub key: Option<String>,
    /// What is wrong and what to do.
    pub what: String,
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.source {
            Source::Default => f.write_str(&self.what),
            Source::File { path, line } => write!(f, "{} line {line}: {}", path.display(), self.what),
            Source::Environment { name } => {
                write!(f, "the environment variable {name}: {}", self.what)
            }
            Source::Flag { name } => write!(f, "{name}: {}", self.what),
        }
    }
}

impl Problem {
    /// Nobody knows that key.
    pub(super) fn unknown_key(source: Source, name: &str) -> Self {
        Self {
            source,
            key: Some(name.to_owned()),
            what: no_such_key(name),
        }
    }
}

/// That nobody knows that key, and what may have been meant.
#[must_use]
pub fn no_such_key(name: &str) -> String {
    format!("there is no key `{name}`; {}", hint(name, &known_names()))
}

/// The settings can't be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file that was named can't be read.
    #[error("the config file {path} can't be read ({source}): check its name and permissions")]
    Read {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Values that can't be used; there is one at least.
    #[error("{}", first_of(.0))]
    Wrong(Vec<Problem>),
}

fn first_of(problems: &[Problem]) -> String {
    let first = problems.first().map(ToString::to_string).unwrap_or_default();
    match problems.len() {
        0 | 1 => first,
        more => format!("{first} ({} more: see `atlas config check`)", more - 1),
    }
}

fn known_names() -> Vec<&'static str> {
    let names = KEYS
        .iter()
        .flat_map(|key| [key.path].into_iter().chain(key.aliases.iter().copied()));
    names
        .chain(RetiredKey::names().filter(|name| !name.ends_with('*')))
        .collect()
}

/// What was meant, as well as it can be guessed. A slip in the last word counts most: the groups
/// before it are usually right.
pub(super) fn hint(name: &str, known: &[&str]) -> String {
    let likeness = |known: &str| {
        let whole = strsim::normalized_damerau_levenshtein(name, known);
        let last = likeness_of_words(last_word(name), last_word(known));
        (whole + last) / 2.0
    };
    let in_group = |known: &str| if group(name) == group(known) { 0.3 } else { 0.0 };
    let nearest = known
        .iter()
        .max_by(|a, b| (likeness(a) + in_group(a)).total_cmp(&(likeness(b) + in_group(b))));
    match nearest {
        Some(nearest) if likeness(nearest) > 0.6 => format!("did you mean `{nearest}`?"),
        _ => "`atlas config show` lists all keys".to_owned(),
    }
}

fn likeness_of_words(one: &str, other: &str) -> f64 {
    let is_part = one.len() > 3 && (one.contains(other) || other.contains(one));
    let alike = strsim::jaro_winkler(one, other);
    if is_part { alike.max(0.9) } else { alike }
}

fn last_word(name: &str) -> &str {
    name.rsplit('.').next().unwrap_or(name)
}

fn group(name: &str) -> &str {
    name.rsplit_once('.').map_or("", |(group, _)| group)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guesses_what_was_meant() {
        for (wrong, right) in [
            ("fleet.server.prot", "`fleet.server.port`"),
            ("fleet.server.sesion_timeout", "`fleet.server.session_timeout`"),
            ("fleet.agent.retry.attempts", "`fleet.agent.retry.max_attempts`"),
            ("fleet.sever.port", "`fleet.server.port`"),
            ("network.wifi.interval", "`network.wifi.update_interval`"),
        ] {
            let hint = hint(wrong, &known_names());
            assert!(hint.contains(right), "{wrong}: {hint}");
        }
        for nothing_like_it in ["qqq.zzz", "fleet.server.zzz"] {
            assert!(hint(nothing_like_it, &known_names()).contains("lists all keys"));
        }
    }
}
