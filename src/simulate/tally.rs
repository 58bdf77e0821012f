//! What came of the reports: counted while it runs, summed up at the end.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use hdrhistogram::Histogram;
use serde::Serialize;

use super::outage::{OutageSummary, Seconds};

/// Longer than any try may take. Without a bound of its own the histogram would cut all values off
/// at two milliseconds.
const LONGEST_US: u64 = 60_000_000;

/// Counters that all agents share.
#[derive(Debug, Default)]
pub(super) struct Tally {
    pub(super) sent: AtomicU64,
    pub(super) acknowledged: AtomicU64,
    pub(super) duplicates: AtomicU64,
    pub(super) refused: AtomicU64,
    pub(super) unreachable: AtomicU64,
    pub(super) seconds: Seconds,
}

impl Tally {
    /// For a run of that length.
    pub(super) fn new(duration: Duration) -> Self {
        Self {
            seconds: Seconds::new(duration),
            ..Self::default()
        }
    }

    /// One line for the progress bar.
    pub(super) fn line(&self) -> String {
        let failed = self.refused.load(Relaxed) + self.unreachable.load(Relaxed);
        format!(
            "{} acknowledged, {failed} failed tries",
            self.acknowledged.load(Relaxed)
        )
    }
}

/// The outcome.
#[derive(Clone, Debug, Serialize)]
pub struct Summary {
    /// Simulated agents.
    pub agents: u32,
    /// How long they reported.
    pub elapsed_s: f64,
    /// Reports that were made.
    pub sent: u64,
    /// Reports that the server acknowledged.
    pub acknowledged: u64,
    /// Of these, those that it had before: their first acknowledgement was lost.
    pub duplicates: u64,
    /// Reports that were never acknowledged, those under way at the end included.
    pub lost: u64,
    /// Tries that the server refused.
    pub refused_tries: u64,
    /// Tries that found no server.
    pub unreachable_tries: u64,
    /// Acknowledged reports a second.
    pub acknowledged_per_s: f64,
    /// Half of all acknowledgements came within this time.
    pub p50_ms: f64,
    /// Nine of ten did.
    pub p90_ms: f64,
    /// 99 of 100 did.
    pub p99_ms: f64,
    /// The slowest took so long.
    pub max_ms: f64,
    /// How the fleet came back from an outage, if there was one and agents dealt with it as real ones do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outage: Option<OutageSummary>,
    #[serde(skip)]
    latencies: Option<Histogram<u64>>,
}

impl Summary {
    pub(super) fn new(agents: u32, elapsed: Duration, tally: &Tally) -> Self {
        let acknowledged = tally.acknowledged.load(Relaxed);
        Self {
            agents,
            elapsed_s: elapsed.as_secs_f64(),
            sent: 0,
            acknowledged: 0,
            duplicates: 0,
            lost: 0,
            refused_tries: 0,
            unreachable_tries: 0,
            acknowledged_per_s: per_second(acknowledged, elapsed),
            p50_ms: 0.0,
            p90_ms: 0.0,
            p99_ms: 0.0,
            max_ms: 0.0,
            outage: tally.seconds.outage(agents),
            latencies: Histogram::new_with_bounds(1, LONGEST_US, 3).ok(),
        }
    }

    pub(super) fn add(&mut self, latencies: &[Duration]) {
        let Some(histogram) = &mut self.latencies else {
            return;
        };
        for latency in latencies {
            histogram.saturating_record(u64::try_from(latency.as_micros()).unwrap_or(u64::MAX));
        }
    }

    pub(super) fn finished(mut self, tally: &Tally) -> Self {
        self.sent = tally.sent.load(Relaxed);
        self.acknowledged = tally.acknowledged.load(Relaxed);
        self.duplicates = tally.duplicates.load(Relaxed);
        self.refused_tries = tally.refused.load(Relaxed);
        self.unreachable_tries = tally.unreachable.load(Relaxed);
        self.lost = self.sent - self.acknowledged;
        if let Some(histogram) = &self.latencies {
            self.p50_ms = millis(histogram.value_at_quantile(0.5));
            self.p90_ms = millis(histogram.value_at_quantile(0.9));
            self.p99_ms = millis(histogram.value_at_quantile(0.99));
            self.max_ms = millis(histogram.max());
        }
        self
    }

    /// The outcome for people.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = format!(
            "{} agents for {:.1} s\n  sent          {}\n  acknowledged  {} ({:.0} a second)\n  lost          {}\n",
            self.agents, self.elapsed_s, self.sent, self.acknowledged, self.acknowledged_per_s, self.lost
        );
        if self.refused_tries + self.unreachable_tries + self.duplicates > 0 {
            text += &format!(
                "  tries         {} refused, {} found no server, {} acknowledged twice\n",
                self.refused_tries, self.unreachable_tries, self.duplicates
            );
        }
        if let Some(outage) = &self.outage {
            text += &outage.text();
        }
        text + &format!(
            "  latency       p50 {:.1} ms, p90 {:.1} ms, p99 {:.1} ms, max {:.1} ms\n",
            self.p50_ms, self.p90_ms, self.p99_ms, self.max_ms
        )
    }
}

#[expect(clippy::cast_precision_loss, reason = "shown with three digits")]
fn per_second(count: u64, elapsed: Duration) -> f64 {
    count as f64 / elapsed.as_secs_f64().max(f64::EPSILON)
}

#[expect(clippy::cast_precision_loss, reason = "shown with one decimal")]
fn millis(micros: u64) -> f64 {
    micros as f64 / 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_latencies_as_they_were() {
        let tally = Tally::default();
        let mut summary = Summary::new(1, Duration::from_secs(1), &tally);
        let latencies: Vec<_> = (1..=100).map(Duration::from_millis).collect();
        summary.add(&latencies);
        let summary = summary.finished(&tally);
        assert!((summary.p50_ms - 50.0).abs() < 0.5, "{}", summary.p50_ms);
        assert!((summary.p99_ms - 99.0).abs() < 0.5, "{}", summary.p99_ms);
        assert!((summary.max_ms - 100.0).abs() < 0.5, "{}", summary.max_ms);
    }
}
