//! The server's own certificate: made when there is none, renewed with the same key before it ends,
//! so that the pin that agents keep stays true.

use std::fs;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use atlas_actors::clock::Timestamp;
use rcgen::{CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, KeyPair, SanType};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use x509_parser::prelude::{FromDer, X509Certificate};

use crate::secret_file;
use crate::wire::pins::TlsPin;

/// How long a certificate is good for. Source: Apple's systems take no server certificate of more
/// than 825 days; a year leaves room.
const GOOD_FOR_DAYS: i64 = 397;
/// A certificate that ends sooner is renewed at the start of the server.
const RENEW_BEFORE_DAYS: i64 = 30;
const DAY_S: i64 = 86_400;

/// A certificate with its key.
pub struct ServerCertificate {
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
    /// The hash of its public key.
    pub pin: TlsPin,
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
    #[error("{0} is damaged: move it away, and a new one is made")]
    Damaged(PathBuf),
    /// It could not be made.
    #[error("a certificate can't be made: {0}")]
    Make(#[from] rcgen::Error),
    /// rustls does not take it.
    #[error("the certificate and its key don't go together: {0}")]
    Tls(#[from] rustls::Error),
}

impl ServerCertificate {
    /// The certificate in that folder (`server.crt`, `server.key`); made or renewed when it must be.
    ///
    /// # Errors
    /// See [`CertificateError`].
    pub fn load_or_make(folder: &Path, names: &[String], now: Timestamp) -> Result<Self, CertificateError> {
        let (cert_path, key_path) = (folder.join("server.crt"), folder.join("server.key"));
        let key_pem = match read_if_there(&key_path)? {
            Some(pem) => pem,
            None => make_key(&key_path)?,
        };
        let kept = read_if_there(&cert_path)?.filter(|pem| !ends_soon(pem, now));
        let cert_pem = match kept {
            Some(pem) => pem,
            None => make_certificate(&key_pem, &key_path, &cert_path, names, now)?,
        };
        Self::from_pem(&cert_pem, &key_pem, &cert_path, &key_path)
    }

    fn from_pem(
        cert_pem: &str,
        key_pem: &str,
        cert_path: &Path,
        key_path: &Path,
    ) -> Result<Self, CertificateError> {
        let damaged = |path: &Path| CertificateError::Damaged(path.to_owned());
        let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(cert_pem.as_bytes()).collect();
        let chain = chain.map_err(|_| damaged(cert_path))?;
        let key = PrivateKeyDer::from_pem_slice(key_pem.as_bytes()).map_err(|_| damaged(key_path))?;
        let first = chain.first().ok_or_else(|| damaged(cert_path))?;
        let (_, parsed) = X509Certificate::from_der(first).map_err(|_| damaged(cert_path))?;
        let pin = TlsPin::of(parsed.public_key().raw);
        Ok(Self { chain, key, pin })
    }

    /// The server's side of TLS with this certificate.
    ///
    /// # Errors
    /// When certificate and key don't go together.
    pub fn server_config(self) -> Result<rustls::ServerConfig, CertificateError> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = rustls::ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])?
            .with_no_client_auth()
            .with_single_cert(self.chain, self.key)?;
        Ok(config)
    }
}

/// The pin of the certificate in that folder.
///
/// # Errors
/// When there is none or it is damaged.
pub fn read_pin(folder: &Path) -> Result<TlsPin, CertificateError> {
    let path = folder.join("server.crt");
    let pem = fs::read_to_string(&path).map_err(|source| file_error(&path, source))?;
    let der = CertificateDer::from_pem_slice(pem.as_bytes())
        .map_err(|_| CertificateError::Damaged(path.clone()))?;
    let (_, parsed) = X509Certificate::from_der(&der).map_err(|_| CertificateError::Damaged(path))?;
    Ok(TlsPin::of(parsed.public_key().raw))
}

fn read_if_there(path: &Path) -> Result<Option<String>, CertificateError> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(CertificateError::File {
            path: path.to_owned(),
            source,
        }),
    }
}

fn ends_soon(pem: &str, now: Timestamp) -> bool {
    let Ok(certificate) = CertificateDer::from_pem_slice(pem.as_bytes()) else {
        return false;
    };
    let Ok((_, parsed)) = X509Certificate::from_der(&certificate) else {
        return false;
    };
    parsed.validity().not_after.timestamp() - now.as_secs() < RENEW_BEFORE_DAYS * DAY_S
}

fn make_key(path: &Path) -> Result<String, CertificateError> {
    let pem = KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256)?.serialize_pem();
    secret_file::write(path, pem.as_bytes()).map_err(|source| file_error(path, source))?;
    Ok(pem)
}

fn make_certificate(
    key_pem: &str,
    key_path: &Path,
    path: &Path,
    names: &[String],
    now: Timestamp,
) -> Result<String, CertificateError> {
    let key = KeyPair::from_pem(key_pem).map_err(|_| CertificateError::Damaged(key_path.to_owned()))?;
    let pem = params(names, now)?.self_signed(&key)?.pem();
    secret_file::write(path, pem.as_bytes()).map_err(|source| file_error(path, source))?;
    Ok(pem)
}

fn params(names: &[String], now: Timestamp) -> Result<CertificateParams, rcgen::Error> {
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params
        .distinguished_name
        .push(DnType::CommonName, names.first().map_or("atlas", String::as_str));
    params.distinguished_name.push(DnType::OrganizationName, "ATLAS");
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.not_before = moment(now.as_secs() - DAY_S);
    params.not_after = moment(now.as_secs() + GOOD_FOR_DAYS * DAY_S);
    for name in names {
        params.subject_alt_names.push(match name.parse::<IpAddr>() {
            Ok(address) => SanType::IpAddress(address),
            Err(_) => SanType::DnsName(name.as_str().try_into()?),
        });
    }
    Ok(params)
}

/// A moment as rcgen takes it.
fn moment(unix_s: i64) -> time::OffsetDateTime {
    time::OffsetDateTime::from_unix_timestamp(unix_s).unwrap_or(time::OffsetDateTime::UNIX_EPOCH)
}

fn file_error(path: &Path, source: std::io::Error) -> CertificateError {
    CertificateError::File {
        path: path.to_owned(),
        source,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names() -> Vec<String> {
        vec!["localhost".into(), "127.0.0.1".into()]
    }

    #[test]
    fn makes_a_certificate_once_and_renews_it_with_the_same_key() {
        let folder = tempfile::tempdir().unwrap();
        let now = Timestamp::from_secs(1_760_000_000);
        let first = ServerCertificate::load_or_make(folder.path(), &names(), now).unwrap();
        let again = ServerCertificate::load_or_make(folder.path(), &names(), now).unwrap();
        assert_eq!(first.chain, again.chain);
        let later = Timestamp::from_secs(now.as_secs() + 380 * DAY_S);
        let renewed = ServerCertificate::load_or_make(folder.path(), &names(), later).unwrap();
        assert_ne!(first.chain, renewed.chain);
        assert_eq!(first.pin.as_bytes(), renewed.pin.as_bytes());
        assert!(renewed.server_config().is_ok());
    }

    #[test]
    fn names_the_file_that_is_damaged() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("server.key"), "nonsense").unwrap();
        let made = ServerCertificate::load_or_make(folder.path(), &names(), Timestamp::from_secs(0));
        assert!(matches!(made, Err(CertificateError::Damaged(path)) if path.ends_with("server.key")));
    }
}
