//! The one HTTP client for addresses that people write into settings. A name is resolved once, and the
//! call goes to what was found then: never to this machine, its network or a cloud's inner services,
//! unless the config allows that range. No redirects, little time, small answers, and the answer's
//! body is for the caller alone: nobody who wrote the address may read it (SSRF; security.md, T10).

#![expect(
    clippy::disallowed_types,
    reason = "this is the client that all others must use"
)]

pub mod reach;

use std::future::Future;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;
use reqwest::header::HeaderMap;
use reqwest::redirect::Policy;
use reqwest::{Client, Method, Url};

use self::reach::is_public;
use crate::ip_network::IpNetwork;

/// How long a connection may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a call may take as a whole.
const TIMEOUT: Duration = Duration::from_secs(15);
/// How long a name may take to be resolved.
const RESOLVE_TIMEOUT: Duration = Duration::from_secs(5);
/// Bytes of an answer at most: they say whether it worked.
const ANSWER_BYTES_MAX: usize = 64 * 1024;

/// Addresses that were found for a name.
pub type Found = Pin<Box<dyn Future<Output = std::io::Result<Vec<IpAddr>>> + Send>>;

/// Finds a name's addresses.
pub trait Resolve: Send + Sync {
    /// All of them.
    fn resolve(&self, host: &str) -> Found;
}

/// As the operating system does.
#[derive(Clone, Copy, Debug)]
pub struct SystemResolver;

impl Resolve for SystemResolver {
    fn resolve(&self, host: &str) -> Found {
        let host = host.to_owned();
        Box::pin(async move {
            let found = tokio::net::lookup_host((host, 0)).await?;
            Ok(found.map(|address| address.ip()).collect())
        })
    }
}

/// The client.
#[derive(Clone)]
pub struct Outbound {
    resolver: Arc<dyn Resolve>,
    tls: rustls::ClientConfig,
    allowed: Vec<IpNetwork>,
}

/// A call to make.
#[derive(Clone, Debug)]
pub struct Call {
    /// How.
    pub method: Method,
    /// Where to.
    pub url: String,
    /// What it carries beside its body.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
}

/// What came back; a redirect is one of these and is not followed.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Its status.
    pub status: u16,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Bytes,
}

/// A call was not made, or had no answer. No sentence repeats the address, which may hold a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OutboundError {
    /// The address is none.
    #[error("the address must be https://name/…, without a user name")]
    BadAddress,
    /// It leads where no call may go.
    #[error(
        "the address leads into a private network: allow its range in the config if that is what you want"
    )]
    Private,
    /// The name has no address.
    #[error("the name can't be resolved")]
    Unresolved,
    /// It took too long.
    #[error("there was no answer in time")]
    TimedOut,
    /// There was no connection, or it broke.
    #[error("the other side can't be reached, or is not who it should be")]
    Unreachable,
    /// The answer is too large.
    #[error("the answer is larger than {ANSWER_BYTES_MAX} bytes")]
    TooLarge,
}

/// An address that may be called, and where it is.
#[derive(Debug)]
struct Target {
    url: Url,
    host: String,
    addresses: Vec<SocketAddr>,
}

impl Outbound {
    /// A client that may also reach these ranges, and checks certificates by this.
    #[must_use]
    pub fn new(resolver: Arc<dyn Resolve>, tls: rustls::ClientConfig, allowed: Vec<IpNetwork>) -> Self {
        Self {
            resolver,
            tls,
            allowed,
        }
    }

    /// Makes a call.
    ///
    /// # Errors
    /// See [`OutboundError`].
    pub async fn call(&self, call: Call) -> Result<Answer, OutboundError> {
        let target = self.target(&call.url).await?;
        // A client for each call: it knows one address for one name, and nothing else.
        let client = Client::builder()
            .tls_backend_preconfigured(self.tls.clone())
            .redirect(Policy::none())
            .no_proxy()
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(TIMEOUT)
            .resolve_to_addrs(&target.host, &target.addresses)
            .build()
            .map_err(|_| OutboundError::Unreachable)?;
        let request = client
            .request(call.method, target.url)
            .headers(call.headers)
            .body(call.body);
        let answer = request.send().await.map_err(|error| failure(&error))?;
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        let mut body = BytesMut::new();
        let mut pieces = answer.bytes_stream();
        while let Some(piece) = pieces.next().await {
            let piece = piece.map_err(|error| failure(&error))?;
            if body.len() + piece.len() > ANSWER_BYTES_MAX {
                return Err(OutboundError::TooLarge);
            }
            body.extend_from_slice(&piece);
        }
        Ok(Answer {
            status,
            headers,
            body: body.freeze(),
        })
    }

    /// Reads an address and resolves its name, once and for all. One address that may not be reached
    /// spoils the others: who mixes them means no good.
    async fn target(&self, address: &str) -> Result<Target, OutboundError> {
        let url = Url::parse(address).map_err(|_| OutboundError::BadAddress)?;
        let has_user = !url.username().is_empty() || url.password().is_some();
        let host = url.host_str().unwrap_or_default().to_owned();
        let port = url.port_or_known_default().ok_or(OutboundError::BadAddress)?;
        if !matches!(url.scheme(), "https" | "http") || has_user || host.is_empty() {
            return Err(OutboundError::BadAddress);
        }
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        let found = match bare.parse::<IpAddr>() {
            Ok(address) => vec![address],
            Err(_) => self.resolve(&host).await?,
        };
        let is_allowed = |address: &IpAddr| self.allowed.iter().any(|range| range.contains(*address));
        if !found
            .iter()
            .all(|address| is_public(*address) || is_allowed(address))
        {
            return Err(OutboundError::Private);
        }
        // Plain HTTP would show a webhook's secret to everybody on the way.
        if url.scheme() == "http" && !found.iter().all(is_allowed) {
            return Err(OutboundError::BadAddress);
        }
        let addresses = found
            .into_iter()
            .map(|address| SocketAddr::new(address, port))
            .collect();
        Ok(Target { url, host, addresses })
    }

    async fn resolve(&self, host: &str) -> Result<Vec<IpAddr>, OutboundError> {
        let found = tokio::time::timeout(RESOLVE_TIMEOUT, self.resolver.resolve(host)).await;
        match found {
            Ok(Ok(found)) if !found.is_empty() => Ok(found),
            _ => Err(OutboundError::Unresolved),
        }
    }
}

fn failure(error: &reqwest::Error) -> OutboundError {
    if error.is_timeout() {
        OutboundError::TimedOut
    } else {
        OutboundError::Unreachable
    }
}

#[cfg(test)]
mod tests;
