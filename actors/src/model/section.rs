//! A part of a report that seldom changes and may be large: software, services, posture. Opaque here.

use std::fmt;

use bytes::Bytes;

use crate::clock::Timestamp;

/// Characters of a section's name.
const NAME_CHARS_MAX: usize = 32;

/// A section's name: 1 to 32 of a-z and _.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SectionName(String);

/// A text that is no section's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a section's name is 1 to {NAME_CHARS_MAX} of a-z and _")]
pub struct SectionNameError;

impl SectionName {
    /// Checks a name.
    ///
    /// # Errors
    /// When it is none.
    pub fn parse(name: &str) -> Result<Self, SectionNameError> {
        let is_name = (1..=NAME_CHARS_MAX).contains(&name.len())
            && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
        is_name.then(|| Self(name.to_owned())).ok_or(SectionNameError)
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for SectionName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One section as a report brought it.
#[derive(Clone, PartialEq, Eq)]
pub struct Section {
    /// Which.
    pub name: SectionName,
    /// When it was found, by the machine's own clock.
    pub taken_at: Timestamp,
    /// What was found, as the agent wrote it.
    pub body: Bytes,
}

/// What is in it may be long, and is not for logs.
impl fmt::Debug for Section {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Section({}, {} bytes)", self.name, self.body.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_short_plain_names_only() {
        for name in ["software", "disk_health", "a"] {
            assert!(SectionName::parse(name).is_ok());
        }
        for name in ["", "Software", "a/b", "a b", "é", &"a".repeat(33)] {
            assert!(SectionName::parse(name).is_err(), "{name}");
        }
    }
}
