//! A filter over the fleet, as people type it: `presence:online os:macos tag:lab disk>90`. All of its
//! terms must hold.

use super::MachineSnapshot;
use crate::model::Metric;

/// Terms of one filter.
const TERMS_MAX: usize = 16;

/// What a machine must be to be meant.
#[derive(Clone, Debug, PartialEq)]
pub struct Filter(Vec<Term>);

#[derive(Clone, Debug, PartialEq)]
enum Term {
    Presence(String),
    Os(String),
    Tag(String),
    /// A part of its name, host name or id.
    Name(String),
    Value {
        metric: Metric,
        is_above: bool,
        bound: f32,
    },
}

/// The text is no filter.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FilterError {
    /// Nothing in it: that would be everything by mistake.
    #[error("the filter is empty: say what the machines must be")]
    Empty,
    /// More than anybody means.
    #[error("a filter has at most {TERMS_MAX} terms")]
    TooLong,
    /// The term of that number is none.
    #[error(
        "term {0} of the filter is none: write presence:online, os:linux, tag:lab, name:studio, or cpu, memory, disk, temperature or battery with > or < and a number"
    )]
    Term(usize),
}

impl Filter {
    /// Reads a filter.
    ///
    /// # Errors
    /// See [`FilterError`].
    pub fn parse(text: &str) -> Result<Self, FilterError> {
        let words = text.split_whitespace().enumerate();
        let terms: Result<Vec<_>, _> = words
            .map(|(at, word)| term(word).ok_or(FilterError::Term(at + 1)))
            .collect();
        match terms? {
            terms if terms.is_empty() => Err(FilterError::Empty),
            terms if terms.len() > TERMS_MAX => Err(FilterError::TooLong),
            terms => Ok(Self(terms)),
        }
    }

    /// Whether a machine is meant.
    #[must_use]
    pub fn matches(&self, machine: &MachineSnapshot) -> bool {
        self.0.iter().all(|term| term.holds(machine))
    }
}

fn term(word: &str) -> Option<Term> {
    if let Some((key, value)) = word.split_once(':') {
        let value = value.to_lowercase();
        let is_known_presence = ["online", "warning", "offline", "asleep"].contains(&value.as_str());
        return match key {
            _ if value.is_empty() => None,
            "presence" => is_known_presence.then_some(Term::Presence(value)),
            "os" => Some(Term::Os(value)),
            "tag" => Some(Term::Tag(value)),
            "name" => Some(Term::Name(value)),
            _ => None,
        };
    }
    let at = word.find(['<', '>'])?;
    let metric = match &word[..at] {
        "cpu" => Metric::CpuPercent,
        "memory" => Metric::MemoryPercent,
        "disk" => Metric::DiskPercent,
        "temperature" => Metric::Temperature,
        "battery" => Metric::BatteryPercent,
        _ => return None,
    };
    let bound: f32 = word[at + 1..].parse().ok()?;
    bound.is_finite().then_some(Term::Value {
        metric,
        is_above: word[at..].starts_with('>'),
        bound,
    })
}

impl Term {
    fn holds(&self, machine: &MachineSnapshot) -> bool {
        match self {
            Self::Presence(name) => machine.presence.name() == name,
            Self::Os(name) => machine.facts.os.name() == name,
            Self::Tag(name) => machine
                .tags
                .iter()
                .any(|tag| tag.as_str().to_lowercase() == *name),
            Self::Name(part) => [machine.id.as_str(), &machine.facts.name, &machine.facts.hostname]
                .iter()
                .any(|name| name.to_lowercase().contains(part)),
            // What is not known is neither above nor below.
            Self::Value {
                metric,
                is_above,
                bound,
            } => machine
                .samples
                .get(*metric)
                .is_some_and(|value| if *is_above { value > *bound } else { value < *bound }),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use bytes::Bytes;

    use super::*;
    use crate::clock::Timestamp;
    use crate::model::{Facts, MachineId, OsFamily, Presence, Samples, Tag};

    fn machine() -> MachineSnapshot {
        let mut samples = Samples::default();
        samples.set(Metric::DiskPercent, Some(92.0));
        MachineSnapshot {
            id: MachineId::parse("m1").unwrap(),
            first_seen: Timestamp::default(),
            last_seen: Timestamp::default(),
            presence: Presence::Online,
            presence_since: Timestamp::default(),
            interval_s: 30,
            dropped: 0,
            late: 0,
            tags: Arc::from([Tag::parse("Lab").unwrap()]),
            facts: Arc::new(Facts {
                name: "Studio Mac".into(),
                os: OsFamily::MacOs,
                ..Facts::default()
            }),
            samples,
            taken_at: None,
            document: Bytes::new(),
            recent_cpu: Box::default(),
            cause: None,
            gaps: Arc::from([]),
            whereabouts: Arc::default(),
        }
    }

    #[test]
    fn all_of_its_terms_must_hold() {
        let matches = |text: &str| Filter::parse(text).unwrap().matches(&machine());
        assert!(matches("presence:online os:macos disk>90 tag:lab name:studio"));
        assert!(!matches("presence:online disk<90"));
        assert!(!matches("os:linux"));
        assert!(!matches("cpu<100"), "unknown is not below");
    }

    #[test]
    fn a_text_that_means_nothing_is_refused_and_never_means_everything() {
        assert_eq!(Filter::parse("  "), Err(FilterError::Empty));
        for (text, at) in [
            ("os:", 1),
            ("os:macos all", 2),
            ("disk>x", 1),
            ("disk>inf", 1),
            ("presence:on", 1),
        ] {
            assert_eq!(Filter::parse(text), Err(FilterError::Term(at)), "{text}");
        }
    }
}
