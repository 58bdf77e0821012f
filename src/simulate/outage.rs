//! Agents that deal with a server that goes away as real ones do: their reports wait, and their next try
//! comes when the real agent's pace and breaker say so. Who stops and starts the server is somebody else.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::time::{Duration, Instant};

use atlas_actors::breaker::circuit::Circuit;
use atlas_actors::breaker::{Admission, CallOutcome, CircuitRule};
use atlas_actors::clock::{Clock, SystemClock, Timestamp};
use serde::Serialize;
use tokio::sync::watch;

use super::Plan;
use super::agent::{Sent, SimulatedAgent};
use super::tally::Tally;
use crate::agent::uplink::backoff::RetryRule;
use crate::agent::uplink::pace::Pace;

/// What happened in each second of a run.
#[derive(Debug, Default)]
pub(super) struct Seconds {
    requests: Vec<AtomicU32>,
    acknowledged: Vec<AtomicU32>,
    returned: Vec<AtomicU32>,
}

impl Seconds {
    pub(super) fn new(duration: Duration) -> Self {
        let seconds = usize::try_from(duration.as_secs())
            .unwrap_or(usize::MAX)
            .saturating_add(2);
        let bins = || (0..seconds).map(|_| AtomicU32::new(0)).collect();
        Self {
            requests: bins(),
            acknowledged: bins(),
            returned: bins(),
        }
    }

    fn count(bins: &[AtomicU32], since: Duration) {
        let second = usize::try_from(since.as_secs()).unwrap_or(usize::MAX);
        if let Some(bin) = bins.get(second) {
            bin.fetch_add(1, Relaxed);
        }
    }

    /// What the longest time without any acknowledgement was followed by.
    pub(super) fn outage(&self, agents: u32) -> Option<OutageSummary> {
        let read = |bins: &[AtomicU32]| bins.iter().map(|bin| bin.load(Relaxed)).collect::<Vec<_>>();
        summarize(
            &read(&self.requests),
            &read(&self.acknowledged),
            &read(&self.returned),
            agents,
        )
    }
}

/// How a fleet came back.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct OutageSummary {
    /// Seconds for which the server was away.
    pub away_s: usize,
    /// Agents that came back.
    pub returned: u32,
    /// Of so many.
    pub agents: u32,
    /// Seconds after the first one in which the last one came.
    pub all_back_after_s: usize,
    /// Agents that came back in the busiest second.
    pub returned_max_1s: u32,
    /// And in one second on average.
    pub returned_mean_1s: f64,
    /// Requests in the busiest second until all were back.
    pub requests_max_1s: u32,
    /// And in one second on average.
    pub requests_mean_1s: f64,
    /// Agents that came back in each second.
    pub bins: Vec<u32>,
}

fn summarize(requests: &[u32], acknowledged: &[u32], returned: &[u32], agents: u32) -> Option<OutageSummary> {
    let (mut longest, mut run) = ((0, 0), 0);
    // The server was there at the beginning, and is there at the end.
    let first = acknowledged.iter().position(|count| *count > 0)?;
    for (second, count) in acknowledged.iter().enumerate().skip(first) {
        if *count > 0 {
            if run > longest.0 {
                longest = (run, second);
            }
            run = 0;
        } else {
            run += 1;
        }
    }
    let (away_s, back) = longest;
    let last = returned
        .iter()
        .rposition(|count| *count > 0)
        .filter(|last| *last >= back)?;
    let bins = returned.get(back..=last)?.to_vec();
    let tries = requests.get(back..=last)?;
    let mean = |counts: &[u32]| f64::from(counts.iter().sum::<u32>()) / counts.len().max(1) as f64;
    Some(OutageSummary {
        away_s,
        returned: bins.iter().sum(),
        agents,
        all_back_after_s: last - back + 1,
        returned_max_1s: bins.iter().copied().max()?,
        returned_mean_1s: mean(&bins),
        requests_max_1s: tries.iter().copied().max()?,
        requests_mean_1s: mean(tries),
        bins,
    })
}

impl OutageSummary {
    /// For people.
    #[must_use]
    pub fn text(&self) -> String {
        let bins: Vec<_> = self.bins.iter().map(ToString::to_string).collect();
        format!(
            "  outage        {} s; {} of {} agents back after {} s\n  a second      {} came back in the busiest, {:.1} on average; {} requests, {:.1} on average\n  each second   {}\n",
            self.away_s,
            self.returned,
            self.agents,
            self.all_back_after_s,
            self.returned_max_1s,
            self.returned_mean_1s,
            self.requests_max_1s,
            self.requests_mean_1s,
            bins.join(" ")
        )
    }
}

