//! The sealed body of ATLAS 2.0: AES-256-GCM under one raw key that all agents share, with nothing
//! authenticated beside the content. It is here for agents that are not upgraded yet and says
//! nothing about replay, direction or sender: a body of one agent opens as well for another.
//! `contract.md` section 2 is its only specification; golden vectors hold it still.

use serde::{Deserialize, Serialize};

use super::aead::{AeadKey, NONCE_BYTES};
use super::base64::{self, Base64Array, Base64Bytes};
use super::secret::Secret;

/// The fleet's key of 2.0: `FLEET_ENCRYPTION_KEY`, or `encryption_key` in its config.
#[derive(Debug)]
pub struct KeyV1(AeadKey);

/// A sealed body as it travels.
#[derive(Debug, Serialize)]
pub struct EnvelopeV1 {
    encrypted: bool,
    version: &'static str,
    nonce: Base64Array<NONCE_BYTES>,
    ciphertext: Base64Bytes,
}

/// Any body, as far as it matters here. Unknown fields are passed over, since 2.0 does so.
#[derive(Deserialize)]
struct AnyBody {
    encrypted: Option<bool>,
    version: Option<String>,
    nonce: Option<Base64Array<NONCE_BYTES>>,
    ciphertext: Option<Base64Bytes>,
}

/// The text is not a key of 2.0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an encryption key: expected 32 bytes in base64 (44 characters)")]
pub struct KeyV1Error;

/// Why a body is not one that could be opened.
#[derive(Debug, thiserror::Error)]
pub enum ParseV1Error {
    /// It doesn't say that it is encrypted: a plain body.
    #[error("the body is not sealed")]
    NotSealed,
    /// It says that it is encrypted and lacks what that takes, or is not JSON.
    #[error("the sealed body is malformed")]
    Malformed(#[source] Option<serde_json::Error>),
    /// Another version than "1".
    #[error("the sealed body has a version that is not supported here; version \"1\" is")]
    Version,
}

/// The body doesn't open: another key, or it was changed on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("Decryption failed")]
pub struct OpenV1Error;

/// Why a body can't be sealed.
#[derive(Debug, thiserror::Error)]
pub enum SealV1Error {
    /// No nonce.
    #[error("the system has no random numbers")]
    Random(#[from] getrandom::Error),
    /// More than AES-GCM takes.
    #[error("the body is too large to seal")]
    TooLarge,
}

impl KeyV1 {
    /// Reads a key from base64; white space around it is dropped, as keys come from files.
    ///
    /// # Errors
    /// When it is not 32 bytes in canonical base64. A key that can't be read must never mean "no key".
    pub fn parse(text: &str) -> Result<Self, KeyV1Error> {
        let key = base64::decode_array(text.trim()).map_err(|_| KeyV1Error)?;
        Ok(Self(AeadKey::new(&Secret::new(key))))
    }

    /// Seals as a 2.0 agent does; for simulated ones and for `rotate_encryption_key`.
    ///
    /// # Errors
    /// See [`SealV1Error`]. Nothing is ever sent in plain instead.
    pub fn seal(&self, body: &[u8]) -> Result<EnvelopeV1, SealV1Error> {
        let mut nonce = [0; NONCE_BYTES];
        getrandom::fill(&mut nonce)?;
        self.seal_with(nonce, body)
    }

    fn seal_with(&self, nonce: [u8; NONCE_BYTES], body: &[u8]) -> Result<EnvelopeV1, SealV1Error> {
        let mut sealed = body.to_vec();
        self.0
            .seal(nonce, b"", &mut sealed)
            .map_err(|_| SealV1Error::TooLarge)?;
        Ok(EnvelopeV1 {
            encrypted: true,
            version: "1",
            nonce: Base64Array(nonce),
            ciphertext: Base64Bytes(sealed),
        })
    }
}

impl EnvelopeV1 {
    /// Reads a body that may be sealed.
    ///
    /// # Errors
    /// [`ParseV1Error::NotSealed`] for a plain body; whether that is taken is the caller's rule.
    pub fn parse(body: &[u8]) -> Result<Self, ParseV1Error> {
        let body: AnyBody =
            serde_json::from_slice(body).map_err(|error| ParseV1Error::Malformed(Some(error)))?;
        if body.encrypted != Some(true) {
            return Err(ParseV1Error::NotSealed);
        }
        if body.version.is_some_and(|version| version != "1") {
            return Err(ParseV1Error::Version);
        }
        let (Some(nonce), Some(ciphertext)) = (body.nonce, body.ciphertext) else {
            return Err(ParseV1Error::Malformed(None));
        };
        Ok(Self {
            encrypted: true,
            version: "1",
            nonce,
            ciphertext,
        })
    }

