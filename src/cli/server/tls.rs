//! What the config says of TLS: whose certificate, and how old a client may be.

use crate::certificate_keeper::source::Source;
use crate::cli::Failure;
use crate::config::Config;
use crate::config::files::expand_home;
use crate::data_dir::DataDir;
use crate::tls::own::OwnCertificate;
use crate::tls::serving::Oldest;

/// The oldest TLS that is spoken.
pub(super) fn oldest(config: &Config) -> Oldest {
    match config.fleet.server.ssl.min_tls_version.as_str() {
        "1.3" => Oldest::Tls13,
        _ => Oldest::Tls12,
    }
}

/// The certificate that was given, or else the server's own.
pub(super) fn certificate_source(
    config: &Config,
    data_dir: &DataDir,
    names: &[String],
) -> Result<Source, Failure> {
    let ssl = &config.fleet.server.ssl;
    match (&ssl.cert_file, &ssl.key_file) {
        (Some(cert), Some(key)) => Ok(Source::Files {
            cert: expand_home(cert),
            key: expand_home(key),
        }),
        (None, None) => Ok(Source::Own(OwnCertificate {
            folder: data_dir.path().to_owned(),
            names: names.to_vec(),
        })),
        _ => Err(Failure::new(
            "fleet.server.ssl needs both cert_file and key_file (FLEET_SSL_CERT, FLEET_SSL_KEY), or neither",
        )),
    }
}
