//! What sort of value a key takes: how its text is read, and what is said when it can't be.

use atlas_actors::clock::Timestamp;
use serde_yaml::Value;

/// What sort of value a key takes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    /// Any text.
    Text,
    /// A text that is never shown.
    Secret,
    /// A secret that is a text of so many bytes at least.
    LongSecret(usize),
    /// A file's name; `~/` is the home folder.
    Path,
    /// An address as `https://name:port`.
    Url,
    /// Yes or no.
    Flag,
    /// Yes; no is refused, and this says why.
    OnlyTrue(&'static str),
    /// A whole number.
    Whole {
        /// The least.
        min: i64,
        /// The greatest.
        max: i64,
        /// Of what.
        unit: &'static str,
    },
    /// A number.
    Decimal {
        /// The least.
        min: f64,
        /// The greatest.
        max: f64,
        /// Of what.
        unit: &'static str,
    },
    /// A number of bytes; `10MB` and `512 KiB` are read too.
    Size {
        /// The least.
        min: u64,
        /// The greatest.
        max: u64,
    },
    /// One of these words.
    OneOf(&'static [&'static str]),
    /// How much is logged; Python's words are read too.
    Level,
    /// A version of TLS; Python's words are read too.
    TlsVersion,
    /// A day, as `2027-01-31`.
    Day,
    /// Any number of texts.
    Texts,
}

/// A value as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Written {
    /// Nothing, or `null`.
    Nothing,
    /// One value.
    One(String),
    /// A list.
    List(Vec<String>),
    /// A group of keys, where a value was wanted.
    Group,
}

const LEVELS: &[&str] = &["error", "warn", "info", "debug", "trace"];

impl Kind {
    /// Whether its values are hidden.
    #[must_use]
    pub const fn is_secret(self) -> bool {
        matches!(self, Self::Secret | Self::LongSecret(_))
    }

    /// Reads what was written; nothing when nothing was.
    ///
    /// # Errors
    /// What the value must be, to stand after the key's name. The value itself is not repeated: it
    /// may be a secret in the wrong place.
    pub fn read(self, written: &Written) -> Result<Option<Value>, String> {
        let value = match (self, written) {
            (_, Written::Nothing) => return Ok(None),
            (Self::Texts, Written::List(items)) => Some(texts(items)),
            // In the environment a list is one text.
            (Self::Texts, Written::One(text)) => {
                let items = text.split(',').map(str::trim).filter(|item| !item.is_empty());
                Some(texts(&items.map(ToOwned::to_owned).collect::<Vec<_>>()))
            }
            (_, Written::One(text)) => self.read_one(text.trim()),
            (_, Written::List(_) | Written::Group) => None,
        };
        value
            .map(Some)
            .ok_or_else(|| format!("must be {}", self.expected()))
    }

    fn read_one(self, text: &str) -> Option<Value> {
        match self {
            Self::Text | Self::Secret | Self::Path => Some(text.into()),
            Self::LongSecret(bytes) => (text.len() >= bytes).then(|| text.into()),
            Self::Url => is_url(text).then(|| text.trim_end_matches('/').into()),
            Self::Flag => flag(text).map(Value::from),
            Self::OnlyTrue(_) => flag(text).filter(|is_on| *is_on).map(Value::from),
            Self::Whole { min, max, .. } => {
                let number = whole(text)?;
                (min..=max).contains(&number).then(|| number.into())
            }
            Self::Decimal { min, max, .. } => {
                let number: f64 = text.parse().ok()?;
                (min..=max).contains(&number).then(|| number.into())
            }
            Self::Size { min, max } => {
                let bytes = size(text)?;
                (min..=max).contains(&bytes).then(|| bytes.into())
            }
            Self::OneOf(words) => one_of(words, text),
            Self::Level => one_of(LEVELS, level(&text.to_lowercase())),
            Self::TlsVersion => one_of(&["1.2", "1.3"], &tls_version(text)),
            Self::Day => is_day(text).then(|| text.into()),
            Self::Texts => None,
        }
    }

    /// What a value must be, in words that follow "must be".
    #[must_use]
    pub fn expected(self) -> String {
        match self {
            Self::Text | Self::Secret => "a text".to_owned(),
            Self::LongSecret(bytes) => format!("a text of {bytes} characters at least"),
            Self::Path => "a file's name".to_owned(),
            Self::Url => "an address like https://name:8768".to_owned(),
            Self::Flag => "true or false".to_owned(),
            Self::OnlyTrue(why) => format!("true: {why}"),
            Self::Whole { min, max, unit: "" } => format!("a whole number, {min} to {max}"),
            Self::Whole { min, max, unit } => format!("a whole number of {unit}, {min} to {max}"),
            Self::Decimal { min, max, unit } => format!("a number of {unit}, {min} to {max}"),
            Self::Size { min, max } => format!("a number of bytes, {min} to {max} (10MB is read too)"),
            Self::OneOf(words) => words.join(" or "),
            Self::Level => LEVELS.join(", "),
            Self::TlsVersion => "1.2 or 1.3".to_owned(),
            Self::Day => "a day, as 2027-01-31".to_owned(),
            Self::Texts => "a list of texts".to_owned(),
        }
    }
}

