//! Sets one key in a config file and touches nothing else: comments, order and what is not understood
//! stay as they are. What comes out is read again before it is handed back, so an edit that would
//! change anything else is refused.

use serde_yaml::Value;

use super::document::{Entry, Leaf, Node, Shape};
use super::keys::Key;
use super::kind::Written;

/// The key can't be set in this file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EditError {
    /// The file can't be read.
    #[error("line {line}: {what}")]
    Unreadable {
        /// Where.
        line: usize,
        /// What is wrong.
        what: String,
    },
    /// Something else would change.
    #[error("the file can't be edited safely: write {0} into it by hand")]
    Unsafe(&'static str),
}

/// A piece of text in place of another.
struct Change {
    start: usize,
    end: usize,
    text: String,
}

/// The text with the key set to the value, which must be one that the key takes. `is_json` counts for
/// a file that has nothing in it yet.
///
/// # Errors
/// See [`EditError`].
pub fn set(text: &str, key: &'static Key, value: &Value, is_json: bool) -> Result<String, EditError> {
    let root = parse(text)?;
    let change = match &root {
        Some(root) => match find(root, key) {
            Some(entry) => replace(text, entry, value),
            None => insert(text, root, key, value),
        },
        None if is_json => Change {
            start: 0,
            end: text.len(),
            text: format!("{{{}}}\n", bracketed(key.path, value)),
        },
        None => append_at(text, text.len(), block(key.path, value, 0)),
    };
    let mut edited = text.to_owned();
    edited.replace_range(change.start..change.end, &change.text);
    let before = root.as_ref().map(Node::leaves).unwrap_or_default();
    let after = parse(&edited)?.as_ref().map(Node::leaves).unwrap_or_default();
    if rest(&before, key) == rest(&after, key) && has(&after, key, value) {
        Ok(edited)
    } else {
        Err(EditError::Unsafe(key.path))
    }
}

fn parse(text: &str) -> Result<Option<Node>, EditError> {
    Node::parse(text).map_err(|error| EditError::Unreadable {
        line: error.line,
        what: error.what,
    })
}

/// All values but the key's own. A group that was empty has gone when something was put into it.
fn rest<'a>(leaves: &'a [Leaf], key: &Key) -> Vec<(&'a str, &'a Written)> {
    let others = leaves.iter().filter(|leaf| {
        let is_own = key.is_called(&leaf.name);
        let is_group_of_it = key.path.strip_prefix(leaf.name.as_str());
        !is_own && !is_group_of_it.is_some_and(|rest| rest.starts_with('.'))
    });
    let mut others: Vec<_> = others.map(|leaf| (leaf.name.as_str(), &leaf.written)).collect();
    others.sort_by_key(|(name, _)| *name);
    others
}

fn has(leaves: &[Leaf], key: &Key, value: &Value) -> bool {
    let mut own = leaves.iter().filter(|leaf| key.is_called(&leaf.name));
    own.any(|leaf| match key.kind.read(&leaf.written) {
        Ok(read) => read.unwrap_or_default() == *value,
        Err(_) => false,
    })
}

/// Where the key stands: under its own name, or under an old one; of several the last, which wins.
fn find<'a>(root: &'a Node, key: &Key) -> Option<&'a Entry> {
    let old = key.aliases.iter().filter_map(|name| entry_of(root, name));
    entry_of(root, key.path).or_else(|| old.max_by_key(|entry| entry.key.start))
}

/// A key below a node. Its name may be parted into groups in any way.
fn entry_of<'a>(node: &'a Node, name: &str) -> Option<&'a Entry> {
    let Shape::Group(entries) = &node.shape else {
        return None;
    };
    entries.iter().find_map(|entry| {
        let rest = name.strip_prefix(entry.name.as_str())?;
        match rest.strip_prefix('.') {
            Some(rest) => entry_of(&entry.value, rest),
            None => rest.is_empty().then_some(entry),
        }
    })
}

fn replace(text: &str, entry: &Entry, value: &Value) -> Change {
    let (start, end) = (entry.value.start, entry.value.end);
    let quoted = inside_brackets(text, entry);
    if start == end {
        // `key:` with nothing after it.
        let colon = text[entry.key.end..].find(':').unwrap_or(0) + entry.key.end + 1;
        return Change {
            start: colon,
            end: colon,
            text: format!(" {}", scalar(value, quoted)),
        };
    }
    let newline = if text[start..end].ends_with('\n') {
        "\n"
    } else {
        ""
    };
    Change {
        start,
        end,
        text: format!("{}{newline}", scalar(value, quoted)),
    }
}

/// JSON quotes its keys, and then its texts as well.
fn inside_brackets(text: &str, entry: &Entry) -> bool {
    text[entry.key.start..].starts_with('"')
}

