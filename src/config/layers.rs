//! Lays one source of settings over the other: defaults, file, environment, command line. What comes
//! later wins; each value remembers where it came from, and all problems are found at once.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_yaml::Value;

use super::document::{Leaf, Node};
use super::environment;
use super::files;
use super::keys::{self, KEYS, Key};
use super::kind::Written;
use super::retired::RetiredKey;
use super::schema::Config;
use super::source::{ConfigError, Problem, Source};

/// A value for a key.
#[derive(Clone, Debug, PartialEq)]
pub struct Assignment {
    /// The key.
    pub key: &'static Key,
    /// The value.
    pub value: Value,
    /// Where it came from.
    pub source: Source,
}

/// A key that means nothing any more was set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RetiredUse {
    /// As it was written.
    pub name: String,
    /// Where.
    pub source: Source,
    /// Why it means nothing.
    pub why: &'static str,
}

/// What one source says.
#[derive(Debug, Default)]
pub(super) struct Gathered {
    pub(super) assignments: Vec<Assignment>,
    pub(super) problems: Vec<Problem>,
    pub(super) retired: Vec<RetiredUse>,
}

/// All settings and where each came from.
#[derive(Clone, Debug)]
pub struct Settings {
    /// As the rest of the program sees them.
    pub config: Config,
    /// One for each key, in the order of [`KEYS`].
    pub assignments: Vec<Assignment>,
    /// What was set and means nothing any more.
    pub retired: Vec<RetiredUse>,
    /// The file that was read, if there was one.
    pub file: Option<PathBuf>,
}

/// Where settings come from.
#[derive(Debug, Default)]
pub struct Sources<'a> {
    /// The file; it must be there.
    pub file: Option<PathBuf>,
    /// The environment.
    pub variables: Vec<(String, String)>,
    /// The command line: flag, key and value.
    pub flags: Vec<(&'static str, &'a str, String)>,
}

impl Sources<'_> {
    /// The file that was named, or the one in the home folder if there is one, and this process's
    /// environment.
    #[must_use]
    pub fn of_this_process(named: Option<&Path>) -> Self {
        let in_home = || files::find_in(&files::home()?);
        Self {
            file: named.map(Path::to_owned).or_else(in_home),
            variables: environment::variables(),
            flags: Vec::new(),
        }
    }
}

impl Settings {
    /// Reads the settings of this process: see [`Sources::of_this_process`].
    ///
    /// # Errors
    /// See [`ConfigError`].
    pub fn load(named: Option<&Path>) -> Result<Self, ConfigError> {
        Self::read(&Sources::of_this_process(named))
    }

    /// Reads all sources.
    ///
    /// # Errors
    /// See [`ConfigError`].
    pub fn read(sources: &Sources<'_>) -> Result<Self, ConfigError> {
        let mut layers = Vec::new();
        if let Some(path) = &sources.file {
            let text = read_file(path)?;
            layers.push(file_layer(path, &text));
        }
        layers.push(environment::read(&sources.variables));
        layers.push(flag_layer(sources));
        let mut settings = Self::from_layers(layers).map_err(ConfigError::Wrong)?;
        settings.file.clone_from(&sources.file);
        Ok(settings)
    }

    fn from_layers(layers: Vec<Gathered>) -> Result<Self, Vec<Problem>> {
        let mut tree = default_tree();
        let mut settings = Self {
            config: Config::default(),
            assignments: defaults(&tree),
            retired: Vec::new(),
            file: None,
        };
        let mut problems = Vec::new();
        for layer in layers {
            problems.extend(layer.problems);
            settings.retired.extend(layer.retired);
            for assignment in layer.assignments {
                put(&mut tree, assignment.key.path, assignment.value.clone());
                let place = settings
                    .assignments
                    .iter_mut()
                    .find(|one| one.key == assignment.key);
                if let Some(place) = place {
                    *place = assignment;
                }
            }
        }
        match serde_yaml::from_value(tree) {
            Ok(config) => settings.config = config,
            Err(error) => problems.push(Problem {
                source: Source::Default,
                key: None,
                what: format!("the settings do not fit together: {error}"),
            }),
        }
        problems.extend(settings.check_together());
        if problems.is_empty() {
            Ok(settings)
        } else {
            Err(problems)
        }
    }

    /// What no single key can know.
    fn check_together(&self) -> Option<Problem> {
        let ssl = &self.config.fleet.server.ssl;
        if ssl.cert_file.is_some() == ssl.key_file.is_some() {
            return None;
        }
        let (is, is_not) = match ssl.cert_file {
            Some(_) => ("fleet.server.ssl.cert_file", "fleet.server.ssl.key_file"),
            None => ("fleet.server.ssl.key_file", "fleet.server.ssl.cert_file"),
        };
        Some(Problem {
            source: self.of(is)?.source.clone(),
            key: Some(is.to_owned()),
            what: format!("{is} needs {is_not} beside it"),
        })
    }

