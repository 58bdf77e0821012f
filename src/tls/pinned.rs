//! Which server keys an agent takes. Two verifiers: [`PinnedVerifier`] for every connection of an
//! enrolled agent, [`FirstContact`] for the one call that enrols it. Both leave the handshake's
//! signature to the crypto provider: who only replays a server's certificate, without its key, gets
//! nowhere. No verifier here takes a key unseen.

use std::error::Error as StdError;
use std::io;
use std::sync::{Arc, OnceLock};

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{WebPkiServerVerifier, verify_server_name};
use rustls::crypto::{WebPkiSupportedAlgorithms, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, Error, OtherError, SignatureScheme};

use crate::wire::pins::TlsPin;

/// What must hold beside the pin.
#[derive(Clone, Debug)]
pub enum BesidePin {
    /// Nothing: the key is this server's alone, by whatever name or address it is reached.
    Nothing,
    /// The certificate is for the name that was called: a private server whose key others share.
    Name,
    /// A public authority vouches for name and dates as well.
    PublicCa(Arc<WebPkiServerVerifier>),
}

/// Takes a server whose key is among the pins. Dates of a private certificate don't matter: the pin
/// ends when the server says so, and an expired certificate must not cut off a fleet.
#[derive(Debug)]
pub struct PinnedVerifier {
    pins: Vec<TlsPin>,
    beside: BesidePin,
    signatures: WebPkiSupportedAlgorithms,
}

/// Takes any server's key, remembers it, and takes no second one. Only for the enrolment call, whose
/// content needs no trust in TLS: nothing secret is sent, and the answer is signed by the server
/// that the token names.
#[derive(Debug)]
pub struct FirstContact {
    seen: OnceLock<TlsPin>,
    signatures: WebPkiSupportedAlgorithms,
}

/// The server showed a key that is not pinned. Found inside [`rustls::Error`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the server's TLS key {presented} is none of the pinned ones: {}", list(.pinned))]
pub struct PinMismatch {
    /// The key that it showed.
    pub presented: TlsPin,
    /// The keys that are taken.
    pub pinned: Vec<TlsPin>,
}

impl PinMismatch {
    /// Finds it in the error of a call, however deeply the layers between have wrapped it.
    #[must_use]
    pub fn find<'a>(error: &'a (dyn StdError + 'static)) -> Option<&'a Self> {
        let mut cause = Some(error);
        while let Some(error) = cause {
            if let Some(Error::InvalidCertificate(CertificateError::Other(other))) = error.downcast_ref() {
                return other.0.downcast_ref();
            }
            // An I/O error names what is inside it not as its source but as itself.
            let inner = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
            cause = match inner {
                Some(inner) => Some(inner),
                None => error.source(),
            };
        }
        None
    }
}

fn list(pins: &[TlsPin]) -> String {
    let pins: Vec<String> = pins.iter().map(TlsPin::to_string).collect();
    pins.join(", ")
}

impl PinnedVerifier {
    /// A verifier for these keys; with none it takes no server at all.
    pub fn new(pins: Vec<TlsPin>, beside: BesidePin) -> Arc<Self> {
        Arc::new(Self {
            pins,
            beside,
            signatures: signature_algorithms(),
        })
    }
}

impl FirstContact {
    /// A verifier for one enrolment.
    pub fn new() -> Arc<Self> {
        Arc::new(Self {
            seen: OnceLock::new(),
            signatures: signature_algorithms(),
        })
    }

    /// The key that the server showed, once there was a connection.
    pub fn seen(&self) -> Option<TlsPin> {
        self.seen.get().copied()
    }
}

/// A client of TLS 1.2 and 1.3 that relies on this verifier alone.
///
/// # Errors
/// When the provider has no cipher suite for these versions, which *ring* has.
pub fn client_config(verifier: Arc<dyn ServerCertVerifier>) -> Result<ClientConfig, Error> {
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .dangerous()
        .with_custom_certificate_verifier(verifier)
        .with_no_client_auth();
    Ok(config)
}

/// The pin of a certificate's key.
///
/// # Errors
/// When it is not a certificate.
pub fn pin_of(certificate: &CertificateDer<'_>) -> Result<TlsPin, Error> {
    Ok(parsed_pin(&ParsedCertificate::try_from(certificate)?))
}

fn parsed_pin(certificate: &ParsedCertificate<'_>) -> TlsPin {
    TlsPin::of(&certificate.subject_public_key_info())
}

fn signature_algorithms() -> WebPkiSupportedAlgorithms {
    ring::default_provider().signature_verification_algorithms
}

fn mismatch(presented: TlsPin, pinned: Vec<TlsPin>) -> Error {
    let cause = OtherError(Arc::new(PinMismatch { presented, pinned }));
    Error::InvalidCertificate(CertificateError::Other(cause))
}

impl ServerCertVerifier for PinnedVerifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let certificate = ParsedCertificate::try_from(end_entity)?;
        let presented = parsed_pin(&certificate);
        if !self.pins.contains(&presented) {
            return Err(mismatch(presented, self.pins.clone()));
        }
        match &self.beside {
            BesidePin::Nothing => Ok(ServerCertVerified::assertion()),
            BesidePin::Name => {
                verify_server_name(&certificate, server_name).map(|()| ServerCertVerified::assertion())
            }
            BesidePin::PublicCa(authority) => {
                authority.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
            }
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, cert, signature, &self.signatures)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, cert, signature, &self.signatures)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.signatures.supported_schemes()
    }
}

impl ServerCertVerifier for FirstContact {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let presented = pin_of(end_entity)?;
        let first = *self.seen.get_or_init(|| presented);
        if first == presented {
            Ok(ServerCertVerified::assertion())
        } else {
            Err(mismatch(presented, vec![first]))
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, cert, signature, &self.signatures)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, cert, signature, &self.signatures)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.signatures.supported_schemes()
    }
}

#[cfg(test)]
#[cfg(feature = "server")]
mod tests;
