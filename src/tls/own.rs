//! The server's own certificate, for which nobody else vouches: made when there is none, renewed with
//! the same key before it ends, so that the pin that agents keep stays true. Beside its key lies the
//! next one, whose pin agents learn long before it is used.

use std::fs;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use atlas_actors::clock::Timestamp;
use rcgen::{
    CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, KeyPair, PublicKeyData, SanType,
};

use super::certificate::{Certificate, CertificateError, file_error};
use crate::secret_file;
use crate::wire::pins::TlsPin;

/// How long a certificate is good for. Source: Apple's systems take no server certificate of more
/// than 825 days; a year leaves room.
const GOOD_FOR_DAYS: i64 = 397;
/// When a third of it is left it is renewed: whoever looks at dates has months to notice.
const RENEW_BEFORE_DAYS: i64 = GOOD_FOR_DAYS / 3;
const DAY_S: i64 = 86_400;
/// Who has made a certificate, as its issuer says.
const MAKER: &str = "O=ATLAS";

/// Where the server's own certificate is, and what it is for.
#[derive(Clone, Debug)]
pub struct OwnCertificate {
    /// The folder of `server.crt`, `server.key` and `server-next.key`.
    pub folder: PathBuf,
    /// The names and addresses that it must carry.
    pub names: Vec<String>,
}

/// Which key a new certificate gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    /// The one that is in use: pins stay true.
    Same,
    /// The next one, whose pin has been told; a new next one is made.
    Next,
}

impl OwnCertificate {
    /// The certificate; made or renewed when it must be.
    ///
    /// # Errors
    /// See [`CertificateError`].
    pub fn load_or_make(&self, now: Timestamp) -> Result<Certificate, CertificateError> {
        let key = self.key_or_make(&self.key_path())?;
        let Some(cert) = read_if_there(&self.cert_path())? else {
            return self.make(&key, now);
        };
        let kept = Certificate::from_pem(&self.cert_path(), &cert, &self.key_path(), &key);
        match kept {
            kept if !is_ours(&cert) => kept,
            Ok(kept) if !self.is_due(&kept, now) => Ok(kept),
            // A kill between writing the key and the certificate leaves two that don't go together.
            Ok(_) | Err(CertificateError::Mismatch { .. }) => self.make(&key, now),
            damaged => damaged,
        }
    }

    /// A new certificate.
    ///
    /// # Errors
    /// See [`CertificateError`].
    pub fn renew(&self, with: Key, now: Timestamp) -> Result<Certificate, CertificateError> {
        if read_if_there(&self.cert_path())?.is_some_and(|cert| !is_ours(&cert)) {
            return Err(CertificateError::Given(self.cert_path()));
        }
        if with == Key::Next {
            let next = self.key_or_make(&self.next_key_path())?;
            secret_file::write(&self.key_path(), next.as_bytes())
                .map_err(|source| file_error(&self.key_path(), source))?;
            make_key(&self.next_key_path())?;
        }
        self.make(&self.key_or_make(&self.key_path())?, now)
    }

    /// The pin of the next key.
    ///
    /// # Errors
    /// See [`CertificateError`].
    pub fn next_pin(&self) -> Result<TlsPin, CertificateError> {
        let path = self.next_key_path();
        let next = self.key_or_make(&path)?;
        // A kill in the midst of a roll-over leaves the same key as current and as next.
        let next = match read_if_there(&self.key_path())? {
            Some(current) if current == next => make_key(&path)?,
            _ => next,
        };
        Ok(TlsPin::of(&parse(&path, &next)?.subject_public_key_info()))
    }

    /// Since when there is that key.
    ///
    /// # Errors
    /// See [`CertificateError`].
    pub fn next_key_since(&self) -> Result<Timestamp, CertificateError> {
        let path = self.next_key_path();
        let since = std::fs::metadata(&path).and_then(|file| file.modified());
        let since = since.map_err(|source| file_error(&path, source))?;
        let since = since.duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        Ok(Timestamp::from_millis(
            i64::try_from(since.as_millis()).unwrap_or(i64::MAX),
        ))
    }

    fn is_due(&self, certificate: &Certificate, now: Timestamp) -> bool {
        let facts = &certificate.facts;
        let lacks_a_name = self.names.iter().any(|name| !facts.names.contains(name));
        lacks_a_name || facts.not_after.as_secs() - now.as_secs() < RENEW_BEFORE_DAYS * DAY_S
    }

    fn make(&self, key: &str, now: Timestamp) -> Result<Certificate, CertificateError> {
        let pair = parse(&self.key_path(), key)?;
        let (path, pem) = (
            self.cert_path(),
            params(&self.names, now)?.self_signed(&pair)?.pem(),
        );
        secret_file::write(&path, pem.as_bytes()).map_err(|source| file_error(&path, source))?;
        Certificate::from_pem(&path, &pem, &self.key_path(), key)
    }

    fn key_or_make(&self, path: &Path) -> Result<String, CertificateError> {
        match read_if_there(path)? {
            Some(pem) => Ok(pem),
            None => make_key(path),
        }
    }

