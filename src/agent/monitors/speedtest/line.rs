//! Tests the line to the agent's own server: round trips of nothing, then bytes towards the agent, then
//! bytes from it, each in two steps, so that a slow line is measured by little.

#![expect(
    clippy::disallowed_types,
    reason = "talks to the agent's server, whose key it pins"
)]

use std::path::PathBuf;
use std::time::{Duration, Instant};

use atlas_actors::clock::{Clock, SystemClock};
use bytes::Bytes;
use reqwest::{Method, Response, StatusCode};

use crate::agent::collect::hundredth;
use crate::agent::monitors::Missing;
use crate::agent::{enrol, identity_file};
use crate::wire::envelope_v2::{Compression, Context, Outgoing, SealError, SealKey};
use crate::wire::report_v1::{SpeedResultV1, Unavailable};
use crate::wire::speed_test::{SPEED_TEST_HEADER, SPEED_TEST_ROUTE, SpeedTestRequest};

/// Round trips that are timed.
const ROUND_TRIPS: usize = 5;
/// The first step: on a line of 4 Mbit/s it takes a second.
const SMALL_BYTES: usize = 512 * 1024;
/// The second one, when the first was quick.
const LARGE_DOWNLOAD_BYTES: usize = 16 * 1024 * 1024;
const LARGE_UPLOAD_BYTES: usize = 8 * 1024 * 1024;
/// A first step that took longer has told enough.
const QUICK: Duration = Duration::from_millis(500);
/// How long one step may take. The bytes that came until then are counted.
const STEP: Duration = Duration::from_secs(8);

/// Whose line is tested.
#[derive(Clone, Debug)]
pub struct Line {
    /// Where the agent's identity is.
    pub folder: PathBuf,
    /// The server; the one that the agent enrolled at unless said.
    pub server_url: Option<String>,
}

struct Client {
    client: reqwest::Client,
    key: SealKey,
    url: String,
}

impl Line {
    /// Tests it.
    pub(super) async fn test(&self, at: String) -> Result<SpeedResultV1, Missing> {
        let client = self.client()?;
        let mut took = Vec::new();
        for _ in 0..ROUND_TRIPS {
            let began = Instant::now();
            client.ask(Method::GET, 0, Bytes::new()).await?;
            took.push(began.elapsed().as_secs_f64() * 1_000.0);
        }
        // The first one carries the connection's beginning.
        let took = &took[1..];
        let mean = |values: &[f64]| hundredth(values.iter().sum::<f64>() / count(values.len()));
        let differences: Vec<_> = took.windows(2).map(|pair| (pair[1] - pair[0]).abs()).collect();
        let mut download = client.download(SMALL_BYTES).await?;
        if download.1 < QUICK {
            download = client.download(LARGE_DOWNLOAD_BYTES).await?;
        }
        let mut upload = client.upload(SMALL_BYTES).await?;
        if upload.1 < QUICK {
            upload = client.upload(LARGE_UPLOAD_BYTES).await?;
        }
        Ok(SpeedResultV1 {
            at,
            server: client.url,
            download_mbps: mbps(download),
            upload_mbps: mbps(upload),
            latency_ms: Some(mean(took)),
            jitter_ms: Some(mean(&differences)),
            responsiveness_rpm: None,
            is_slow: false,
        })
    }

    /// The identity is read anew each time: its key may have been renewed.
    fn client(&self) -> Result<Client, Missing> {
        let identity = identity_file::load(&self.folder).ok().flatten();
        let identity = identity.ok_or_else(|| missing("this machine is not enrolled".to_owned()))?;
        let url = self.server_url.as_deref().unwrap_or(&identity.server_url);
        Ok(Client {
            client: enrol::pinned_client(&identity).map_err(|error| missing(error.to_string()))?,
            key: identity.seal_key(0),
            url: url.trim_end_matches('/').to_owned(),
        })
    }
}

impl Client {
    async fn ask(&self, method: Method, bytes: usize, body: Bytes) -> Result<Response, Missing> {
        let sealed = self.sealed(bytes).map_err(|error| missing(error.to_string()))?;
        let request = self
            .client
            .request(method, format!("{}{SPEED_TEST_ROUTE}", self.url))
            .header(SPEED_TEST_HEADER, sealed)
            .body(body);
        let sent = tokio::time::timeout(STEP, request.send()).await;
        let answer = sent.map_err(|_| Unavailable::TimedOut)?;
        let answer = answer
            .map_err(|error| missing(format!("the server can't be reached: {}", error.without_url())))?;
        match answer.status() {
            status if status.is_success() => Ok(answer),
            StatusCode::SERVICE_UNAVAILABLE => Err(missing("other machines test their lines now".to_owned())),
            status => Err(missing(format!(
                "the server refuses speed tests: HTTP status {status}"
            ))),
        }
    }

    /// The header's value.
    fn sealed(&self, bytes: usize) -> Result<String, SealError> {
        let request = SpeedTestRequest { bytes: bytes as u64 };
        let envelope = self.key.seal(&Outgoing {
            seq: 0,
            sent_at: SystemClock.now(),
            context: Context {
                method: "POST",
                route: SPEED_TEST_ROUTE,
            },
            compression: Compression::Allowed,
            plaintext: &request.to_json(),
        })?;
        // An envelope is made of numbers and base64, which always serialise.
        Ok(serde_json::to_string(&envelope).unwrap_or_default())
    }

    /// How many bytes came in what time, beginning with the first one.
    async fn download(&self, bytes: usize) -> Result<(usize, Duration), Missing> {
        let mut answer = self.ask(Method::GET, bytes, Bytes::new()).await?;
        let began = Instant::now();
        let until = tokio::time::Instant::now() + STEP;
        let mut came = 0;
        while let Ok(Ok(Some(chunk))) = tokio::time::timeout_at(until, answer.chunk()).await {
            came += chunk.len();
        }
        Ok((came, began.elapsed()))
    }

    async fn upload(&self, bytes: usize) -> Result<(usize, Duration), Missing> {
        let body = Bytes::from(vec![0x5a; bytes]);
        let began = Instant::now();
        self.ask(Method::POST, bytes, body).await?;
        Ok((bytes, began.elapsed()))
    }
}

fn missing(detail: String) -> Missing {
    Missing {
        why: Unavailable::Unsupported,
        detail: Some(detail),
    }
}

/// Megabits a second; unknown when nothing came.
fn mbps((bytes, took): (usize, Duration)) -> Option<f64> {
    let seconds = took.as_secs_f64();
    (bytes > 0 && seconds > 0.0).then(|| hundredth(count(bytes) * 8.0 / 1_000_000.0 / seconds))
}

fn count(number: usize) -> f64 {
    f64::from(u32::try_from(number).unwrap_or(u32::MAX))
}
