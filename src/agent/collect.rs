//! Measures this machine, on a thread of its own, since the system's answers may take a while. One
//! collector in one file; each leaves out what it can't have, and says why where that helps.

pub mod battery;
pub mod disks;
pub mod facts;
pub mod network;
pub mod processes;
pub mod processor;
pub mod temperatures;

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use actix::{Actor, Addr, Handler, Message, MessageResult, SyncArbiter, SyncContext};
use atlas_actors::clock::{Clock, SystemClock};
use sysinfo::{Components, Networks, System, Users};

use self::disks::watch::DiskWatch;
use crate::wire::report_v1::{AgentV1, MachineInfoV1, MetricsV1, ReportV1, Unavailable};

/// Facts change seldom.
const FACTS_PERIOD: Duration = Duration::from_secs(3_600);

/// Measure everything now; nothing when this system can't be measured.
#[derive(Clone, Copy, Debug, Message)]
#[rtype(result = "Option<ReportV1>")]
pub struct CollectReport;

/// What has been seen of this machine so far.
pub struct Measuring {
    machine_id: String,
    interval_s: u32,
    system: System,
    disks: DiskWatch,
    networks: Option<Networks>,
    components: Option<Components>,
    users: Option<Users>,
    facts: MachineInfoV1,
    facts_at: Instant,
    measured_at: Instant,
}

impl Measuring {
    /// Looks once, so that the first rates are of a real span of time.
    ///
    /// # Errors
    /// When this system can't be measured.
    pub fn new(machine_id: String, interval: Duration) -> Result<Self, sysinfo::Error> {
        let mut system = System::new()?;
        system.refresh_cpu_usage();
        processes::refresh(&mut system);
        let mut disks = DiskWatch::new();
        let networks = Networks::new_with_refreshed_list().ok();
        let facts = facts::collect(&disks.read(), networks.as_ref(), &mut system);
        Ok(Self {
            machine_id,
            interval_s: u32::try_from(interval.as_secs()).unwrap_or(u32::MAX),
            system,
            disks,
            networks,
            components: Components::new_with_refreshed_list().ok(),
            users: Users::new_with_refreshed_list().ok(),
            facts,
            facts_at: Instant::now(),
            measured_at: Instant::now(),
        })
    }

    /// Measures everything.
    pub fn collect(&mut self) -> ReportV1 {
        if self.facts_at.elapsed() >= FACTS_PERIOD {
            self.facts = facts::collect(self.disks.last(), self.networks.as_ref(), &mut self.system);
            self.facts_at = Instant::now();
        }
        let elapsed = self.measured_at.elapsed();
        self.measured_at = Instant::now();
        let taken_at = SystemClock.now();
        ReportV1 {
            machine_id: self.machine_id.clone(),
            delivery: None,
            taken_at,
            sent_at: None,
            interval_s: self.interval_s,
            dropped: 0,
            agent: AgentV1::this_one(),
            machine_info: self.facts.clone(),
            metrics: MetricsV1 {
                timestamp: Some(taken_at.to_string()),
                ..self.metrics(elapsed)
            },
            explains: Vec::new(),
            sections: BTreeMap::new(),
        }
    }

