//! A certificate with its key, as it is read from PEM, and what it says of itself.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use atlas_actors::clock::Timestamp;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::{FromDer, X509Certificate};

use crate::wire::pins::TlsPin;

/// A certificate with its key.
#[derive(Clone, Debug)]
pub struct Certificate {
    /// As TLS takes it.
    pub key: Arc<CertifiedKey>,
    /// What it says.
    pub facts: CertificateFacts,
}

/// What a certificate says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateFacts {
    /// The names and addresses that it is for.
    pub names: Vec<String>,
    /// Who vouches for it.
    pub issuer: String,
    /// Good from then on.
    pub not_before: Timestamp,
    /// Good until then.
    pub not_after: Timestamp,
    /// The hash of its public key.
    pub pin: TlsPin,
}

impl CertificateFacts {
    /// Whether this part of its life is left or less: 3 for a third.
    #[must_use]
    pub const fn has_at_most(&self, part: i64, now: Timestamp) -> bool {
        let life = self.not_after.as_secs() - self.not_before.as_secs();
        self.not_after.as_secs() - now.as_secs() <= life / part
    }
}

/// Why there is no certificate to serve with.
#[derive(Debug, thiserror::Error)]
pub enum CertificateError {
    /// A file can't be read or written.
    #[error("{path} can't be read or written: {source}")]
    File {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A file is there, and it is no certificate or key.
    #[error("{0} is damaged: it holds no certificate or key in PEM")]
    Damaged(PathBuf),
    /// It could not be made.
    #[error("a certificate can't be made: {0}")]
    Make(#[from] rcgen::Error),
    /// It is not ours to replace.
    #[error("{0} was made by somebody else and is never replaced: put a new one there yourself")]
    Given(PathBuf),
    /// Looking for it ended in a panic.
    #[error("the certificate can't be looked at: {0}")]
    Panicked(String),
    /// rustls does not take it.
    #[error("the certificate {cert} and the key {key} don't go together: {source}")]
    Mismatch {
        /// The certificate's file.
        cert: PathBuf,
        /// The key's file.
        key: PathBuf,
        /// What rustls says.
        source: rustls::Error,
    },
}

impl Certificate {
    /// Reads a certificate, with those that vouch for it behind it, and its key.
    ///
    /// # Errors
    /// When one is damaged, or they don't go together; the paths are for the sentence.
    pub fn from_pem(
        cert_path: &Path,
        cert: &str,
        key_path: &Path,
        key: &str,
    ) -> Result<Self, CertificateError> {
        let damaged = |path: &Path| CertificateError::Damaged(path.to_owned());
        let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(cert.as_bytes()).collect();
        let chain = chain.map_err(|_| damaged(cert_path))?;
        let key_der = PrivateKeyDer::from_pem_slice(key.as_bytes()).map_err(|_| damaged(key_path))?;
        let facts = chain.first().and_then(facts).ok_or_else(|| damaged(cert_path))?;
        let provider = rustls::crypto::ring::default_provider();
        let key = CertifiedKey::from_der(chain, key_der, &provider).map_err(|source| {
            CertificateError::Mismatch {
                cert: cert_path.to_owned(),
                key: key_path.to_owned(),
                source,
            }
        })?;
        Ok(Self {
            key: Arc::new(key),
            facts,
        })
    }

    /// What the first certificate of a PEM text says, if it is one.
    #[must_use]
    pub fn facts_of(cert: &str) -> Option<CertificateFacts> {
        facts(&CertificateDer::from_pem_slice(cert.as_bytes()).ok()?)
    }

    /// Whether it is the same certificate, whatever its key is stored as.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        self.key.cert == other.key.cert
    }
}

fn facts(certificate: &CertificateDer<'_>) -> Option<CertificateFacts> {
    let (_, parsed) = X509Certificate::from_der(certificate).ok()?;
    let names = parsed.subject_alternative_name().ok().flatten();
    let names = names.iter().flat_map(|names| &names.value.general_names);
    let validity = parsed.validity();
    Some(CertificateFacts {
        names: names.filter_map(name).collect(),
        issuer: parsed.issuer().to_string(),
        not_before: Timestamp::from_secs(validity.not_before.timestamp()),
        not_after: Timestamp::from_secs(validity.not_after.timestamp()),
        pin: TlsPin::of(parsed.public_key().raw),
    })
}

fn name(name: &GeneralName<'_>) -> Option<String> {
    match name {
        GeneralName::DNSName(name) => Some((*name).to_owned()),
        GeneralName::IPAddress(bytes) => {
            let v4 = <[u8; 4]>::try_from(*bytes).map(std::net::IpAddr::from);
            let address = v4.or_else(|_| <[u8; 16]>::try_from(*bytes).map(std::net::IpAddr::from));
            address.ok().map(|address| address.to_string())
        }
        _ => None,
    }
}

pub(super) fn file_error(path: &Path, source: std::io::Error) -> CertificateError {
    CertificateError::File {
        path: path.to_owned(),
        source,
    }
}

/// The text of a file.
///
/// # Errors
/// When it can't be read.
pub fn read(path: &Path) -> Result<String, CertificateError> {
    std::fs::read_to_string(path).map_err(|source| file_error(path, source))
}