/// Puts a new key into the deepest of its groups that is there.
fn insert(text: &str, root: &Node, key: &Key, value: &Value) -> Change {
    let (mut group, mut path) = (root, key.path);
    while let Some((entry, rest)) = group_on_the_way(group, path) {
        if entry.value.written() == Written::Nothing {
            return fill(text, entry, rest, value, group.is_bracketed(text));
        }
        (group, path) = (&entry.value, rest);
    }
    let Shape::Group(entries) = &group.shape else {
        return append_at(text, text.len(), block(key.path, value, 0));
    };
    match entries.first() {
        None => Change {
            start: group.start,
            end: group.end,
            text: format!("{{{}}}", bracketed(path, value)),
        },
        Some(first) if group.is_bracketed(text) => {
            let at = group.start + 1;
            let space = &text[at..first.key.start];
            let space = if space.trim().is_empty() { space } else { " " };
            Change {
                start: at,
                end: at,
                text: format!("{space}{},", bracketed(path, value)),
            }
        }
        Some(first) => append_at(text, group.end, block(path, value, first.key.column)),
    }
}

fn group_on_the_way<'a, 'b>(group: &'a Node, path: &'b str) -> Option<(&'a Entry, &'b str)> {
    let Shape::Group(entries) = &group.shape else {
        return None;
    };
    entries.iter().find_map(|entry| {
        let rest = path.strip_prefix(entry.name.as_str())?.strip_prefix('.')?;
        let is_open = matches!(entry.value.shape, Shape::Group(_));
        (is_open || entry.value.written() == Written::Nothing).then_some((entry, rest))
    })
}

/// Puts the first key into a group that is there and has nothing in it.
fn fill(text: &str, entry: &Entry, path: &str, value: &Value, in_brackets: bool) -> Change {
    let (start, end) = (entry.value.start, entry.value.end);
    if in_brackets {
        let inner = format!("{{{}}}", bracketed(path, value));
        return Change {
            start,
            end,
            text: inner,
        };
    }
    let lines = block(path, value, entry.key.column + 2);
    if start == end {
        return append_at(text, entry.key.end, lines);
    }
    // `group: null`
    let tail = &text[end..line_end(text, end)];
    Change {
        start,
        end: line_end(text, end),
        text: format!("{}\n{}", tail.trim(), lines.trim_end()),
    }
}

/// Puts lines after the line in which that place is.
fn append_at(text: &str, at: usize, lines: String) -> Change {
    let is_line_start = at == 0 || text[..at].ends_with('\n');
    let at = if is_line_start { at } else { line_end(text, at) };
    let (at, text) = match text.get(at..) {
        _ if is_line_start => (at, lines),
        Some(rest) if rest.starts_with('\n') => (at + 1, lines),
        _ => (at, format!("\n{lines}")),
    };
    Change {
        start: at,
        end: at,
        text,
    }
}

fn line_end(text: &str, at: usize) -> usize {
    text[at..].find('\n').map_or(text.len(), |offset| at + offset)
}

/// Lines of groups within groups and the key, indented.
fn block(path: &str, value: &Value, indent: usize) -> String {
    let mut lines = String::new();
    let parts: Vec<_> = path.split('.').collect();
    for (depth, part) in parts.iter().enumerate() {
        lines.push_str(&" ".repeat(indent + 2 * depth));
        lines.push_str(part);
        lines.push(':');
        if depth + 1 == parts.len() {
            lines.push(' ');
            lines.push_str(&scalar(value, false));
        }
        lines.push('\n');
    }
    lines
}

fn bracketed(path: &str, value: &Value) -> String {
    match path.split_once('.') {
        Some((group, rest)) => format!("\"{group}\": {{{}}}", bracketed(rest, value)),
        None => format!("\"{path}\": {}", scalar(value, true)),
    }
}

fn scalar(value: &Value, quoted: bool) -> String {
    match value {
        Value::Bool(is_on) => is_on.to_string(),
        Value::Number(number) => number.to_string(),
        Value::String(text) if !quoted && is_plain(text) => text.clone(),
        Value::String(text) => quote(text),
        Value::Sequence(items) => {
            let items: Vec<_> = items.iter().map(|item| scalar(item, quoted)).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Null | Value::Mapping(_) | Value::Tagged(_) => "null".to_owned(),
    }
}

/// Whether YAML reads it back as this text without quotes, in a list too.
fn is_plain(text: &str) -> bool {
    let begins = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/');
    let is_word = ["true", "false", "yes", "no", "on", "off", "null", "y", "n"]
        .iter()
        .any(|word| word.eq_ignore_ascii_case(text));
    let is_safe = |c: char| c.is_ascii_alphanumeric() || "/._-:@+".contains(c);
    begins && !is_word && !text.ends_with(':') && text.chars().all(is_safe)
}

/// As JSON does it, which YAML reads too.
fn quote(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            '\n' => quoted.push_str("\\n"),
            c if c.is_control() => quoted.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests;
