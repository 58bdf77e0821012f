//! Fetches certificates from an authority that speaks ACME (RFC 8555). Owns the task that looks when
//! one is due and orders it; receives a word that one is wanted at once; tells why the last order
//! failed. The chain goes to a file, which the certificate's keeper takes up. The key is the server's
//! own and stays, so that agents' pins stay true.

mod account;
mod client;
mod order;
mod responder;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use atlas_actors::clock::{Clock, Timestamp};
use tokio::sync::{Notify, watch};
use tokio::time::Instant;

use crate::outbound::Outbound;
use crate::tls::certificate::Certificate;

/// How often it is looked whether a new one is due. Reason: as the keeper of certificates looks;
/// reading two small files costs nothing.
const LOOK_PERIOD: Duration = Duration::from_secs(5);
/// How long after a failed order the next one waits. Reason: authorities take five an hour.
const RETRY_PERIOD: Duration = Duration::from_secs(1_800);

/// What to fetch, and from where.
#[derive(Clone, Debug)]
pub struct AcmeSettings {
    /// The authority's directory.
    pub directory: String,
    /// Whom it may write to, as `mailto:…`.
    pub contact: Vec<String>,
    /// The names to certify.
    pub names: Vec<String>,
    /// The port at which the authority comes to look, as seen by this machine.
    pub http_port: u16,
    /// The server's key.
    pub key_file: PathBuf,
    /// Where the chain goes.
    pub cert_file: PathBuf,
    /// Where the account is kept.
    pub account_file: PathBuf,
}

