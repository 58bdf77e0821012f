//! The server's side of TLS: 1.3 and 1.2, with whatever certificate is published at the moment of the
//! handshake. A new certificate needs no restart, and connections that are open stay.

use std::sync::Arc;

use rustls::SupportedProtocolVersion;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::version::{TLS12, TLS13};
use tokio::sync::watch;

/// What is served now.
pub trait Serves: std::fmt::Debug + Send + Sync {
    /// The certificate.
    fn certified_key(&self) -> Arc<CertifiedKey>;
}

#[derive(Debug)]
struct Published<T>(watch::Receiver<Arc<T>>);

impl<T: Serves> ResolvesServerCert for Published<T> {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.0.borrow().certified_key())
    }
}

/// The oldest TLS that is spoken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Oldest {
    /// 1.2 and 1.3.
    Tls12,
    /// 1.3 alone.
    Tls13,
}

impl Oldest {
    fn versions(self) -> Vec<&'static SupportedProtocolVersion> {
        match self {
            Self::Tls12 => vec![&TLS13, &TLS12],
            Self::Tls13 => vec![&TLS13],
        }
    }
}

/// TLS with the certificate that is published.
///
/// # Errors
/// When the provider has no cipher suite for these versions, which *ring* has.
pub fn server_config<T: Serves + 'static>(
    published: watch::Receiver<Arc<T>>,
    oldest: Oldest,
) -> Result<rustls::ServerConfig, rustls::Error> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    Ok(rustls::ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&oldest.versions())?
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(Published(published))))
}
