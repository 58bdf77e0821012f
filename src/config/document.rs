//! A config file as a tree of which every part knows where it stands, so that errors name a line and
//! an edit touches nothing else. YAML, of which JSON is a part. Knows nothing of which keys there are.

use saphyr_parser::{Event, Parser, ScalarStyle, Span};

use super::kind::Written;

/// Bytes of a file at most. Reason: the documented one has 12 KB.
pub const FILE_BYTES_MAX: usize = 1024 * 1024;
/// Groups within groups at most. Reason: no key is in more than five.
const DEPTH_MAX: usize = 32;

/// A part of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// Its first byte.
    pub start: usize,
    /// The byte after its last.
    pub end: usize,
    /// Its first line, counted from 1.
    pub line: usize,
    /// What it is.
    pub shape: Shape,
}

/// What a part of a file is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shape {
    /// A single value.
    Scalar {
        /// The value.
        text: String,
        /// Whether it is written without quotes, on one line.
        is_plain: bool,
        /// Whether it is a block of lines after `|` or `>`.
        is_block: bool,
    },
    /// A list.
    List(Vec<Node>),
    /// A group of keys.
    Group(Vec<Entry>),
}

/// A key and its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The key.
    pub name: String,
    /// Where it stands.
    pub key: Place,
    /// Its value.
    pub value: Node,
}

/// Where a key stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Its first byte.
    pub start: usize,
    /// The byte after its last.
    pub end: usize,
    /// Its line, counted from 1.
    pub line: usize,
    /// Characters before it in its line.
    pub column: usize,
}

/// A value that is no group, under its whole name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leaf {
    /// The names of its groups and its own, with dots.
    pub name: String,
    /// The line of its key.
    pub line: usize,
    /// What is written there.
    pub written: Written,
}

/// A file that is no YAML, or more than a config needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable {
    /// Where.
    pub line: usize,
    /// What is wrong.
    pub what: String,
}

impl Node {
    /// Reads a text; nothing when it sets nothing.
    ///
    /// # Errors
    /// See [`Unreadable`].
    pub fn parse(text: &str) -> Result<Option<Self>, Unreadable> {
        if text.len() > FILE_BYTES_MAX {
            return Err(unreadable(
                1,
                format!("a config has {FILE_BYTES_MAX} bytes at most"),
            ));
        }
        let offsets = text.char_indices().map(|(offset, _)| offset);
        Reader {
            events: Parser::new_from_str(text),
            offsets: offsets.chain([text.len()]).collect(),
        }
        .document()
    }

    /// Whether the group or list is written in brackets.
    #[must_use]
    pub fn is_bracketed(&self, text: &str) -> bool {
        text[self.start..].starts_with(['{', '['])
    }

    /// All values, under their whole names.
    #[must_use]
    pub fn leaves(&self) -> Vec<Leaf> {
        let mut leaves = Vec::new();
        self.add_leaves("", self.line, &mut leaves);
        leaves
    }

    fn add_leaves(&self, name: &str, line: usize, leaves: &mut Vec<Leaf>) {
        let Shape::Group(entries) = &self.shape else {
            let (name, written) = (name.to_owned(), self.written());
            leaves.push(Leaf { name, line, written });
            return;
        };
        for entry in entries {
            let inner = match name {
                "" => entry.name.clone(),
                group => format!("{group}.{}", entry.name),
            };
            entry.value.add_leaves(&inner, entry.key.line, leaves);
        }
    }

    /// The value as a key reads it.
    #[must_use]
    pub fn written(&self) -> Written {
        match &self.shape {
            Shape::Scalar {
                text, is_plain: true, ..
            } if is_null(text) => Written::Nothing,
            Shape::Scalar { text, .. } => Written::One(text.clone()),
            Shape::List(items) => Written::List(items.iter().map(Self::flat).collect()),
            Shape::Group(_) => Written::Group,
        }
    }

    /// An item of a list as one text; 2.0 writes an address and its name as a list of two.
    fn flat(&self) -> String {
        match &self.shape {
            Shape::Scalar { text, .. } => text.clone(),
            Shape::List(items) => items.iter().map(Self::flat).collect::<Vec<_>>().join(" "),
            Shape::Group(entries) => {
                let values = entries.iter().map(|entry| entry.value.flat());
                values.collect::<Vec<_>>().join(" ")
            }
        }
    }