    /// Where its key is.
    #[must_use]
    pub fn key_path(&self) -> PathBuf {
        self.folder.join("server.key")
    }

    fn cert_path(&self) -> PathBuf {
        self.folder.join("server.crt")
    }

    fn next_key_path(&self) -> PathBuf {
        self.folder.join("server-next.key")
    }
}

/// Whether a certificate was made here. Somebody may have put another one in its place.
fn is_ours(cert: &str) -> bool {
    Certificate::facts_of(cert).is_none_or(|facts| facts.issuer.contains(MAKER))
}

fn read_if_there(path: &Path) -> Result<Option<String>, CertificateError> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(file_error(path, source)),
    }
}

fn parse(path: &Path, pem: &str) -> Result<KeyPair, CertificateError> {
    KeyPair::from_pem(pem).map_err(|_| CertificateError::Damaged(path.to_owned()))
}

fn make_key(path: &Path) -> Result<String, CertificateError> {
    let pem = KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256)?.serialize_pem();
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

#[cfg(test)]
mod tests {
    use super::*;

    fn own(folder: &tempfile::TempDir) -> OwnCertificate {
        OwnCertificate {
            folder: folder.path().to_owned(),
            names: vec!["localhost".into(), "127.0.0.1".into()],
        }
    }

    fn at(days: i64) -> Timestamp {
        Timestamp::from_secs(1_760_000_000 + days * DAY_S)
    }

    #[test]
    fn is_made_once_and_renewed_with_the_same_key() {
        let folder = tempfile::tempdir().unwrap();
        let own = own(&folder);
        let first = own.load_or_make(at(0)).unwrap();
        assert_eq!(first.facts.names, own.names);
        for day in [0, 200, GOOD_FOR_DAYS - RENEW_BEFORE_DAYS] {
            assert!(own.load_or_make(at(day)).unwrap().is_same(&first), "day {day}");
        }
        let renewed = own
            .load_or_make(at(GOOD_FOR_DAYS - RENEW_BEFORE_DAYS + 1))
            .unwrap();
        assert!(!renewed.is_same(&first));
        assert_eq!(renewed.facts.pin, first.facts.pin);
    }

    #[test]
    fn is_made_anew_when_the_server_gets_another_name() {
        let folder = tempfile::tempdir().unwrap();
        let mut own = own(&folder);
        let first = own.load_or_make(at(0)).unwrap();
        own.names.push("fleet.example".into());
        let renamed = own.load_or_make(at(0)).unwrap();
        assert_eq!(
            (&renamed.facts.names, renamed.facts.pin),
            (&own.names, first.facts.pin)
        );
    }

    #[test]
    fn rolls_over_to_the_key_whose_pin_was_told_and_makes_another_next_one() {
        let folder = tempfile::tempdir().unwrap();
        let own = own(&folder);
        let first = own.load_or_make(at(0)).unwrap();
        let told = own.next_pin().unwrap();
        assert_ne!(told, first.facts.pin);
        let rolled = own.renew(Key::Next, at(1)).unwrap();
        assert_eq!(rolled.facts.pin, told);
        assert!(![told, first.facts.pin].contains(&own.next_pin().unwrap()));
        assert!(own.load_or_make(at(1)).unwrap().is_same(&rolled));
    }

    #[test]
    fn survives_a_kill_between_the_key_and_the_certificate() {
        let folder = tempfile::tempdir().unwrap();
        let own = own(&folder);
        own.load_or_make(at(0)).unwrap();
        let told = own.next_pin().unwrap();
        fs::copy(own.next_key_path(), own.key_path()).unwrap();
        assert_eq!(own.load_or_make(at(0)).unwrap().facts.pin, told);
        assert_ne!(own.next_pin().unwrap(), told);
    }

    #[test]
    fn one_that_somebody_else_has_put_there_is_never_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let own = own(&folder);
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec!["given.example".to_owned()]).unwrap();
        let pem = params.self_signed(&key).unwrap().pem();
        fs::write(own.cert_path(), &pem).unwrap();
        fs::write(own.key_path(), key.serialize_pem()).unwrap();
        for day in [0, 100_000] {
            assert_eq!(own.load_or_make(at(day)).unwrap().facts.names, ["given.example"]);
        }
        assert!(matches!(
            own.renew(Key::Same, at(0)),
            Err(CertificateError::Given(_))
        ));
        fs::write(own.key_path(), KeyPair::generate().unwrap().serialize_pem()).unwrap();
        assert!(own.load_or_make(at(0)).is_err());
        assert_eq!(fs::read_to_string(own.cert_path()).unwrap(), pem);
    }

    #[test]
    fn names_the_file_that_is_damaged() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("server.key"), "nonsense").unwrap();
        let made = own(&folder).load_or_make(at(0));
        assert!(matches!(made, Err(CertificateError::Damaged(path)) if path.ends_with("server.key")));
    }
}
