//! Owns which certificate is served. Looks at its source every few seconds: files that somebody else
//! renews are taken up as they change, the server's own certificate is renewed in time. Receives
//! `RenewCertificate`; publishes [`Served`], which TLS takes at each handshake. What can't be used
//! never replaces what can.

pub mod key_change;
pub mod served;
pub mod source;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use actix::{
    Actor, ActorFutureExt, Addr, AsyncContext, AtomicResponse, Context, Handler, Message, ResponseActFuture,
    Supervised, WrapFuture,
};
use atlas_actors::clock::Clock;
use atlas_actors::supervision::ActorName;
use atlas_actors::supervision::keeper::keep;
use tokio::sync::watch;

use self::served::{Served, due_warning};
use self::source::{Renewal, Source};
use crate::secret_file;
use crate::tls::certificate::CertificateError;
use crate::tls::own::Key;

/// How often the source is looked at. Reason: whoever has put a new file there waits for it; reading
/// two small files costs nothing.
const LOOK_PERIOD: Duration = Duration::from_secs(5);

/// The file in the data folder that tells the command line which keys the server shows.
pub const PINS_FILE: &str = "server.pins";

/// The file in the data folder that is there while a change to the next key waits.
pub const KEY_CHANGE_FILE: &str = "key-change.wanted";

/// A look at the source that is under way.
type Looking = ResponseActFuture<CertificateKeeper, Result<Arc<Served>, RenewError>>;

/// Keeps the certificate.
pub struct CertificateKeeper {
    source: Source,
    clock: Arc<dyn Clock>,
    published: watch::Sender<Arc<Served>>,
    pins_file: PathBuf,
    /// Days before the end of which the log has warned.
    warned_days: Option<i64>,
}

/// The only handle.
#[derive(Clone)]
pub struct Certificates {
    keeper: Addr<CertificateKeeper>,
    /// What is served now.
    pub served: watch::Receiver<Arc<Served>>,
}

/// Renew it now.
#[derive(Clone, Copy, Debug, Message)]
#[rtype(result = "Result<Arc<Served>, RenewError>")]
pub struct RenewCertificate {
    /// With which key; what somebody else renews is only read again.
    pub key: Key,
}

/// It was not renewed; what was served still is.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{0}")]
pub struct RenewError(pub String);

impl Certificates {
    /// Takes what there is, or makes it, and keeps it from then on.
    ///
    /// # Errors
    /// When there is nothing to serve with. A certificate that was given and can't be used is such an
    /// error: nobody would look for another one in its place.
    pub fn start(
        source: Source,
        clock: Arc<dyn Clock>,
        pins_file: PathBuf,
    ) -> Result<Self, CertificateError> {
        let first = source.look(Renewal::WhenDue, clock.now())?;
        write_pins(&pins_file, &first)?;
        let (published, served) = watch::channel(Arc::new(first));
        let keeper = CertificateKeeper {
            source,
            clock,
            published,
            pins_file,
            warned_days: None,
        };
        let keeper = keep(ActorName::CertificateKeeper, None, keeper);
        Ok(Self { keeper, served })
    }

    /// What is served now.
    #[must_use]
    pub fn now(&self) -> Arc<Served> {
        self.served.borrow().clone()
    }

    /// Renews it.
    ///
    /// # Errors
    /// When that fails.
    pub async fn renew(&self, key: Key) -> Result<Arc<Served>, RenewError> {
        let renewed = self.keeper.send(RenewCertificate { key }).await;
        renewed.unwrap_or_else(|_| Err(RenewError("the server is stopping".to_owned())))
    }
}

/// The pins that are served, one a line, in hex.
fn write_pins(path: &std::path::Path, served: &Served) -> Result<(), CertificateError> {
    let hex = |pin: crate::wire::pins::TlsPin| {
        let digits: String = pin.as_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
        digits + "\n"
    };
    let lines: String = served.pins().into_iter().map(hex).collect();
    secret_file::write(path, lines.as_bytes()).map_err(|source| CertificateError::File {
        path: path.to_owned(),
        source,
    })
}

impl CertificateKeeper {
    /// The source on a thread of its own, since it waits for the disk. Nothing else is handled
    /// meanwhile: two of these would write the same files.
    fn look(&self, renewal: Renewal) -> Looking {
        let (source, now) = (self.source.clone(), self.clock.now());
        let looked = tokio::task::spawn_blocking(move || source.look(renewal, now));
        Box::pin(looked.into_actor(self).map(|looked, keeper, _| {
            let looked = looked.unwrap_or_else(|panic| Err(CertificateError::Panicked(panic.to_string())));
            keeper.take(looked)
        }))
    }

    fn look_and_wait(&mut self, ctx: &mut Context<Self>) {
        ctx.wait(self.look(Renewal::WhenDue).map(|_, _, _| ()));
    }

    fn take(&mut self, looked: Result<Served, CertificateError>) -> Result<Arc<Served>, RenewError> {
        let before = self.published.borrow().clone();
        let (now, result) = match looked {
            Ok(found) => {
                if !found.certificate.is_same(&before.certificate) {
                    let facts = &found.certificate.facts;
                    tracing::info!(pin = %facts.pin, not_after = %facts.not_after, "another certificate is served");
                }
                (Arc::new(found), Ok(()))
            }
            Err(error) => {
                let sentence = error.to_string();
                if before.last_error.as_ref() != Some(&sentence) {
                    tracing::error!(error = %sentence, "the certificate was not renewed; the one before is still served");
                }
                (Arc::new(before.failed(&sentence)), Err(RenewError(sentence)))
            }
        };
        if now.pins() != before.pins()
            && let Err(error) = write_pins(&self.pins_file, &now)
        {
            tracing::warn!(%error, "the command line may not know this server's key");
        }
        self.warn(&now);
        self.published.send_replace(Arc::clone(&now));
        result.map(|()| now)
    }

    fn warn(&mut self, served: &Served) {
        let now = self.clock.now();
        let days = served.days_left(now);
        if !served.is_late(now) {
            self.warned_days = None;
        } else if let Some(due) = due_warning(days, self.warned_days) {
            tracing::warn!(
                days_left = days,
                "the certificate ends soon: renew it, or agents and browsers are cut off"
            );
            self.warned_days = Some(due);
        } else if due_warning(days, None).is_none() {
            self.warned_days = None;
        }
    }
}

impl Actor for CertificateKeeper {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        ctx.run_interval(LOOK_PERIOD, Self::look_and_wait);
    }
}

impl Supervised for CertificateKeeper {}

impl Handler<RenewCertificate> for CertificateKeeper {
    type Result = AtomicResponse<Self, Result<Arc<Served>, RenewError>>;

    fn handle(&mut self, msg: RenewCertificate, _: &mut Context<Self>) -> Self::Result {
        AtomicResponse::new(self.look(Renewal::Now(msg.key)))
    }
}