    /// A key of this group.
    #[must_use]
    pub fn entry(&self, name: &str) -> Option<&Entry> {
        match &self.shape {
            Shape::Group(entries) => entries.iter().find(|entry| entry.name == name),
            Shape::Scalar { .. } | Shape::List(_) => None,
        }
    }
}

fn is_null(text: &str) -> bool {
    matches!(text, "" | "~" | "null" | "Null" | "NULL")
}

fn unreadable(line: usize, what: impl Into<String>) -> Unreadable {
    Unreadable {
        line,
        what: what.into(),
    }
}

struct Reader<'a> {
    events: Parser<'a, saphyr_parser::StrInput<'a>>,
    /// The first byte of each character: the parser counts characters.
    offsets: Vec<usize>,
}

impl<'a> Reader<'a> {
    fn next(&mut self) -> Result<(Event<'a>, Span), Unreadable> {
        match self.events.next() {
            Some(Ok(event)) => Ok(event),
            Some(Err(error)) => Err(unreadable(
                error.marker().line(),
                format!("this is no YAML or JSON ({})", error.info()),
            )),
            None => Err(unreadable(1, "the file ends too early")),
        }
    }

    fn document(&mut self) -> Result<Option<Node>, Unreadable> {
        let mut root = None;
        loop {
            let (event, span) = self.next()?;
            match event {
                Event::StreamEnd => break,
                Event::DocumentStart(_) if root.is_some() => {
                    return Err(unreadable(
                        span.start.line(),
                        "a second document begins here: keep one",
                    ));
                }
                Event::Nothing | Event::StreamStart | Event::DocumentStart(_) | Event::DocumentEnd => {}
                event => root = Some(self.node(event, span, 0)?),
            }
        }
        match root {
            Some(root) if matches!(root.shape, Shape::Group(_)) => Ok(Some(root)),
            Some(root) if root.written() == Written::Nothing => Ok(None),
            Some(root) => Err(unreadable(
                root.line,
                "a config is a group of keys, like `fleet:`",
            )),
            None => Ok(None),
        }
    }

    fn node(&mut self, event: Event<'a>, span: Span, depth: usize) -> Result<Node, Unreadable> {
        let line = span.start.line();
        if depth > DEPTH_MAX {
            return Err(unreadable(line, "too many groups within groups"));
        }
        let start = self.offset(span.start.index());
        let (shape, end) = match event {
            Event::Scalar(text, style, ..) => {
                let shape = Shape::Scalar {
                    text: text.into_owned(),
                    is_plain: style == ScalarStyle::Plain,
                    is_block: matches!(style, ScalarStyle::Literal | ScalarStyle::Folded),
                };
                (shape, self.offset(span.end.index()))
            }
            Event::SequenceStart(..) => self.list(depth)?,
            Event::MappingStart(..) => self.group(depth)?,
            Event::Alias(_) => {
                return Err(unreadable(
                    line,
                    "references (*name) are not read: write the value out",
                ));
            }
            _ => return Err(unreadable(line, "a value is missing here")),
        };
        Ok(Node {
            start,
            end: end.max(start),
            line,
            shape,
        })
    }

    fn list(&mut self, depth: usize) -> Result<(Shape, usize), Unreadable> {
        let mut items: Vec<Node> = Vec::new();
        loop {
            let (event, span) = self.next()?;
            if event == Event::SequenceEnd {
                let end = self.end_of(span, items.last().map(|item| item.end));
                return Ok((Shape::List(items), end));
            }
            items.push(self.node(event, span, depth + 1)?);
        }
    }