    /// The value of a key, by any of its names, and where it came from.
    #[must_use]
    pub fn of(&self, name: &str) -> Option<&Assignment> {
        self.assignments.iter().find(|one| one.key.is_called(name))
    }

    /// What was set and means nothing any more, in a sentence; nothing when nothing was.
    #[must_use]
    pub fn retired_sentence(&self) -> Option<String> {
        let uses = self
            .retired
            .iter()
            .map(|one| format!("{} ({}): {}", one.name, one.source, one.why));
        let uses: Vec<_> = uses.collect();
        (!uses.is_empty()).then(|| format!("these settings mean nothing any more: {}", uses.join("; ")))
    }

    /// Where a key's value came from, to stand after its name in a sentence.
    #[must_use]
    pub fn source_of(&self, name: &str) -> String {
        self.of(name)
            .map_or_else(String::new, |one| one.source.to_string())
    }
}

/// Reads a config file.
///
/// # Errors
/// [`ConfigError::Read`].
pub(super) fn read_file(path: &Path) -> Result<String, ConfigError> {
    std::fs::read_to_string(path).map_err(|source| ConfigError::Read {
        path: path.to_owned(),
        source,
    })
}

/// What a file says.
fn file_layer(path: &Path, text: &str) -> Gathered {
    let path: Arc<Path> = path.into();
    let at = |line| Source::File {
        path: Arc::clone(&path),
        line,
    };
    let mut gathered = Gathered::default();
    let root = match Node::parse(text) {
        Ok(Some(root)) => root,
        Ok(None) => return gathered,
        Err(error) => {
            gathered.problems.push(Problem {
                source: at(error.line),
                key: None,
                what: error.what,
            });
            return gathered;
        }
    };
    let mut leaves = root.leaves();
    // The guide's name of a key wins over older ones, wherever they stand.
    leaves.sort_by_key(|leaf| keys::find(&leaf.name).is_some_and(|key| key.path == leaf.name));
    for leaf in leaves {
        let source = at(leaf.line);
        gathered.add_leaf(leaf, source);
    }
    gathered.problems.sort_by_key(|problem| match problem.source {
        Source::File { line, .. } => line,
        _ => 0,
    });
    gathered
}

impl Gathered {
    fn add_leaf(&mut self, leaf: Leaf, source: Source) {
        let Leaf { name, written, .. } = leaf;
        if let Some(key) = keys::find(&name) {
            match key.kind.read(&written) {
                Ok(Some(value)) => self.assignments.push(Assignment { key, value, source }),
                Ok(None) => {}
                Err(what) => self.problems.push(Problem {
                    source,
                    key: Some(key.path.to_owned()),
                    what: format!("{name} {what}"),
                }),
            }
        } else if let Some(retired) = RetiredKey::find(&name) {
            if written != Written::Nothing {
                let why = retired.why;
                self.retired.push(RetiredUse { name, source, why });
            }
        } else if !is_group(&name) {
            self.problems.push(Problem::unknown_key(source, &name));
        } else if written != Written::Nothing {
            self.problems.push(Problem {
                source,
                what: format!("{name} is a group: its keys stand below it, indented"),
                key: Some(name),
            });
        }
    }
}

/// Whether keys lie in that group.
pub(super) fn is_group(name: &str) -> bool {
    let mut names = KEYS
        .iter()
        .flat_map(|key| [key.path].into_iter().chain(key.aliases.iter().copied()))
        .chain(RetiredKey::names());
    names.any(|known| known.strip_prefix(name).is_some_and(|rest| rest.starts_with('.')))
}

fn flag_layer(sources: &Sources<'_>) -> Gathered {
    let mut gathered = Gathered::default();
    for (flag, name, value) in &sources.flags {
        let Some(key) = keys::find(name) else { continue };
        let source = Source::Flag { name: flag };
        match key.kind.read(&Written::One(value.clone())) {
            Ok(Some(value)) => gathered.assignments.push(Assignment { key, value, source }),
            Ok(None) => {}
            Err(what) => gathered.problems.push(Problem {
                source,
                key: Some(key.path.to_owned()),
                what,
            }),
        }
    }
    gathered
}

/// The defaults as a tree. Writing plain data down can't fail; an empty tree would show in each test.
pub(super) fn default_tree() -> Value {
    serde_yaml::to_value(Config::default()).unwrap_or_default()
}

fn defaults(tree: &Value) -> Vec<Assignment> {
    let of = |key: &'static Key| Assignment {
        key,
        value: key
            .path
            .split('.')
            .try_fold(tree, |node, part| node.get(part))
            .cloned()
            .unwrap_or_default(),
        source: Source::Default,
    };
    KEYS.iter().map(of).collect()
}

fn put(tree: &mut Value, path: &str, value: Value) {
    let mut node = tree;
    for part in path.split('.') {
        let Some(group) = node.as_mapping_mut() else {
            return;
        };
        node = group.entry(part.into()).or_insert(Value::Null);
    }
    *node = value;
}

#[cfg(test)]
mod tests;