fn texts(items: &[String]) -> Value {
    Value::Sequence(items.iter().map(|item| item.as_str().into()).collect())
}

/// YAML's words, old and new, and what people set in an environment.
fn flag(text: &str) -> Option<bool> {
    match text.to_lowercase().as_str() {
        "true" | "yes" | "on" | "1" => Some(true),
        "false" | "no" | "off" | "0" => Some(false),
        _ => None,
    }
}

/// A whole number; `30.0` is one.
fn whole(text: &str) -> Option<i64> {
    let digits = text.split_once('.').map_or(Some(text), |(digits, rest)| {
        rest.bytes().all(|byte| byte == b'0').then_some(digits)
    });
    digits?.replace('_', "").parse().ok()
}

fn size(text: &str) -> Option<u64> {
    let digits = text.find(|c: char| !c.is_ascii_digit() && c != '_');
    let (digits, unit) = text.split_at(digits.unwrap_or(text.len()));
    let factor: u64 = match unit.trim().to_lowercase().as_str() {
        "" | "b" => 1,
        "k" | "kb" => 1_000,
        "kib" => 1 << 10,
        "m" | "mb" => 1_000_000,
        "mib" => 1 << 20,
        "g" | "gb" => 1_000_000_000,
        "gib" => 1 << 30,
        _ => return None,
    };
    digits.replace('_', "").parse::<u64>().ok()?.checked_mul(factor)
}

fn one_of(words: &[&str], text: &str) -> Option<Value> {
    let word = words.iter().find(|word| word.eq_ignore_ascii_case(text));
    word.map(|word| (*word).into())
}

fn level(word: &str) -> &str {
    match word {
        "warning" => "warn",
        "critical" => "error",
        word => word,
    }
}

/// 2.0 writes `TLSv1_2`.
fn tls_version(text: &str) -> String {
    let version = text.trim_start_matches(|c: char| c.is_ascii_alphabetic());
    version.replace('_', ".")
}

fn is_day(text: &str) -> bool {
    Timestamp::parse(&format!("{text}T00:00:00Z")).is_ok()
}

fn is_url(text: &str) -> bool {
    let rest = text
        .strip_prefix("https://")
        .or_else(|| text.strip_prefix("http://"));
    rest.is_some_and(|rest| {
        !rest.is_empty()
            && !rest.starts_with(['/', ':'])
            && !rest.contains(|c: char| c.is_whitespace() || c == '@')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(kind: Kind, text: &str) -> Option<Value> {
        kind.read(&Written::One(text.to_owned())).ok().flatten()
    }

    #[test]
    fn reads_what_people_write() {
        let seconds = Kind::Whole {
            min: 1,
            max: 3_600,
            unit: "seconds",
        };
        assert_eq!(read(seconds, "30"), Some(30.into()));
        assert_eq!(read(seconds, "30.0"), Some(30.into()));
        assert_eq!(read(Kind::Flag, "Yes"), Some(true.into()));
        assert_eq!(read(Kind::Level, "WARNING"), Some("warn".into()));
        assert_eq!(read(Kind::TlsVersion, "TLSv1_2"), Some("1.2".into()));
        let bytes = Kind::Size { min: 1, max: 1 << 40 };
        assert_eq!(read(bytes, "10 MiB"), Some((10_u64 << 20).into()));
        assert_eq!(read(bytes, "10485760"), Some((10_u64 << 20).into()));
        assert_eq!(read(Kind::Day, "2027-01-31"), Some("2027-01-31".into()));
        assert!(read(Kind::Day, "2027-02-30").is_none() && read(Kind::Day, "soon").is_none());
        assert_eq!(read(Kind::Texts, "a, b"), Some(texts(&["a".into(), "b".into()])));
        assert_eq!(read(Kind::Url, "https://x:1/"), Some("https://x:1".into()));
    }

    #[test]
    fn refuses_the_rest_and_never_repeats_it() {
        let seconds = Kind::Whole {
            min: 1,
            max: 3_600,
            unit: "seconds",
        };
        for text in ["0", "3601", "many", "1.5", "", "99999999999999999999"] {
            let said = seconds.read(&Written::One(text.to_owned())).unwrap_err();
            assert_eq!(said, "must be a whole number of seconds, 1 to 3600");
        }
        let decimal = Kind::Decimal {
            min: 0.1,
            max: 60.0,
            unit: "seconds",
        };
        assert!(read(decimal, "NaN").is_none() && read(decimal, "inf").is_none());
        assert!(
            read(
                Kind::Size {
                    min: 1,
                    max: u64::MAX
                },
                "99999999999 GiB"
            )
            .is_none()
        );
        assert!(read(Kind::Url, "https://u:p@x").is_none() && read(Kind::Url, "x:1").is_none());
        assert!(Kind::Flag.read(&Written::Group).is_err());
        assert!(
            Kind::OnlyTrue("why")
                .read(&Written::One("false".into()))
                .unwrap_err()
                .contains("why")
        );
        assert_eq!(Kind::Flag.read(&Written::Nothing), Ok(None));
    }
}