    fn group(&mut self, depth: usize) -> Result<(Shape, usize), Unreadable> {
        let mut entries: Vec<Entry> = Vec::new();
        loop {
            let (event, span) = self.next()?;
            if event == Event::MappingEnd {
                let last = entries.last().map(|entry| entry.value.end.max(entry.key.end));
                let end = self.end_of(span, last);
                return Ok((Shape::Group(entries), end));
            }
            let line = span.start.line();
            let Event::Scalar(name, ..) = event else {
                return Err(unreadable(line, "a key must be a text"));
            };
            let name = name.into_owned();
            if let Some(earlier) = entries.iter().find(|entry| entry.name == name) {
                let first = earlier.key.line;
                return Err(unreadable(
                    line,
                    format!("`{name}` is there twice, first in line {first}"),
                ));
            }
            let key = Place {
                start: self.offset(span.start.index()),
                end: self.offset(span.end.index()),
                line,
                column: span.start.col(),
            };
            let (event, span) = self.next()?;
            let value = self.node(event, span, depth + 1)?;
            entries.push(Entry { name, key, value });
        }
    }

    /// A group or list in brackets ends with its bracket; another one with its last value, whatever
    /// blank lines and comments come before the next key.
    fn end_of(&self, span: Span, last: Option<usize>) -> usize {
        let end = self.offset(span.end.index());
        let is_bracket = span.end.index() > span.start.index();
        if is_bracket { end } else { last.unwrap_or(end) }
    }

    fn offset(&self, character: usize) -> usize {
        let last = self.offsets.last().copied().unwrap_or(0);
        self.offsets.get(character).copied().unwrap_or(last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leaves(text: &str) -> Vec<(String, usize, Written)> {
        let leaves = Node::parse(text).unwrap().unwrap().leaves();
        leaves
            .into_iter()
            .map(|leaf| (leaf.name, leaf.line, leaf.written))
            .collect()
    }

    fn one(text: &str) -> Written {
        Written::One(text.to_owned())
    }

    #[test]
    fn knows_the_line_of_each_value() {
        let expected = vec![
            ("a.b".to_owned(), 2, one("1")),
            (
                "a.c".to_owned(),
                4,
                Written::List(vec!["x".to_owned(), "y z".to_owned()]),
            ),
            ("d".to_owned(), 5, Written::Nothing),
        ];
        let yaml = "a:\n  b: 1   # why\n\n  c: [x, [y, z]]\nd:\n";
        assert_eq!(leaves(yaml), expected);
        let json = "{\"a\":\n {\"b\": 1,\n\n\t\"c\": [\"x\", [\"y\", \"z\"]]},\n \"d\": null}";
        assert_eq!(leaves(json), expected);
    }

    #[test]
    fn spans_hold_what_was_written() {
        let text = "ü: \"ä\"\nb: {c: 7}\ne:\n  - 1\n  - 2\n\n# end\n";
        let root = Node::parse(text).unwrap().unwrap();
        let written = |name| {
            let value = &root.entry(name).unwrap().value;
            &text[value.start..value.end]
        };
        assert_eq!(written("ü"), "\"ä\"");
        assert_eq!(written("b"), "{c: 7}");
        assert_eq!(written("e").trim_end(), "- 1\n  - 2");
    }

    #[test]
    fn quotes_keep_a_text_a_text() {
        assert_eq!(leaves("a: \"null\"\nb: null\n")[0].2, one("null"));
        assert_eq!(leaves("a: |\n  x\n  y\n")[0].2, one("x\ny\n"));
    }

    #[test]
    fn refuses_with_a_line_what_is_no_config() {
        for (text, line, what) in [
            ("a:\n  b: 1\n  b: 2\n", 3, "twice"),
            ("a: 1\n- b\n", 2, "no YAML"),
            ("just words\n", 1, "group of keys"),
            ("a: &x 1\nb: *x\n", 2, "references"),
            ("a: 1\n---\nb: 2\n", 2, "second document"),
            ("a: {b: 1\n", 2, "no YAML"),
        ] {
            let error = Node::parse(text).unwrap_err();
            assert!(error.what.contains(what), "{text:?}: {error:?}");
            assert_eq!(error.line, line, "{text:?}: {error:?}");
        }
        assert!(Node::parse(&"[".repeat(100_000)).is_err());
        assert!(Node::parse(&format!("a: {}", "x".repeat(FILE_BYTES_MAX))).is_err());
        assert_eq!(Node::parse("# nothing\n"), Ok(None));
        assert_eq!(Node::parse(""), Ok(None));
    }
}
