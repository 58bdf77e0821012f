//! What the config says of TLS: whose certificate, and how old a client may be.

use std::path::Path;
use std::sync::Arc;

use atlas_actors::clock::Clock;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use rustls_platform_verifier::BuilderVerifierExt;

use crate::acme::{Acme, AcmeSettings};
use crate::certificate_keeper::source::Source;
use crate::cli::Failure;
use crate::config::Config;
use crate::config::files::expand_home;
use crate::data_dir::DataDir;
use crate::ip_network::IpNetwork;
use crate::outbound::{Outbound, SystemResolver};
use crate::tls::certificate::read;
use crate::tls::own::OwnCertificate;
use crate::tls::serving::Oldest;

/// The oldest TLS that is spoken.
pub(super) fn oldest(config: &Config) -> Oldest {
    match config.fleet.server.ssl.min_tls_version.as_str() {
        "1.3" => Oldest::Tls13,
        _ => Oldest::Tls12,
    }
}

/// The certificate that was given, one that an authority signs, or the server's own.
pub(super) fn certificate_source(
    config: &Config,
    data_dir: &DataDir,
    names: &[String],
    clock: Arc<dyn Clock>,
) -> Result<Source, Failure> {
    let server = &config.fleet.server;
    let own = OwnCertificate {
        folder: data_dir.path().to_owned(),
        names: names.to_vec(),
    };
    match (
        &server.ssl.cert_file,
        &server.ssl.key_file,
        &server.acme.directory,
    ) {
        (Some(cert), Some(key), None) => Ok(Source::Files {
            cert: expand_home(cert),
            key: expand_home(key),
        }),
        (None, None, None) => Ok(Source::Own(own)),
        (None, None, Some(directory)) => acme(config, directory, own, clock),
        (Some(_), Some(_), Some(_)) => Err(Failure::new(
            "fleet.server.ssl and fleet.server.acme both say where the certificate is from: choose one",
        )),
        _ => Err(Failure::new(
            "fleet.server.ssl needs both cert_file and key_file (FLEET_SSL_CERT, FLEET_SSL_KEY), or neither",
        )),
    }
}

fn acme(
    config: &Config,
    directory: &str,
    own: OwnCertificate,
    clock: Arc<dyn Clock>,
) -> Result<Source, Failure> {
    let server = &config.fleet.server;
    if server.acme.names.is_empty() {
        return Err(Failure::new(
            "fleet.server.acme.names must say which names to certify",
        ));
    }
    // The key must be there before somebody is asked to sign it.
    own.load_or_make(clock.now())?;
    let networks = outbound_networks(config)?;
    let tls = outbound_tls(server.acme.ca_file.as_deref().map(expand_home).as_deref())?;
    let outbound = Outbound::new(Arc::new(SystemResolver), tls, networks);
    let cert = own.folder.join("acme.crt");
    let settings = AcmeSettings {
        directory: directory.to_owned(),
        contact: server.acme.contact.clone(),
        names: server.acme.names.clone(),
        http_port: server.acme.http_port,
        key_file: own.key_path(),
        cert_file: cert.clone(),
        account_file: own.folder.join("acme-account.json"),
    };
    let acme = Acme::start(settings, outbound, clock);
    Ok(Source::Acme { own, cert, acme })
}

/// Private ranges that the server may call.
pub(super) fn outbound_networks(config: &Config) -> Result<Vec<IpNetwork>, Failure> {
    let ranges = config.fleet.server.outbound_networks.iter();
    ranges
        .map(|range| range.parse())
        .collect::<Result<_, _>>()
        .map_err(|error| Failure::new(format!("fleet.server.outbound_networks: each must be {error}")))
}

/// TLS to others: believes whom this machine believes, or only those in that file.
pub(super) fn outbound_tls(ca_file: Option<&Path>) -> Result<ClientConfig, Failure> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    let Some(file) = ca_file else {
        return Ok(builder.with_platform_verifier()?.with_no_client_auth());
    };
    let damaged = || Failure::new(format!("{} holds no certificate in PEM", file.display()));
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(read(file)?.as_bytes()) {
        roots.add(certificate.map_err(|_| damaged())?)?;
    }
    if roots.is_empty() {
        return Err(damaged());
    }
    Ok(builder.with_root_certificates(roots).with_no_client_auth())
}