/// A certificate was not fetched.
#[derive(Debug, thiserror::Error)]
pub enum AcmeError {
    /// A file can't be read or written.
    #[error("{path} can't be read or written: {source}")]
    File {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The port for the authority's look is not to be had.
    #[error("port {port} can't be listened on ({source}): the authority looks there for the proof")]
    Port {
        /// Which one.
        port: u16,
        /// Why.
        source: std::io::Error,
    },
    /// The authority says no, or nothing in time.
    #[error("the authority did not sign: {0}")]
    Authority(instant_acme::Error),
    /// There is no way to it.
    #[error("the authority could not be asked ({0}): check directory, ca_file and outbound_networks")]
    NotAsked(Box<dyn std::error::Error + Send + Sync>),
    /// It does not take the proof that this server has.
    #[error("the authority takes no proof by HTTP for {0}")]
    NoHttpChallenge(String),
    /// It looked and found something else.
    #[error("the authority could not check that {name} leads here, to port 80: {reason}")]
    NotProven {
        /// Which name.
        name: String,
        /// What the authority says.
        reason: String,
    },
    /// What it signed is of no use.
    #[error("the authority signed something else than what was asked for, or for no time")]
    Unfit,
    /// No request can be made.
    #[error("a request for a certificate can't be made: {0}")]
    Request(#[from] rcgen::Error),
    /// The account's file is damaged.
    #[error("{0} is damaged: remove it, and a new account is made")]
    DamagedAccount(PathBuf),
}

impl From<instant_acme::Error> for AcmeError {
    fn from(error: instant_acme::Error) -> Self {
        match error {
            instant_acme::Error::Other(error) => Self::NotAsked(error),
            error => Self::Authority(error),
        }
    }
}

/// The running task.
#[derive(Clone, Debug)]
pub struct Acme {
    wanted: Arc<Notify>,
    /// Why the last order failed.
    pub failure: watch::Receiver<Option<String>>,
}

impl Acme {
    /// Starts to keep the file up to date.
    #[must_use]
    pub fn start(settings: AcmeSettings, outbound: Outbound, clock: Arc<dyn Clock>) -> Self {
        let (told, failure) = watch::channel(None);
        let wanted = Arc::new(Notify::new());
        let woken = Arc::clone(&wanted);
        actix_rt::spawn(async move {
            let (mut is_wanted, mut rests_until) = (false, Instant::now());
            loop {
                let may_look = Instant::now() >= rests_until;
                if is_wanted || may_look && looked(&settings, clock.now()).await {
                    let ordered = order::order(&settings, &outbound, &*clock).await;
                    if ordered.is_err() {
                        rests_until = Instant::now() + RETRY_PERIOD;
                    }
                    log(&settings, &ordered);
                    told.send_replace(ordered.err().map(|error| error.to_string()));
                }
                is_wanted = tokio::time::timeout(LOOK_PERIOD, woken.notified()).await.is_ok();
            }
        });
        Self { wanted, failure }
    }

    /// Orders a new one at once.
    pub fn order_now(&self) {
        self.wanted.notify_one();
    }
}

fn log(settings: &AcmeSettings, ordered: &Result<(), AcmeError>) {
    match ordered {
        Ok(()) => tracing::info!(names = ?settings.names, "the authority has signed a new certificate"),
        Err(error) => {
            tracing::error!(%error, "no certificate was fetched; it is tried again in half an hour");
        }
    }
}

/// Reads the files on a thread of its own.
async fn looked(settings: &AcmeSettings, now: Timestamp) -> bool {
    let settings = settings.clone();
    let looked = tokio::task::spawn_blocking(move || match std::fs::read_to_string(&settings.cert_file) {
        Ok(chain) => !is_fit(&settings, &chain, now),
        Err(_) => true,
    });
    looked.await.unwrap_or_default()
}

/// Whether a chain is for the names and the server's key, and more than a third of its life is left.
fn is_fit(settings: &AcmeSettings, chain: &str, now: Timestamp) -> bool {
    let key = std::fs::read_to_string(&settings.key_file).unwrap_or_default();
    let read = Certificate::from_pem(&settings.cert_file, chain, &settings.key_file, &key);
    read.is_ok_and(|certificate| {
        let facts = &certificate.facts;
        // An authority may write a name in small letters.
        let is_there = |name: &String| facts.names.iter().any(|there| there.eq_ignore_ascii_case(name));
        !facts.has_at_most(3, now) && settings.names.iter().all(is_there)
    })
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, KeyPair};

    use super::*;

    const MADE: i64 = 1_760_000_000;

    /// A chain for these names that is good for 90 s.
    fn signed(key: &KeyPair, names: &[&str]) -> String {
        let names: Vec<_> = names.iter().map(|name| (*name).to_owned()).collect();
        let mut params = CertificateParams::new(names).unwrap();
        let at = |unix_s| time::OffsetDateTime::from_unix_timestamp(unix_s).unwrap();
        (params.not_before, params.not_after) = (at(MADE), at(MADE + 90));
        params.self_signed(key).unwrap().pem()
    }

    #[test]
    fn a_new_one_is_due_with_a_third_of_its_life_left_or_for_another_name_or_key() {
        let folder = tempfile::tempdir().unwrap();
        let key = KeyPair::generate().unwrap();
        let mut settings = AcmeSettings {
            directory: String::new(),
            contact: Vec::new(),
            names: vec!["Fleet.example".to_owned()],
            http_port: 80,
            key_file: folder.path().join("server.key"),
            cert_file: folder.path().join("acme.crt"),
            account_file: folder.path().join("acme-account.json"),
        };
        std::fs::write(&settings.key_file, key.serialize_pem()).unwrap();
        let chain = signed(&key, &["fleet.example", "more.example"]);
        let is_fit_at = |settings: &AcmeSettings, chain: &str, seconds: i64| {
            is_fit(settings, chain, Timestamp::from_secs(MADE + seconds))
        };
        let fit = [0, 59, 60, 90, 1_000].map(|seconds| is_fit_at(&settings, &chain, seconds));
        assert_eq!(fit, [true, true, false, false, false]);
        assert!(!is_fit_at(&settings, "nonsense", 0));
        let other = KeyPair::generate().unwrap();
        assert!(!is_fit_at(&settings, &signed(&other, &["fleet.example"]), 0));
        settings.names.push("new.example".to_owned());
        assert!(!is_fit_at(&settings, &chain, 0));
    }
}