    fn metrics(&mut self, elapsed: Duration) -> MetricsV1 {
        let reading = self.disks.read();
        let (network, interfaces) = self
            .networks
            .as_mut()
            .map(|networks| network::collect(networks, elapsed))
            .unwrap_or_default();
        let temperatures = self
            .components
            .as_mut()
            .map(temperatures::collect)
            .unwrap_or_default();
        let temperature = temperatures::of_the_processor(&temperatures);
        let battery = battery::collect();
        let reasons = [
            ("temperature", temperature.is_none(), Unavailable::Unsupported),
            ("battery", battery.is_none(), Unavailable::Unsupported),
            ("disks", !reading.is_whole, Unavailable::TimedOut),
        ];
        let unavailable: BTreeMap<_, _> = reasons
            .into_iter()
            .filter(|(_, missing, _)| *missing)
            .map(|(key, _, why)| (key.to_owned(), why))
            .collect();
        let disk = disks::main_disk(&reading, elapsed);
        let disks: Vec<_> = reading.disks.into_iter().map(|(disk, _)| disk).collect();
        MetricsV1 {
            uptime_seconds: System::uptime().ok(),
            cpu: Some(processor::collect(&mut self.system)),
            memory: Some(processor::memory(&mut self.system)),
            disk,
            disks: (!disks.is_empty()).then_some(disks),
            network: Some(network),
            interfaces: (!interfaces.is_empty()).then_some(interfaces),
            processes: Some(processes::collect(&mut self.system, self.users.as_ref())),
            battery,
            temperature,
            temperatures: (!temperatures.is_empty()).then_some(temperatures),
            unavailable: (!unavailable.is_empty()).then_some(unavailable),
            ..MetricsV1::default()
        }
    }
}

/// Measures this machine, on a thread of its own.
pub struct Collector {
    machine_id: String,
    interval: Duration,
    measuring: Option<Measuring>,
}

impl Collector {
    /// Starts the thread.
    #[must_use]
    pub fn start_thread(machine_id: String, interval: Duration) -> Addr<Self> {
        SyncArbiter::start(1, move || Self {
            machine_id: machine_id.clone(),
            interval,
            measuring: None,
        })
    }

    fn collect(&mut self) -> Option<ReportV1> {
        if self.measuring.is_none() {
            self.look();
        }
        Some(self.measuring.as_mut()?.collect())
    }

    fn look(&mut self) {
        match Measuring::new(self.machine_id.clone(), self.interval) {
            Ok(measuring) => self.measuring = Some(measuring),
            Err(error) => tracing::error!(%error, "this system can't be measured"),
        }
    }
}

impl Actor for Collector {
    type Context = SyncContext<Self>;

    fn started(&mut self, _: &mut Self::Context) {
        self.look();
    }
}

impl Handler<CollectReport> for Collector {
    type Result = MessageResult<CollectReport>;

    fn handle(&mut self, _: CollectReport, _: &mut Self::Context) -> Self::Result {
        // A panic in a system's answers costs what was seen so far, not the agent.
        let collected = catch_unwind(AssertUnwindSafe(|| self.collect()));
        MessageResult(collected.unwrap_or_else(|_| {
            self.measuring = None;
            None
        }))
    }
}

/// Rounded to a tenth: more is noise, and costs bytes.
pub(in crate::agent) fn tenth(value: f32) -> f64 {
    (f64::from(value) * 10.0).round() / 10.0
}

/// `part` of `whole` in percent; nothing of nothing is unknown.
#[expect(clippy::cast_precision_loss, reason = "shown with one decimal")]
pub(super) fn percent(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| (part as f64 / whole as f64 * 1000.0).round() / 10.0)
}

/// Bytes a second, of bytes within a span.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a rate needs no more than 15 digits"
)]
pub(super) fn rate(bytes: u64, elapsed: Duration) -> Option<u64> {
    (elapsed.as_millis() > 0).then(|| (bytes as f64 / elapsed.as_secs_f64()) as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn measures_this_machine() {
        let report = Measuring::new("m".to_owned(), Duration::from_secs(30))
            .unwrap()
            .collect();
        let metrics = report.metrics;
        assert!(metrics.memory.unwrap().total.unwrap() > 0);
        assert!(metrics.processes.unwrap().total > 0);
        assert!(metrics.uptime_seconds.unwrap() > 0);
        assert!(report.machine_info.hostname.is_some());
    }

    #[test]
    fn a_share_of_nothing_is_unknown() {
        assert_eq!(percent(1, 0), None);
        assert_eq!(percent(1, 3), Some(33.3));
        assert_eq!(rate(300, Duration::from_secs(3)), Some(100));
        assert_eq!(rate(300, Duration::ZERO), None);
    }
}
