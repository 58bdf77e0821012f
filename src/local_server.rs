//! The server on this very machine, as command-line tools reach it: over HTTPS on loopback, with
//! the key in its data folder that only its owner can read, and with its certificate pinned.

#![expect(
    clippy::disallowed_types,
    reason = "talks to this machine's own server, whose key it pins"
)]

use std::path::Path;
use std::time::Duration;

use reqwest::{Method, RequestBuilder, Response};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::certificate_keeper::PINS_FILE;
use crate::cli::{Failure, Global};
use crate::data_dir::DataDir;
use crate::tls::pinned::{self, BesidePin, PinnedVerifier};
use crate::wire::pins::TlsPin;
use crate::wire::views::ToldError;

/// How long it may take to answer.
const TIMEOUT: Duration = Duration::from_secs(10);

/// How long it may take to answer what it answers piece by piece.
const LONG_TIMEOUT: Duration = Duration::from_secs(600);

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
        Ok(self.send(Method::POST, path, Some(body)).await?.json().await?)
    }

    /// Reads JSON.
    ///
    /// # Errors
    /// As for [`LocalServer::post`].
    pub async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, Failure> {
        Ok(self.send(Method::GET, path, None::<&()>).await?.json().await?)
    }

    /// Asks for something long; the answer is a success, and its body is still on its way.
    ///
    /// # Errors
    /// As for [`LocalServer::post`].
    pub async fn stream(&self, path: &str) -> Result<Response, Failure> {
        let request = self.request(Method::GET, path).timeout(LONG_TIMEOUT);
        self.answered(request).await
    }

    /// Reads JSON, of what a query says.
    ///
    /// # Errors
    /// As for [`LocalServer::post`].
    pub async fn get_with<T: DeserializeOwned>(
        &self,
        path: &str,
        query: &[(&str, String)],
    ) -> Result<T, Failure> {
        let mut url = reqwest::Url::parse(&format!("{}{path}", self.url))?;
        url.query_pairs_mut().extend_pairs(query);
        let path = url.as_str().strip_prefix(&self.url).unwrap_or(path).to_owned();
        self.get(&path).await
    }

    /// Has something done that is answered by nothing.
    ///
    /// # Errors
    /// As for [`LocalServer::post`].
    pub async fn done(&self, method: Method, path: &str) -> Result<(), Failure> {
        self.send(method, path, None::<&()>).await.map(drop)
    }

    /// Asks for something; the answer is a success.
    ///
    /// # Errors
    /// As for [`LocalServer::post`].
    pub async fn send(
        &self,
        method: Method,
        path: &str,
        body: Option<&impl Serialize>,
    ) -> Result<Response, Failure> {
        let mut request = self.request(method, path);
        if let Some(body) = body {
            request = request.json(body);
        }
        self.answered(request).await
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.client.request(method, format!("{}{path}", self.url));
        request.bearer_auth(&self.key)
    }

    async fn answered(&self, request: RequestBuilder) -> Result<Response, Failure> {
        let answer = request.send().await.map_err(|error| {
            let hint = "is it running? `atlas up` starts it, --port names another port";
            Failure::new(format!(
                "the server on this machine does not answer at {} ({error}): {hint}",
                self.url
            ))
        })?;
        if !answer.status().is_success() {
            let status = answer.status();
            let said = answer.json().await.map(|told: ToldError| told.error.message);
            let said = said.unwrap_or_else(|_| "it does not say why".to_owned());
            return Err(Failure::new(format!("the server refused ({status}): {said}")));
        }
        Ok(answer)
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
