//! Where the certificate is from: made here, or files that somebody else renews.

use std::path::{Path, PathBuf};

use atlas_actors::clock::Timestamp;

use super::served::Served;
use crate::acme::Acme;
use crate::tls::certificate::{Certificate, CertificateError, read};
use crate::tls::own::{Key, OwnCertificate};

/// Where the certificate is from.
#[derive(Clone, Debug)]
pub enum Source {
    /// The server makes it.
    Own(OwnCertificate),
    /// Somebody else does; it is never replaced by one of the server's own.
    Files {
        /// The certificate, with those that vouch for it.
        cert: PathBuf,
        /// Its key.
        key: PathBuf,
    },
    /// An authority signs the server's own key; until it has, the server's own certificate serves.
    Acme {
        /// The server's own.
        own: OwnCertificate,
        /// What the authority has signed.
        cert: PathBuf,
        /// Who orders it.
        acme: Acme,
    },
}

/// When to renew.
#[derive(Clone, Copy, Debug)]
pub enum Renewal {
    /// When it ends soon.
    WhenDue,
    /// At once.
    Now(Key),
}

impl Source {
    /// What is to be served now.
    ///
    /// # Errors
    /// See [`CertificateError`].
    pub fn look(&self, renewal: Renewal, now: Timestamp) -> Result<Served, CertificateError> {
        match self {
            Self::Own(own) => {
                let certificate = match renewal {
                    Renewal::WhenDue => own.load_or_make(now)?,
                    Renewal::Now(key) => own.renew(key, now)?,
                };
                Ok(Served {
                    certificate,
                    source: "own",
                    next_pin: Some(own.next_pin()?),
                    next_key_since: Some(own.next_key_since()?),
                    last_error: None,
                })
            }
            Self::Acme { own, cert, acme } => {
                if let Renewal::Now(key) = renewal {
                    if key == Key::Next {
                        own.renew(key, now)?;
                    }
                    acme.order_now();
                }
                let kept = own.load_or_make(now)?;
                let signed = signed(cert, own)
                    .ok()
                    .filter(|signed| signed.facts.not_after > now);
                Ok(Served {
                    certificate: signed.unwrap_or(kept),
                    source: "acme",
                    next_pin: Some(own.next_pin()?),
                    next_key_since: Some(own.next_key_since()?),
                    last_error: acme.failure.borrow().clone(),
                })
            }
            Self::Files { cert, key } => Ok(Served {
                certificate: Certificate::from_pem(cert, &read(cert)?, key, &read(key)?)?,
                source: "files",
                next_pin: None,
                next_key_since: None,
                last_error: None,
            }),
        }
    }
}

/// What the authority has signed, with the server's key.
fn signed(cert: &Path, own: &OwnCertificate) -> Result<Certificate, CertificateError> {
    let key = own.key_path();
    Certificate::from_pem(cert, &read(cert)?, &key, &read(&key)?)
}
