//! What a server hands to a browser for itself to read later: JSON, sealed under a key that this process
//! alone has, so that nothing has to be kept for people who may never come back.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::aead::{AeadKey, NONCE_BYTES};
use super::secret::Secret;

/// The longest text that is opened. Reason: browsers keep 4 KiB.
const TEXT_BYTES_MAX: usize = 4_096;
/// What the key is for.
const LABEL: &[u8] = b"atlas/sealed cookie/1";

/// The key; new at each start.
#[derive(Debug)]
pub struct CookieKey(AeadKey);

/// A trip of a browser to the identity provider and back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OidcTrip {
    /// What the provider must give back.
    pub state: String,
    /// What its token must hold.
    pub nonce: String,
    /// What proves to it that the code is ours (PKCE).
    pub verifier: String,
    /// When it began.
    pub began_ms: i64,
    /// What for: nothing = to sign in.
    pub proof: Option<OidcProof>,
}

/// Whose session is to be proved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OidcProof {
    /// The user.
    pub user: String,
    /// The session's id.
    pub session: String,
}

impl CookieKey {
    /// A new key.
    ///
    /// # Errors
    /// When the system has no random numbers.
    pub fn random() -> Result<Self, getrandom::Error> {
        Ok(Self(AeadKey::new(&Secret::random()?)))
    }

    /// A trip as a cookie's value.
    ///
    /// # Errors
    /// When the system has no random numbers.
    pub fn seal(&self, trip: &OidcTrip) -> Result<String, getrandom::Error> {
        let mut nonce = [0; NONCE_BYTES];
        getrandom::fill(&mut nonce)?;
        // Texts always serialise, and fit.
        let mut content = serde_json::to_vec(trip).unwrap_or_default();
        if self.0.seal(nonce, LABEL, &mut content).is_err() {
            content.clear();
        }
        Ok(URL_SAFE_NO_PAD.encode([&nonce[..], &content].concat()))
    }

    /// The trip of a cookie; nothing when this process did not make it.
    #[must_use]
    pub fn open(&self, text: &str) -> Option<OidcTrip> {
        if text.len() > TEXT_BYTES_MAX {
            return None;
        }
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        let (nonce, sealed) = bytes.split_first_chunk()?;
        let mut content = Zeroizing::new(sealed.to_vec());
        self.0.open(*nonce, LABEL, &mut content).ok()?;
        serde_json::from_slice(&content).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn opens_what_it_sealed_and_nothing_else() {
        let trip = OidcTrip {
            state: "s".to_owned(),
            nonce: "n".to_owned(),
            verifier: "verifier-in-clear".to_owned(),
            began_ms: 7,
            proof: None,
        };
        let (ours, other) = (CookieKey::random().unwrap(), CookieKey::random().unwrap());
        let text = ours.seal(&trip).unwrap();
        assert!(!text.contains("verifier"));
        assert_eq!(ours.open(&text), Some(trip));
        assert_eq!(other.open(&text), None);
        for junk in ["", "AA", "é", &text[1..], &"A".repeat(9_999)] {
            assert_eq!(ours.open(junk), None, "{junk}");
        }
    }
}
