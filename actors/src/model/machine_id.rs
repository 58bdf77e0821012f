//! A machine's id, and the tags that people give to machines: short printable names that are safe
//! to show, to log and to put into a path.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// A machine's id is at most this long, as a host name is (RFC 1035: 255 octets).
pub const MACHINE_ID_BYTES_MAX: usize = 255;
/// A tag is at most this long.
pub const TAG_BYTES_MAX: usize = 64;

/// The id under which a machine reports: its host name unless the agent was told another.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct MachineId(Arc<str>);

/// Why a text can't be a machine's id or a tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MachineIdError {
    /// Nothing but white space.
    #[error("it is empty")]
    Empty,
    /// Longer than the limit.
    #[error("it is longer than {limit_bytes} bytes")]
    TooLong {
        /// The limit that was passed.
        limit_bytes: usize,
    },
    /// A control character, or one of `< > " ' & / \ ` and the backquote.
    #[error("it has a character that is not allowed in a name (control characters, < > \" & / \\ `)")]
    Forbidden,
}

impl MachineId {
    /// Takes a text as an id; white space around it is dropped.
    ///
    /// # Errors
    /// When it is empty, longer than [`MACHINE_ID_BYTES_MAX`] or has a forbidden character.
    pub fn parse(text: &str) -> Result<Self, MachineIdError> {
        Ok(Self(checked_name(text, MACHINE_ID_BYTES_MAX)?.into()))
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for MachineId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for MachineId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

/// A word by which people group machines.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Tag(Box<str>);

impl Tag {
    /// Takes a text as a tag; white space around it is dropped.
    ///
    /// # Errors
    /// When it is empty, longer than [`TAG_BYTES_MAX`] or has a forbidden character.
    pub fn parse(text: &str) -> Result<Self, MachineIdError> {
        Ok(Self(checked_name(text, TAG_BYTES_MAX)?.into()))
    }

    /// The tag as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The rule that machine ids, tags and host names share. An apostrophe is fine: Macs are called
/// "Tom's MacBook".
///
/// # Errors
/// See [`MachineIdError`].
pub fn checked_name(text: &str, limit_bytes: usize) -> Result<&str, MachineIdError> {
    let name = text.trim();
    if name.is_empty() {
        return Err(MachineIdError::Empty);
    }
    if name.len() > limit_bytes {
        return Err(MachineIdError::TooLong { limit_bytes });
    }
    if name.chars().any(is_forbidden) {
        return Err(MachineIdError::Forbidden);
    }
    Ok(name)
}

/// The rule for what people call a machine: any text of one line ("Tom & Eva's Mac").
///
/// # Errors
/// See [`MachineIdError`].
pub fn checked_label(text: &str, limit_bytes: usize) -> Result<&str, MachineIdError> {
    let label = text.trim();
    if label.is_empty() {
        Err(MachineIdError::Empty)
    } else if label.len() > limit_bytes {
        Err(MachineIdError::TooLong { limit_bytes })
    } else if label.chars().any(is_unseen) {
        Err(MachineIdError::Forbidden)
    } else {
        Ok(label)
    }
}

fn is_forbidden(c: char) -> bool {
    is_unseen(c) || matches!(c, '<' | '>' | '"' | '&' | '/' | '\\' | '`')
}

/// Beside control characters: the marks that turn text around (U+202A-202E, U+2066-2069), since they
/// make one name look like another, and what separates lines or has no width.
fn is_unseen(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200b}'..='\u{200f}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_the_names_that_machines_have() {
        for name in [
            "mac-ffm-0231",
            "Tom's MacBook Pro.local",
            "büro-7",
            "10.0.0.7",
            "a:b@c",
        ] {
            assert_eq!(
                MachineId::parse(name).map(|id| id.to_string()),
                Ok(name.to_owned())
            );
        }
    }

    #[test]
    fn refuses_markup_control_characters_and_paths() {
        for name in [
            "<b>",
            "a\u{0}b",
            "a\nb",
            "../etc",
            "a\\b",
            "\u{202e}gnp",
            "a\"b",
            "a&b",
        ] {
            assert_eq!(MachineId::parse(name), Err(MachineIdError::Forbidden), "{name:?}");
        }
    }

    #[test]
    fn refuses_the_empty_and_the_endless() {
        assert_eq!(MachineId::parse("  "), Err(MachineIdError::Empty));
        assert!(matches!(
            MachineId::parse(&"x".repeat(256)),
            Err(MachineIdError::TooLong { .. })
        ));
    }
}
