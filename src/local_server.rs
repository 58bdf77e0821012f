//! The server on this very machine, as command-line tools reach it: over HTTPS on loopback, with
//! the key in its data folder that only its owner can read, and with its certificate pinned.

#![expect(
    clippy::disallowed_types,
    reason = "talks to this machine's own server, whose key it pins"
)]

use std::path::Path;
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::certificate_keeper::PINS_FILE;
use crate::cli::{Failure, Global};
use crate::data_dir::DataDir;
use crate::tls::pinned::{self, BesidePin, PinnedVerifier};
use crate::wire::pins::TlsPin;

/// How long it may take to answer.
const TIMEOUT: Duration = Duration::from_secs(10);

/// A way to the server on this machine.
pub struct LocalServer {
    client: reqwest::Client,
    key: String,
    /// Its address.
    pub url: String,
}

impl LocalServer {
    /// The server that the data folder belongs to.
    ///
    /// # Errors
    /// When there has never been one.
    pub fn find(global: &Global, port: Option<u16>) -> Result<Self, Failure> {
        let data_dir = DataDir::open(global.data_dir.as_deref())?;
        let file = std::fs::read_to_string(data_dir.local_key()).map_err(|_| {
            Failure::new(format!(
                "no server has run with the data folder {}: start it with `atlas up`, or name its folder with --data-dir",
                data_dir.path().display()
            ))
        })?;
        let mut lines = file.lines();
        let key = lines.next().unwrap_or_default().to_owned();
        let told = lines.next().and_then(|port| port.parse().ok());
        let port = port.or(told).unwrap_or(8768);
        let client = client(data_dir.path())?;
        Ok(Self {
            client,
            key,
            url: format!("https://127.0.0.1:{port}"),
        })
    }

    /// Sends JSON and reads JSON.
    ///
    /// # Errors
    /// When the server does not run or refuses.
    pub async fn post<T: DeserializeOwned>(&self, path: &str, body: &impl Serialize) -> Result<T, Failure> {
        let request = self.client.post(format!("{}{path}", self.url)).json(body);
        Ok(self.answered(request).await?.json().await?)
    }

    /// Reads JSON.
    ///
    /// # Errors
    /// When the server does not run or refuses.
    pub async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, Failure> {
        let request = self.client.get(format!("{}{path}", self.url));
        Ok(self.answered(request).await?.json().await?)
    }

    /// Has something done that is answered by nothing.
    ///
    /// # Errors
    /// When the server does not run or refuses.
    pub async fn done(&self, method: reqwest::Method, path: &str) -> Result<(), Failure> {
        let request = self.client.request(method, format!("{}{path}", self.url));
        self.answered(request).await.map(drop)
    }

    async fn answered(&self, request: reqwest::RequestBuilder) -> Result<reqwest::Response, Failure> {
        let answer = request.bearer_auth(&self.key).send().await.map_err(|error| {
            let hint = "is it running? `atlas up` starts it, --port names another port";
            Failure::new(format!(
                "the server on this machine does not answer at {} ({error}): {hint}",
                self.url
            ))
        })?;
        if answer.status().is_success() {
            return Ok(answer);
        }
        let status = answer.status();
        let said: serde_json::Value = answer.json().await.unwrap_or_default();
        let message = said.pointer("/error/message").or(said.get("message"));
        let message = message.and_then(|message| message.as_str()).unwrap_or_default();
        Err(Failure::new(format!("the server refused ({status}): {message}")))
    }
}

fn client(folder: &Path) -> Result<reqwest::Client, Failure> {
    let lines = std::fs::read_to_string(folder.join(PINS_FILE))?;
    let pins = lines.lines().filter_map(TlsPin::from_hex).collect();
    let tls = pinned::client_config(PinnedVerifier::new(pins, BesidePin::Nothing))?;
    Ok(reqwest::Client::builder()
        .tls_backend_preconfigured(tls)
        .timeout(TIMEOUT)
        .build()?)
}
