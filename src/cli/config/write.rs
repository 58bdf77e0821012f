//! `atlas config set` and `init`: they write the config file, whole or not at all.

use std::fs;
use std::io::BufRead;
use std::path::{Path, PathBuf};

use serde_json::json;
use serde_yaml::Value;

use super::no_such_key;
use crate::cli::{Failure, Global};
use crate::config::document::Node;
use crate::config::keys::{self, Key};
use crate::config::kind::Written;
use crate::config::{DOCUMENTED, edit, environment, files};
use crate::secret_file;

/// Sets one key.
pub(super) fn set(global: &Global, name: &str, value: Option<String>) -> Result<(), Failure> {
    let key = keys::find(name).ok_or_else(|| no_such_key(name))?;
    let value = match value {
        Some(value) => value,
        None => a_line_of_input()?,
    };
    let value = read_value(key, value)?;
    let path = file(global)?;
    let is_json = path.extension().is_some_and(|extension| extension == "json");
    let before = text_of(&path)?;
    let after = edit::set(&before, key, &value, is_json)
        .map_err(|error| Failure::new(format!("{}: {error}; nothing was written", path.display())))?;
    write(&path, &after, key.kind.is_secret())?;
    let line = line_of(&after, key);
    if global.json {
        println!("{}", json!({"key": key.path, "file": path, "line": line}));
    } else if !global.quiet {
        println!("{} is set in {} line {line}", key.path, path.display());
        println!("a server or an agent that runs already takes it at its next start");
    }
    if let Some(name) = overriding(key) {
        eprintln!("atlas: the environment variable {name} is set and wins over the file");
    }
    Ok(())
}

/// `null` takes a value away: the default counts again.
fn read_value(key: &Key, text: String) -> Result<Value, Failure> {
    if text == "null" {
        return Ok(Value::Null);
    }
    let read = key.kind.read(&Written::One(text));
    let value = read.map_err(|what| Failure::new(format!("{} {what}", key.path)))?;
    Ok(value.unwrap_or_default())
}

fn a_line_of_input() -> Result<String, Failure> {
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line)?;
    Ok(line.trim_end_matches(['\n', '\r']).to_owned())
}

/// The file that is read; if there is none, the one that would be.
fn file(global: &Global) -> Result<PathBuf, Failure> {
    if let Some(named) = &global.config {
        return Ok(named.clone());
    }
    let home = files::home().ok_or_else(no_home)?;
    Ok(files::find_in(&home).unwrap_or_else(|| files::new_in(&home)))
}

fn no_home() -> Failure {
    Failure::new("there is no home folder to keep a config file in: name one with --config")
}

fn text_of(path: &Path) -> Result<String, Failure> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(text),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(String::new()),
        Err(error) => Err(Failure::new(format!(
            "the config file {} can't be read ({error}): check its permissions",
            path.display()
        ))),
    }
}

/// Keeps the file's rights; one that is new, or gets a secret, is its owner's alone.
fn write(path: &Path, text: &str, is_secret: bool) -> Result<(), Failure> {
    // A link stays a link: what it points to is written.
    let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let rights = fs::metadata(&path).ok().map(|file| file.permissions());
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let written = folder
        .map_or(Ok(()), secret_file::make_folder)
        .and_then(|()| secret_file::write(&path, text.as_bytes()))
        .and_then(|()| match rights {
            Some(rights) if !is_secret => fs::set_permissions(&path, rights),
            _ => Ok(()),
        });
    written.map_err(|error| {
        Failure::new(format!(
            "the config file {} can't be written ({error}): check the permissions of its folder",
            path.display()
        ))
    })
}

fn line_of(text: &str, key: &Key) -> usize {
    let leaves = Node::parse(text).ok().flatten().map(|root| root.leaves());
    let mut leaves = leaves.into_iter().flatten();
    leaves
        .find(|leaf| key.is_called(&leaf.name))
        .map_or(1, |leaf| leaf.line)
}

fn overriding(key: &Key) -> Option<String> {
    let own = key.own_variable();
    let mut set = environment::variables()
        .into_iter()
        .filter(|(_, value)| !value.is_empty());
    set.find(|(name, _)| *name == own || key.variables.contains(&name.as_str()))
        .map(|(name, _)| name)
}

/// Writes the documented file.
pub(super) fn init(global: &Global) -> Result<(), Failure> {
    let path = file(global)?;
    if path.exists() {
        return Err(Failure::new(format!(
            "there is a config file already, {}: nothing was written",
            path.display()
        )));
    }
    write(&path, DOCUMENTED, false)?;
    if global.json {
        println!("{}", json!({"file": path}));
    } else if !global.quiet {
        println!("{} has every key with its default and its reason", path.display());
    }
    Ok(())
}