    /// Opens a body.
    ///
    /// # Errors
    /// When the key is another one or anything was changed.
    pub fn open(self, key: &KeyV1) -> Result<Vec<u8>, OpenV1Error> {
        let mut content = self.ciphertext.0;
        key.0
            .open(self.nonce.0, b"", &mut content)
            .map_err(|_| OpenV1Error)?;
        Ok(content)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

    /// Made by the AES-GCM of pyca/cryptography 48, which 2.0 used.
    const GOLDEN: [(&str, &str, [u8; 12]); 2] = [
        (
            r#"{"machine_id": "mac-1", "metrics": {"cpu": {"percent": 12.5}}}"#,
            r#"{"encrypted": true, "version": "1", "nonce": "AAECAwQFBgcICQoL", "ciphertext": "PCC7eqaNq3XoHv7vk9NYT+635BnBWXNcGgqA8W8AY8EjKo6HjaJi7VaeX5aq901KjTwO+Xjsg+sNuR9kZZ5wsPOTRfrauEaHucH+Yv5P"}"#,
            [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11],
        ),
        (
            r#"{"machine_id":"büro-7"}"#,
            r#"{"encrypted": true, "version": "1", "nonce": "ZGVmZ2hpamtsbW5v", "ciphertext": "MzmzBxqBP/BbPTaM+F9In4F+dGWmW9EPcXRvPpF+xz+cJbOfa88IpA=="}"#,
            [100, 101, 102, 103, 104, 105, 106, 107, 108, 109, 110, 111],
        ),
    ];

    fn key() -> KeyV1 {
        KeyV1::parse(KEY).unwrap()
    }

    #[test]
    fn opens_what_2_0_sealed() {
        for (plain, sealed, _) in GOLDEN {
            let opened = EnvelopeV1::parse(sealed.as_bytes()).unwrap().open(&key());
            assert_eq!(opened.as_deref(), Ok(plain.as_bytes()));
        }
    }

    #[test]
    fn seals_as_2_0_sealed() {
        for (plain, sealed, nonce) in GOLDEN {
            let ours = serde_json::to_value(key().seal_with(nonce, plain.as_bytes()).unwrap()).unwrap();
            assert_eq!(ours, serde_json::from_str::<serde_json::Value>(sealed).unwrap());
        }
    }

    #[test]
    fn never_uses_a_nonce_twice() {
        let nonces = [key().seal(b"x").unwrap().nonce, key().seal(b"x").unwrap().nonce];
        assert_ne!(nonces[0], nonces[1]);
    }

    #[test]
    fn refuses_each_flipped_bit() {
        let good = key().seal(b"content").unwrap();
        for bit in 0..8 * good.ciphertext.0.len() {
            let mut ciphertext = good.ciphertext.clone();
            ciphertext.0[bit / 8] ^= 1 << (bit % 8);
            let bad = EnvelopeV1 {
                encrypted: true,
                version: "1",
                nonce: good.nonce,
                ciphertext,
            };
            assert_eq!(bad.open(&key()), Err(OpenV1Error), "bit {bit}");
        }
        for bit in 0..8 * NONCE_BYTES {
            let (mut nonce, ciphertext) = (good.nonce, good.ciphertext.clone());
            nonce.0[bit / 8] ^= 1 << (bit % 8);
            let bad = EnvelopeV1 {
                encrypted: true,
                version: "1",
                nonce,
                ciphertext,
            };
            assert_eq!(bad.open(&key()), Err(OpenV1Error), "nonce bit {bit}");
        }
    }

    #[test]
    fn refuses_another_key_and_a_content_shorter_than_its_tag() {
        let other = KeyV1::parse(&base64::encode(&[9; 32])).unwrap();
        assert_eq!(key().seal(b"x").unwrap().open(&other), Err(OpenV1Error));
        let short = br#"{"encrypted":true,"version":"1","nonce":"AAECAwQFBgcICQoL","ciphertext":"AQ=="}"#;
        assert_eq!(EnvelopeV1::parse(short).unwrap().open(&key()), Err(OpenV1Error));
    }

    #[test]
    fn tells_plain_bodies_from_broken_ones() {
        let of = |body: &str| EnvelopeV1::parse(body.as_bytes()).unwrap_err();
        assert!(matches!(of(r#"{"machine_id":"m"}"#), ParseV1Error::NotSealed));
        assert!(matches!(
            of(r#"{"encrypted":false,"nonce":"AAECAwQFBgcICQoL"}"#),
            ParseV1Error::NotSealed
        ));
        assert!(matches!(
            of(r#"{"encrypted":true}"#),
            ParseV1Error::Malformed(None)
        ));
        assert!(matches!(
            of(r#"{"encrypted":true,"version":"9"}"#),
            ParseV1Error::Version
        ));
        assert!(matches!(
            of(r#"{"encrypted":"yes"}"#),
            ParseV1Error::Malformed(Some(_))
        ));
        assert!(matches!(
            of(r#"{"encrypted":true,"nonce":"AA"}"#),
            ParseV1Error::Malformed(Some(_))
        ));
    }

    #[test]
    fn refuses_keys_of_another_length() {
        for text in [
            "",
            "AAEC",
            &base64::encode(&[1; 31]),
            &base64::encode(&[1; 33]),
            &KEY[..43],
        ] {
            assert!(KeyV1::parse(text).is_err(), "{text:?}");
        }
        assert!(KeyV1::parse(&format!(" {KEY}\n")).is_ok());
    }
}
