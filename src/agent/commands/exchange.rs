//! Sealed questions to the server about commands, and its sealed answers. An answer bears the random
//! number of its question, so that an old one is no answer.

use std::sync::Arc;
use std::time::Duration;

use actix::Addr;
use atlas_actors::clock::{Clock, SystemClock, Timestamp};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::sync::watch;

use crate::agent::spool::{ReserveSeal, Spool};
use crate::agent::uplink::answer::{self, Step};
use crate::agent::uplink::credential::Credential;
use crate::wire::envelope_v2::{Compression, Context, ENVELOPE_BYTES_MAX, EnvelopeV2, Outgoing};

/// Numbers that JSON keeps exactly.
const NUMBER_BITS: u32 = 53;

/// With what the server is asked.
#[derive(Clone)]
pub struct ExchangeParts {
    /// What the agent speaks with, as of now.
    pub credential: watch::Receiver<Arc<Credential>>,
    /// Where the server is.
    pub server_url: String,
    /// Writes down how often the key seals.
    pub spool: Addr<Spool>,
    /// How long an answer may take.
    pub timeout: Duration,
}

/// Asks the server.
pub(super) struct Exchange {
    parts: ExchangeParts,
    /// How far the server's clock is ahead of this machine's, as it says, in milliseconds.
    clock_offset_ms: i64,
}

/// What the server says, and when it says it.
pub(super) struct Said<A> {
    pub(super) answer: A,
    pub(super) at: Timestamp,
}

impl Exchange {
    pub(super) fn new(parts: &ExchangeParts) -> Self {
        Self {
            parts: parts.clone(),
            clock_offset_ms: 0,
        }
    }

    /// Asks; a clock that is off is set right once.
    ///
    /// # Errors
    /// What to do instead.
    pub(super) async fn ask<A: DeserializeOwned>(
        &mut self,
        route: &'static str,
        question: &impl Serialize,
    ) -> Result<Said<A>, Step> {
        match self.ask_once(route, question).await {
            Err(Step::SetClock(server_time)) => {
                self.clock_offset_ms = server_time.as_millis() - SystemClock.now().as_millis();
                self.ask_once(route, question).await
            }
            answered => answered,
        }
    }

    async fn ask_once<A: DeserializeOwned>(
        &self,
        route: &'static str,
        question: &impl Serialize,
    ) -> Result<Said<A>, Step> {
        let credential = Arc::clone(&self.parts.credential.borrow());
        let number = getrandom::u64().map_err(|error| retry(&error))? >> (u64::BITS - NUMBER_BITS);
        let context = Context {
            method: "POST",
            route,
        };
        let body = self.seal(&credential, number, context, question).await?;
        let request = credential
            .client
            .post(format!("{}{route}", self.parts.server_url))
            .header("content-type", "application/json")
            .timeout(self.parts.timeout)
            .body(body);
        let response = request.send().await.map_err(|error| Step::Retry {
            after: None,
            sentence: answer::unreachable(&error),
        })?;
        if !response.status().is_success() {
            return Err(answer::step(response).await);
        }
        let body = read(response).await?;
        let unreadable = |_| retry_because("the server's answer can't be opened");
        let envelope =
            EnvelopeV2::parse(&body).map_err(|_| retry_because("the server's answer is not sealed"))?;
        let opened = envelope
            .open(&credential.identity.open_key(), &context)
            .map_err(unreadable)?;
        if opened.seq != number {
            return Err(retry_because("the server's answer is one to another question"));
        }
        let answer = serde_json::from_slice(&opened.plaintext)
            .map_err(|_| retry_because("the server's answer is not what this agent knows"))?;
        Ok(Said {
            answer,
            at: opened.sent_at,
        })
    }

    async fn seal(
        &self,
        credential: &Credential,
        number: u64,
        context: Context<'_>,
        question: &impl Serialize,
    ) -> Result<Vec<u8>, Step> {
        let reserve = ReserveSeal {
            key: credential.key.name(),
            sealed: credential.key.sealed(),
        };
        // A key must not seal more often than is written down.
        let reserved = self.parts.spool.send(reserve).await;
        reserved
            .map_err(|error| retry(&error))?
            .map_err(|error| retry(&error))?;
        let envelope = credential.key.seal(&Outgoing {
            seq: number,
            sent_at: Timestamp::from_millis(SystemClock.now().as_millis() + self.clock_offset_ms),
            context,
            compression: Compression::Never,
            plaintext: &serde_json::to_vec(question).map_err(|error| retry(&error))?,
        });
        serde_json::to_vec(&envelope.map_err(|error| retry(&error))?).map_err(|error| retry(&error))
    }
}

/// An answer's body, no longer than one can be.
async fn read(mut response: reqwest::Response) -> Result<Vec<u8>, Step> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| retry(&error))? {
        if body.len() + chunk.len() > ENVELOPE_BYTES_MAX {
            return Err(retry_because("the server's answer is too long"));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

fn retry(error: &dyn std::error::Error) -> Step {
    retry_because(&error.to_string())
}

fn retry_because(sentence: &str) -> Step {
    Step::Retry {
        after: None,
        sentence: sentence.to_owned(),
    }
}
