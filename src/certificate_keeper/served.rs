//! What is served: the certificate, where it is from, and how it stands with it. Immutable.

use std::sync::Arc;

use atlas_actors::clock::Timestamp;
use rustls::sign::CertifiedKey;

use crate::tls::certificate::Certificate;
use crate::tls::serving::Serves;
use crate::wire::pins::TlsPin;

/// Days before its end on which the log warns.
const WARNINGS_DAYS: [i64; 4] = [14, 7, 3, 0];
const DAY_S: i64 = 86_400;

/// The certificate that is served.
#[derive(Clone, Debug)]
pub struct Served {
    /// It.
    pub certificate: Certificate,
    /// `own`, `files` or `acme`.
    pub source: &'static str,
    /// The key that may follow, where that is known.
    pub next_pin: Option<TlsPin>,
    /// Since when there is that key.
    pub next_key_since: Option<Timestamp>,
    /// Why the last try to renew it failed.
    pub last_error: Option<String>,
}

/// How it stands with a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Health {
    /// All is well.
    Ok,
    /// It ends within two weeks, and a quarter of its life is left.
    Expiring,
    /// It has ended, or can't be renewed.
    Failing,
}

impl Health {
    /// Its word in the API.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Expiring => "expiring",
            Self::Failing => "failing",
        }
    }
}

impl Served {
    /// The keys that agents should take: this one, and the next.
    #[must_use]
    pub fn pins(&self) -> Vec<TlsPin> {
        std::iter::once(self.certificate.facts.pin)
            .chain(self.next_pin)
            .collect()
    }

    /// Whole days until it ends; less than 0 when it has.
    #[must_use]
    pub const fn days_left(&self, now: Timestamp) -> i64 {
        (self.certificate.facts.not_after.as_secs() - now.as_secs()).div_euclid(DAY_S)
    }

    /// Whether a quarter of its life is left or less. Before that nobody is late: renewing is for the last
    /// third, and an authority may give out none that is good for two weeks.
    #[must_use]
    pub const fn is_late(&self, now: Timestamp) -> bool {
        self.certificate.facts.has_at_most(4, now)
    }

    /// How it stands with it.
    #[must_use]
    pub fn health(&self, now: Timestamp) -> Health {
        match self.days_left(now) {
            _ if self.last_error.is_some() => Health::Failing,
            days if days < 0 => Health::Failing,
            days if days <= WARNINGS_DAYS[0] && self.is_late(now) => Health::Expiring,
            _ => Health::Ok,
        }
    }

    /// The same, after a try to renew it that failed.
    #[must_use]
    pub fn failed(&self, sentence: &str) -> Self {
        Self {
            last_error: Some(sentence.to_owned()),
            ..self.clone()
        }
    }
}

impl Serves for Served {
    fn certified_key(&self) -> Arc<CertifiedKey> {
        Arc::clone(&self.certificate.key)
    }
}

/// Which warning is due with so many days left, when that for `warned` days has been given.
#[must_use]
pub fn due_warning(days_left: i64, warned: Option<i64>) -> Option<i64> {
    let due = WARNINGS_DAYS
        .into_iter()
        .rev()
        .find(|limit| days_left <= *limit)?;
    warned.is_none_or(|warned| due < warned).then_some(due)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn warns_once_at_14_7_and_3_days_and_at_the_end() {
        let mut warned = None;
        let mut days = Vec::new();
        for left in (-3..=20).rev() {
            if let Some(due) = due_warning(left, warned) {
                warned = Some(due);
                days.push(left);
            }
        }
        assert_eq!(days, [14, 7, 3, 0]);
        assert_eq!(
            due_warning(5, None),
            Some(7),
            "a server that starts late warns at once"
        );
    }
}
