//! Real handshakes between a rustls client and a rustls server, in memory.

use rcgen::{CertifiedKey as Issued, KeyPair, generate_simple_self_signed};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::version::{TLS12, TLS13};
use rustls::{ClientConnection, ServerConfig, ServerConnection, SupportedProtocolVersion};

use super::*;

const NAME: &str = "atlas.example";

/// A server that shows a certificate and signs with a key, which may be another's.
#[derive(Debug)]
struct Shows(Arc<CertifiedKey>);

impl ResolvesServerCert for Shows {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0))
    }
}

fn issued() -> Issued<KeyPair> {
    generate_simple_self_signed([NAME.to_owned()]).unwrap()
}

fn pin(issued: &Issued<KeyPair>) -> TlsPin {
    pin_of(issued.cert.der()).unwrap()
}

fn server_showing(
    certificate: &Issued<KeyPair>,
    key: &Issued<KeyPair>,
    version: &'static SupportedProtocolVersion,
) -> ServerConnection {
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.signing_key.serialize_der()));
    let signing = ring::sign::any_supported_type(&key).unwrap();
    let shown = CertifiedKey::new(vec![certificate.cert.der().clone()], signing);
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_protocol_versions(&[version])
        .unwrap()
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(Shows(Arc::new(shown))));
    ServerConnection::new(Arc::new(config)).unwrap()
}

/// Runs a handshake to its end, or to what the client refused.
fn shake_hands(
    verifier: Arc<dyn ServerCertVerifier>,
    name: &str,
    mut server: ServerConnection,
) -> Result<(), Error> {
    let config = Arc::new(client_config(verifier).unwrap());
    let name = ServerName::try_from(name.to_owned()).unwrap();
    let mut client = ClientConnection::new(config, name).unwrap();
    while client.is_handshaking() || server.is_handshaking() {
        let mut wire = Vec::new();
        while client.wants_write() {
            client.write_tls(&mut wire).unwrap();
        }
        while !wire.is_empty() {
            let read = server.read_tls(&mut &wire[..]).unwrap();
            wire.drain(..read);
            server.process_new_packets().unwrap();
        }
        while server.wants_write() {
            server.write_tls(&mut wire).unwrap();
        }
        while !wire.is_empty() {
            let read = client.read_tls(&mut &wire[..]).unwrap();
            wire.drain(..read);
            client.process_new_packets()?;
        }
    }
    Ok(())
}

fn found_mismatch(error: &Error) -> Option<&PinMismatch> {
    match error {
        Error::InvalidCertificate(CertificateError::Other(OtherError(cause))) => cause.downcast_ref(),
        _ => None,
    }
}

#[test]
fn takes_a_pinned_key_over_both_versions() {
    let real = issued();
    for version in [&TLS12, &TLS13] {
        let verifier = PinnedVerifier::new(vec![TlsPin::of(b"next"), pin(&real)], BesidePin::Name);
        assert_eq!(
            shake_hands(verifier, NAME, server_showing(&real, &real, version)),
            Ok(())
        );
    }
}

#[test]
fn refuses_a_key_that_is_not_pinned_and_says_which() {
    let (real, other) = (issued(), issued());
    for version in [&TLS12, &TLS13] {
        let verifier = PinnedVerifier::new(vec![pin(&real)], BesidePin::Nothing);
        let error = shake_hands(verifier, NAME, server_showing(&other, &other, version)).unwrap_err();
        let expected = PinMismatch {
            presented: pin(&other),
            pinned: vec![pin(&real)],
        };
        assert_eq!(found_mismatch(&error), Some(&expected));
        assert!(
            expected.to_string().contains(&pin(&real).to_string()),
            "{expected}"
        );
    }
}

#[test]
fn refuses_the_real_certificate_without_its_key() {
    let (real, thief) = (issued(), issued());
    for version in [&TLS12, &TLS13] {
        let verifiers: [Arc<dyn ServerCertVerifier>; 2] = [
            PinnedVerifier::new(vec![pin(&real)], BesidePin::Nothing),
            FirstContact::new(),
        ];
        for verifier in verifiers {
            let error = shake_hands(verifier, NAME, server_showing(&real, &thief, version)).unwrap_err();
            assert_eq!(error, Error::InvalidCertificate(CertificateError::BadSignature));
        }
    }
}

#[test]
fn refuses_everything_without_pins() {
    let real = issued();
    let verifier = PinnedVerifier::new(vec![], BesidePin::Nothing);
    assert!(shake_hands(verifier, NAME, server_showing(&real, &real, &TLS13)).is_err());
}

#[test]
fn checks_the_name_only_when_told() {
    let real = issued();
    let by = |beside| {
        let verifier = PinnedVerifier::new(vec![pin(&real)], beside);
        shake_hands(verifier, "10.0.0.7", server_showing(&real, &real, &TLS13))
    };
    assert_eq!(by(BesidePin::Nothing), Ok(()));
    assert!(matches!(by(BesidePin::Name), Err(Error::InvalidCertificate(_))));
}

#[test]
fn a_public_authority_is_asked_beside_the_pin() {
    let (real, other) = (issued(), issued());
    let trusting = |root: &Issued<KeyPair>| {
        let mut roots = rustls::RootCertStore::empty();
        roots.add(root.cert.der().clone()).unwrap();
        let provider = Arc::new(ring::default_provider());
        let authority = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider)
            .build()
            .unwrap();
        PinnedVerifier::new(vec![pin(&real)], BesidePin::PublicCa(authority))
    };
    let server = || server_showing(&real, &real, &TLS13);
    assert_eq!(shake_hands(trusting(&real), NAME, server()), Ok(()));
    assert!(shake_hands(trusting(&other), NAME, server()).is_err());
}

#[test]
fn first_contact_remembers_the_key_and_takes_no_second() {
    let (real, other) = (issued(), issued());
    let first = FirstContact::new();
    assert_eq!(first.seen(), None);
    assert_eq!(
        shake_hands(first.clone(), "10.0.0.7", server_showing(&real, &real, &TLS13)),
        Ok(())
    );
    assert_eq!(first.seen(), Some(pin(&real)));
    assert_eq!(
        shake_hands(first.clone(), NAME, server_showing(&real, &real, &TLS12)),
        Ok(())
    );
    let error = shake_hands(first, NAME, server_showing(&other, &other, &TLS13)).unwrap_err();
    assert_eq!(
        found_mismatch(&error).map(|mismatch| mismatch.presented),
        Some(pin(&other))
    );
}

#[test]
fn a_pin_is_the_hash_of_the_whole_subject_public_key_info() {
    let real = issued();
    let (_, parsed) = x509_parser::parse_x509_certificate(real.cert.der()).unwrap();
    assert_eq!(pin(&real), TlsPin::of(parsed.tbs_certificate.subject_pki.raw));
}