/// When a simulated agent tries again: as the config's defaults have it.
fn rule(interval: Duration) -> RetryRule {
    let longest = Duration::from_secs(60);
    RetryRule {
        attempts: 3,
        first: Duration::from_secs(1),
        multiplier: 2.0,
        longest,
        rest: longest.min(interval),
        budget: 0.3,
    }
}

/// One agent's way through the run.
struct Patient {
    agent: SimulatedAgent,
    pace: Pace,
    circuit: Circuit,
    /// When the reports that wait were measured.
    waiting: VecDeque<Timestamp>,
    next: Instant,
    has_failed: bool,
}

/// Reports until told to stop.
pub(super) async fn report_until(
    agent: SimulatedAgent,
    plan: Arc<Plan>,
    tally: Arc<Tally>,
    began: Instant,
    mut stopping: watch::Receiver<bool>,
) -> Vec<Duration> {
    let now = Instant::now();
    let mut patient = Patient {
        pace: Pace::new(rule(plan.interval), now),
        circuit: Circuit::new(CircuitRule::default(), now),
        waiting: VecDeque::new(),
        next: now,
        has_failed: false,
        agent,
    };
    patient.next += patient.agent.phase(plan.interval);
    let mut latencies = Vec::new();
    while !*stopping.borrow() {
        let pause = patient.step(&plan, &tally, began, &mut latencies).await;
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            _ = stopping.changed() => break,
        }
    }
    latencies
}

impl Patient {
    /// Does what can be done now; answers with how long to wait then.
    async fn step(
        &mut self,
        plan: &Plan,
        tally: &Tally,
        began: Instant,
        latencies: &mut Vec<Duration>,
    ) -> Duration {
        let now = Instant::now();
        while self.next <= now {
            self.waiting
                .push_back(SystemClock.now().minus(now.saturating_duration_since(self.next)));
            self.next += plan.interval;
        }
        let Some(taken_at) = self.waiting.front().copied() else {
            return self.next.saturating_duration_since(now);
        };
        let permit = match self.circuit.admit(now) {
            Admission::Allowed(permit) => permit,
            Admission::Refused { retry_in } => return self.pace.after_refusal(retry_in),
        };
        self.pace.sent(now);
        Seconds::count(&tally.seconds.requests, began.elapsed());
        let sent = self.agent.try_report(taken_at, plan, tally).await;
        let now = Instant::now();
        let outcome = match sent {
            Sent::Failed(_) => CallOutcome::Failure,
            Sent::Acknowledged(_) | Sent::Paced(_) => CallOutcome::Success,
        };
        self.circuit.record(permit, outcome, now);
        match sent {
            Sent::Acknowledged(latency) => {
                latencies.push(latency);
                self.waiting.pop_front();
                self.pace.arrived();
                Seconds::count(&tally.seconds.acknowledged, began.elapsed());
                if std::mem::take(&mut self.has_failed) {
                    Seconds::count(&tally.seconds.returned, began.elapsed());
                }
                Duration::ZERO
            }
            Sent::Paced(after) => self.pace.after_pacing(after),
            Sent::Failed(after) => {
                self.has_failed = true;
                self.pace.after_failure(after, now)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_outage_and_how_the_fleet_came_back() {
        let acknowledged = [0, 5, 5, 0, 0, 0, 9, 9, 4, 0, 5];
        let returned = [0, 0, 0, 0, 0, 0, 3, 2, 1, 0, 0];
        let requests = [5, 5, 5, 1, 1, 1, 9, 9, 6, 5, 5];
        let outage = summarize(&requests, &acknowledged, &returned, 6).unwrap();
        assert_eq!(
            (outage.away_s, outage.returned, outage.all_back_after_s),
            (3, 6, 3)
        );
        assert_eq!((outage.returned_max_1s, outage.requests_max_1s), (3, 9));
        assert!((outage.returned_mean_1s - 2.0).abs() < 1e-9);
        assert_eq!(outage.bins, [3, 2, 1]);
        assert_eq!(summarize(&requests, &acknowledged, &[0; 11], 6), None);
    }
}
