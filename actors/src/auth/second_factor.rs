//! One-time codes of an authenticator app (TOTP, RFC 6238: SHA-1, six digits, 30 s) and the recovery
//! codes for the day on which the phone is lost. Pure: time comes in as a value.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use totp_rs::{Algorithm, Builder, Secret};

use super::credentials::{Digest, digest};
use crate::clock::Timestamp;
use crate::model::UserName;

const STEP_S: u64 = 30;
/// For so long into a step the code of the one before still counts: people type slowly. A known
/// deviation from the strictest reading of ASVS 6.5.5.
const GRACE: Duration = Duration::from_secs(10);
/// Recovery codes that are made together.
pub const RECOVERY_CODES: usize = 10;
/// Bytes of a recovery code: 80 bits, 16 letters of base 32.
const RECOVERY_BYTES: usize = 10;

/// The secret that an app and the server share: 160 bits.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TotpSecret([u8; 20]);

impl fmt::Debug for TotpSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TotpSecret")
    }
}

impl TotpSecret {
    /// A new one.
    ///
    /// # Errors
    /// When the operating system has no randomness.
    pub fn random() -> Result<Self, getrandom::Error> {
        let mut bytes = [0; 20];
        getrandom::fill(&mut bytes)?;
        Ok(Self(bytes))
    }

    /// As people type it, in base 32.
    #[must_use]
    pub fn text(&self) -> String {
        base32(&self.0)
    }

    /// As apps read it from a QR code.
    #[must_use]
    pub fn uri(&self, user: &UserName) -> String {
        // A colon would end the issuer.
        let account = user.as_str().replace(':', "_");
        let totp = self.codes().with_account_name(account).with_issuer(Some("ATLAS"));
        totp.build()
            .ok()
            .and_then(|totp| totp.to_url().ok())
            .unwrap_or_default()
    }

    /// The step whose code that is, if it counts now.
    #[must_use]
    pub fn step_of(&self, code: &str, now: Timestamp) -> Option<u64> {
        let seconds = u64::try_from(now.as_secs()).ok()?;
        let totp = self.codes().build_noncompliant();
        let counts = |step: u64| totp.check(code, step * STEP_S).is_some();
        let step = seconds / STEP_S;
        if counts(step) {
            return Some(step);
        }
        let is_early = seconds % STEP_S < GRACE.as_secs();
        step.checked_sub(1).filter(|before| is_early && counts(*before))
    }

    fn codes(&self) -> Builder {
        Builder::new()
            .with_algorithm(Algorithm::SHA1)
            .with_digits(6)
            .with_skew(0)
            .with_step_duration(STEP_S)
            .with_secret(Secret::from(self.0))
    }
}

/// A user's second factor, as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SecondFactor {
    secret: TotpSecret,
    /// The step of the last code that was taken: no code counts twice.
    last_step: u64,
    /// Digests of the recovery codes that are left.
    recovery: Vec<Digest>,
}

impl SecondFactor {
    /// Takes a new secret into use, if the code shows that the app has it.
    pub(crate) fn confirm(
        secret: TotpSecret,
        recovery: &[String],
        code: &str,
        now: Timestamp,
    ) -> Option<Self> {
        Some(Self {
            last_step: secret.step_of(&digits(code), now)?,
            secret,
            recovery: recovery.iter().map(|code| recovery_digest(code)).collect(),
        })
    }

    /// One that is there and that no code fits.
    pub(crate) const fn unusable() -> Self {
        Self {
            secret: TotpSecret([0; 20]),
            last_step: u64::MAX,
            recovery: Vec::new(),
        }
    }

    /// Takes a code of the app or a recovery code; either counts once.
    pub(crate) fn take(&mut self, code: &str, now: Timestamp) -> bool {
        if let Some(step) = self.secret.step_of(&digits(code), now) {
            let is_new = step > self.last_step;
            self.last_step = self.last_step.max(step);
            return is_new;
        }
        let typed = recovery_digest(code);
        let left = self.recovery.len();
        self.recovery.retain(|kept| *kept != typed);
        self.recovery.len() < left
    }
}

/// New recovery codes, to be shown once: `ABCD-EFGH-IJKL-MNOP`.
///
/// # Errors
/// When the operating system has no randomness.
pub fn recovery_codes() -> Result<Vec<String>, getrandom::Error> {
    let code = |_| {
        let mut bytes = [0; RECOVERY_BYTES];
        getrandom::fill(&mut bytes)?;
        let letters = base32(&bytes);
        let groups: Vec<&str> = (0..4).map(|n| &letters[n * 4..n * 4 + 4]).collect();
        Ok(groups.join("-"))
    };
    (0..RECOVERY_CODES).map(code).collect()
}

/// However it is typed: small letters, with or without hyphens and spaces. A plain hash is enough
/// for 80 random bits.
fn recovery_digest(code: &str) -> Digest {
    let letters: String = code.chars().filter(char::is_ascii_alphanumeric).collect();
    digest(letters.to_ascii_uppercase().as_bytes())
}

fn digits(code: &str) -> String {
    code.chars().filter(|c| !c.is_whitespace()).collect()
}

fn base32(bytes: &[u8]) -> String {
    Secret::from(bytes).to_base32()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The secret and the moments of RFC 6238's appendix B, with six of its eight digits.
    const SECRET: TotpSecret = TotpSecret(*b"12345678901234567890");

    fn factor() -> SecondFactor {
        let recovery = ["AAAA-BBBB-CCCC-DDDD".to_owned()];
        SecondFactor::confirm(SECRET, &recovery, "287082", Timestamp::from_secs(59)).unwrap()
    }

    #[test]
    fn knows_the_codes_of_the_standard() {
        for (second, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_234_567_890, "005924"),
        ] {
            let step = SECRET.step_of(code, Timestamp::from_secs(second));
            assert_eq!(step, u64::try_from(second / 30).ok(), "{second}");
        }
        assert_eq!(SECRET.step_of("287083", Timestamp::from_secs(59)), None);
    }

    #[test]
    fn a_code_counts_ten_seconds_longer_and_only_once() {
        assert!(SECRET.step_of("287082", Timestamp::from_secs(69)).is_some());
        assert!(SECRET.step_of("287082", Timestamp::from_secs(70)).is_none());
        let mut factor = factor();
        assert!(
            !factor.take("287082", Timestamp::from_secs(59)),
            "it confirmed the factor"
        );
        assert!(factor.take("081 804", Timestamp::from_secs(1_111_111_109)));
        assert!(!factor.take("081804", Timestamp::from_secs(1_111_111_109)));
    }

    #[test]
    fn a_recovery_code_counts_once_however_it_is_typed() {
        let mut factor = factor();
        assert!(factor.take("aaaabbbb cccc-dddd", Timestamp::from_secs(1_000)));
        assert!(!factor.take("AAAA-BBBB-CCCC-DDDD", Timestamp::from_secs(1_000)));
    }

    #[test]
    fn recovery_codes_are_ten_and_differ() {
        let codes = recovery_codes().unwrap();
        let different: std::collections::HashSet<_> = codes.iter().collect();
        assert_eq!((codes.len(), different.len()), (10, 10));
        assert!(codes.iter().all(|code| code.len() == 19), "{codes:?}");
    }

    #[test]
    fn tells_apps_what_they_need() {
        let uri = SECRET.uri(&UserName::parse("ann").unwrap());
        assert!(
            uri.starts_with("otpauth://totp/ATLAS:ann?")
                && uri.contains("secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"),
            "{uri}"
        );
    }
}
