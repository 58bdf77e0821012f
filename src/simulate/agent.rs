//! One simulated agent: its machine, its key, its own connection.

#![expect(
    clippy::disallowed_types,
    reason = "talks to the server that it was told to, as an agent does"
)]

use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};

use atlas_actors::clock::{Clock, SystemClock, Timestamp};
use reqwest::StatusCode;
use serde::Deserialize;

use super::Plan;
use super::machine::SimulatedMachine;
use super::tally::Tally;
use crate::wire::envelope_v2::{Compression, Context, Outgoing, SealKey};
use crate::wire::report_v1::DeliveryV1;

/// The route as the seal knows it.
const REPORT_ROUTE: &str = "/api/fleet/report";

pub(super) struct SimulatedAgent {
    pub(super) machine: SimulatedMachine,
    pub(super) client: reqwest::Client,
    pub(super) key: SealKey,
    pub(super) report_url: String,
    pub(super) spool: String,
    pub(super) seq: u64,
    /// The report that was not acknowledged yet; sent again before a new one is made.
    pub(super) pending: Option<(u64, Vec<u8>)>,
}

/// What became of a try.
pub(super) enum Sent {
    /// It is on disk there, after so long.
    Acknowledged(Duration),
    /// The server is well, and takes it later.
    Paced(Option<Duration>),
    /// Anything else, and when the server says to come again.
    Failed(Option<Duration>),
}

#[derive(Deserialize)]
struct Receipt {
    #[serde(default)]
    duplicate: bool,
}

impl SimulatedAgent {
    /// When in its interval this agent reports.
    pub(super) fn phase(&mut self, interval: Duration) -> Duration {
        interval.mul_f64(self.machine.chance())
    }

    /// Sends a report that was measured now; the time that its acknowledgement took, if it came.
    pub(super) async fn report(&mut self, plan: &Plan, tally: &Tally) -> Option<Duration> {
        self.report_of(SystemClock.now(), plan, tally).await
    }

    /// Sends the reports of the time before, as after an outage.
    pub(super) async fn catch_up(&mut self, plan: &Plan, tally: &Tally) {
        let reports = u32::try_from(plan.history.as_secs() / plan.interval.as_secs().max(1));
        for before in (1..=reports.unwrap_or(u32::MAX)).rev() {
            let taken_at = SystemClock.now().minus(plan.interval.saturating_mul(before));
            // One that is not acknowledged goes first the next time.
            let _ = self.report_of(taken_at, plan, tally).await;
        }
    }

    async fn report_of(&mut self, taken_at: Timestamp, plan: &Plan, tally: &Tally) -> Option<Duration> {
        if let Sent::Acknowledged(latency) = self.try_report(taken_at, plan, tally).await {
            return Some(latency);
        }
        // An agent that is refused waits; the interval of a flat-out run would be none at all.
        tokio::time::sleep(Duration::from_millis(500)).await;
        None
    }

    /// Sends the report that was not acknowledged yet, or a new one that was measured then.
    pub(super) async fn try_report(&mut self, taken_at: Timestamp, plan: &Plan, tally: &Tally) -> Sent {
        let (seq, plaintext) = self.pending.take().unwrap_or_else(|| {
            tally.sent.fetch_add(1, Relaxed);
            self.next_report(taken_at, plan)
        });
        let sealed = self.key.seal(&Outgoing {
            seq,
            sent_at: SystemClock.now(),
            context: Context {
                method: "POST",
                route: REPORT_ROUTE,
            },
            compression: Compression::Allowed,
            plaintext: &plaintext,
        });
        let sent = match sealed
            .ok()
            .and_then(|envelope| serde_json::to_vec(&envelope).ok())
        {
            Some(body) => self.send(body, tally).await,
            None => Sent::Failed(None),
        };
        if !matches!(sent, Sent::Acknowledged(_)) {
            self.pending = Some((seq, plaintext));
        }
        sent
    }

    fn next_report(&mut self, taken_at: Timestamp, plan: &Plan) -> (u64, Vec<u8>) {
        self.seq += 1;
        let delivery = DeliveryV1 {
            spool: self.spool.clone(),
            seq: self.seq,
        };
        let interval_s = u32::try_from(plan.interval.as_secs()).unwrap_or(u32::MAX).max(1);
        let report = self.machine.report(delivery, taken_at, interval_s);
        (self.seq, report.to_json().unwrap_or_default())
    }

    async fn send(&self, body: Vec<u8>, tally: &Tally) -> Sent {
        let started = Instant::now();
        let request = self
            .client
            .post(&self.report_url)
            .header("content-type", "application/json")
            .body(body);
        let Ok(answer) = request.send().await else {
            tally.unreachable.fetch_add(1, Relaxed);
            return Sent::Failed(None);
        };
        if answer.status() != StatusCode::OK {
            tally.refused.fetch_add(1, Relaxed);
            let after = answer.headers().get("retry-after");
            let after = after.and_then(|seconds| seconds.to_str().ok()?.parse().ok());
            let after = after.map(Duration::from_secs);
            return match answer.status() {
                StatusCode::TOO_MANY_REQUESTS => Sent::Paced(after),
                _ => Sent::Failed(after),
            };
        }
        let Ok(receipt) = answer.json::<Receipt>().await else {
            tally.unreachable.fetch_add(1, Relaxed);
            return Sent::Failed(None);
        };
        tally.acknowledged.fetch_add(1, Relaxed);
        tally.duplicates.fetch_add(u64::from(receipt.duplicate), Relaxed);
        Sent::Acknowledged(started.elapsed())
    }
}
