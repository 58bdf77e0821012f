//! One-time codes of an authenticator app (TOTP, RFC 6238: SHA-1, six digits, 30 s), and a user's second
//! factor as a whole. Pure: time comes in as a value.

use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use totp_rs::{Algorithm, Builder, Secret};

use super::credentials::{Digest, digest};
use super::recovery::{RecoveryHash, RecoveryHashes, RecoverySalt, letters_of};
use crate::clock::Timestamp;
use crate::model::UserName;
use crate::stored::{DecodeError, decode_second, encode_second};

const STEP_S: u64 = 30;
/// For so long into a step the code of the one before still counts: people type slowly. A known
/// deviation from the strictest reading of ASVS 6.5.5.
const GRACE: Duration = Duration::from_secs(10);

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
    /// Digests of the recovery codes that are left of those that were made before they were hashed with
    /// bcrypt.
    recovery: Vec<Digest>,
    /// The recovery codes that are left. Kept beside the rest, since the form before had none.
    #[serde(skip)]
    hashed: Option<RecoveryHashes>,
}

/// The second form of a second factor.
#[derive(Serialize, Deserialize)]
struct FactorSecond {
    factor: SecondFactor,
    hashed: Option<RecoveryHashes>,
}

impl SecondFactor {
    /// What is written.
    pub(super) fn document(&self) -> Bytes {
        encode_second(&FactorSecond {
            factor: self.clone(),
            hashed: self.hashed.clone(),
        })
    }

    /// Reads one of either form.
    pub(super) fn read(stored: &[u8]) -> Result<Self, DecodeError> {
        let second = decode_second::<FactorSecond, Self>(stored)?;
        Ok(Self {
            hashed: second.hashed,
            ..second.factor
        })
    }

    /// What a typed recovery code is to be hashed with.
    pub(super) fn salt(&self) -> RecoverySalt {
        let hashed = self.hashed.as_ref();
        hashed.map_or_else(RecoverySalt::default, RecoveryHashes::salt)
    }

    /// Takes a new secret into use, if the code shows that the app has it.
    pub(crate) fn confirm(
        secret: TotpSecret,
        recovery: RecoveryHashes,
        code: &str,
        now: Timestamp,
    ) -> Option<Self> {
        Some(Self {
            last_step: secret.step_of(&digits(code), now)?,
            secret,
            recovery: Vec::new(),
            hashed: Some(recovery),
        })
    }

    /// One that is there and that no code fits.
    pub(crate) const fn unusable() -> Self {
        Self {
            secret: TotpSecret([0; 20]),
            last_step: u64::MAX,
            recovery: Vec::new(),
            hashed: None,
        }
    }

    /// Takes a code of the app or a recovery code, which comes hashed as well; either counts once.
    pub(crate) fn take(&mut self, code: &str, hashed: Option<&RecoveryHash>, now: Timestamp) -> bool {
        if let Some(step) = self.secret.step_of(&digits(code), now) {
            let is_new = step > self.last_step;
            self.last_step = self.last_step.max(step);
            return is_new;
        }
        if let (Some(kept), Some(typed)) = (&mut self.hashed, hashed)
            && kept.take(typed)
        {
            return true;
        }
        let typed = recovery_digest(code);
        let left = self.recovery.len();
        self.recovery.retain(|kept| *kept != typed);
        self.recovery.len() < left
    }
}

/// How codes were kept before.
fn recovery_digest(code: &str) -> Digest {
    digest(letters_of(code).as_bytes())
}

impl From<SecondFactor> for FactorSecond {
    fn from(factor: SecondFactor) -> Self {
        Self { factor, hashed: None }
    }
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
    use crate::stored::encode;

    /// The secret and the moments of RFC 6238's appendix B, with six of its eight digits.
    const SECRET: TotpSecret = TotpSecret(*b"12345678901234567890");

    fn factor() -> SecondFactor {
        let recovery = RecoveryHashes::make(&["AAAA-BBBB-CCCC-DDDD".to_owned()]).unwrap();
        SecondFactor::confirm(SECRET, recovery, "287082", Timestamp::from_secs(59)).unwrap()
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
            !factor.take("287082", None, Timestamp::from_secs(59)),
            "it confirmed the factor"
        );
        assert!(factor.take("081 804", None, Timestamp::from_secs(1_111_111_109)));
        assert!(!factor.take("081804", None, Timestamp::from_secs(1_111_111_109)));
    }

    #[test]
    fn a_recovery_code_counts_once_whether_it_was_made_before_or_after_they_were_hashed() {
        let typed = "aaaabbbb cccc-dddd";
        let mut factor = factor();
        let hash = factor.salt().hash(typed).unwrap();
        assert!(!factor.take(typed, None, Timestamp::from_secs(1_000)));
        assert!(factor.take(typed, Some(&hash), Timestamp::from_secs(1_000)));
        assert!(!factor.take(typed, Some(&hash), Timestamp::from_secs(1_000)));
        factor.hashed = None;
        factor.recovery = vec![recovery_digest("AAAA-BBBB-CCCC-DDDD")];
        let mut old = SecondFactor::read(&encode(&factor)).unwrap();
        assert!(old.take(typed, Some(&hash), Timestamp::from_secs(1_000)));
        assert!(!old.take(typed, Some(&hash), Timestamp::from_secs(1_000)));
    }

    #[test]
    fn what_is_written_is_read_again() {
        let factor = factor();
        assert_eq!(SecondFactor::read(&factor.document()), Ok(factor));
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
