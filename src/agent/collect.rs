//! Measures this machine, on a thread of its own, since the system's answers may take a while. One
//! collector in one file; each leaves out what it can't have, and says why where that helps.

pub mod disks;
pub mod facts;
pub mod network;
pub mod processes;
pub mod processor;

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use actix::{Actor, Addr, Handler, Message, MessageResult, SyncArbiter, SyncContext};
use atlas_actors::clock::{Clock, SystemClock};
use sysinfo::{Networks, System, Users};

use self::disks::watch::DiskWatch;
use crate::config::SystemMetricsConfig;
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
    wanted: SystemMetricsConfig,
    system: System,
    disks: DiskWatch,
    networks: Option<Networks>,
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
    pub fn new(
        machine_id: String,
        interval: Duration,
        wanted: SystemMetricsConfig,
    ) -> Result<Self, sysinfo::Error> {
        let mut system = System::new()?;
        system.refresh_cpu_usage();
        if wanted.processes {
            processes::refresh(&mut system);
        }
        let mut disks = DiskWatch::new();
        let networks = Networks::new_with_refreshed_list().ok();
        let facts = facts::collect(&disks.read(), networks.as_ref(), &mut system);
        Ok(Self {
            machine_id,
            interval_s: u32::try_from(interval.as_secs()).unwrap_or(u32::MAX),
            wanted,
            system,
            disks,
            networks,
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
        let wanted = self.wanted;
        let reading = wanted.disk.then(|| self.disks.read());
        let is_whole = reading.as_ref().is_none_or(|reading| reading.is_whole);
        let networks = self.networks.as_mut().filter(|_| wanted.network);
        let (network, interfaces) = networks
            .map(|networks| network::collect(networks, elapsed))
            .unzip();
        let disk = reading
            .as_ref()
            .and_then(|reading| disks::main_disk(reading, elapsed));
        let disks = reading.map(|reading| reading.disks.into_iter().map(|(disk, _)| disk));
        let disks: Vec<_> = disks.into_iter().flatten().collect();
        let (system, users) = (&mut self.system, self.users.as_ref());
        MetricsV1 {
            uptime_seconds: System::uptime().ok(),
            cpu: wanted.cpu.then(|| processor::collect(system)),
            memory: wanted.memory.then(|| processor::memory(system)),
            disk,
            disks: (!disks.is_empty()).then_some(disks),
            network,
            interfaces: interfaces.filter(|interfaces| !interfaces.is_empty()),
            processes: wanted
                .processes
                .then(|| processes::collect(system, users, elapsed)),
            unavailable: (!is_whole).then(|| [("disks".to_owned(), Unavailable::TimedOut)].into()),
            ..MetricsV1::default()
        }
    }
}

/// Measures this machine, on a thread of its own.
pub struct Collector {
    machine_id: String,
    interval: Duration,
    wanted: SystemMetricsConfig,
    measuring: Option<Measuring>,
}

impl Collector {
    /// Starts the thread.
    #[must_use]
    pub fn start_thread(machine_id: String, interval: Duration, wanted: SystemMetricsConfig) -> Addr<Self> {
        SyncArbiter::start(1, move || Self {
            machine_id: machine_id.clone(),
            interval,
            wanted,
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
        match Measuring::new(self.machine_id.clone(), self.interval, self.wanted) {
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

/// Rounded to a hundredth: more is noise, and costs bytes.
pub(in crate::agent) fn hundredth(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
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

    fn measured(wanted: SystemMetricsConfig) -> ReportV1 {
        Measuring::new("m".to_owned(), Duration::from_secs(30), wanted)
            .unwrap()
            .collect()
    }

    #[test]
    fn measures_this_machine() {
        let report = measured(SystemMetricsConfig::default());
        let metrics = report.metrics;
        assert!(metrics.memory.unwrap().total.unwrap() > 0);
        assert!(metrics.processes.unwrap().total > 0);
        assert!(metrics.uptime_seconds.unwrap() > 0);
        assert!(report.machine_info.hostname.is_some());
    }

    #[test]
    fn what_is_switched_off_is_not_measured_and_all_else_is() {
        let on = SystemMetricsConfig::default();
        type Group = (SystemMetricsConfig, fn(&MetricsV1) -> bool);
        let groups: [Group; 4] = [
            (SystemMetricsConfig { cpu: false, ..on }, |metrics| {
                metrics.cpu.is_some()
            }),
            (SystemMetricsConfig { memory: false, ..on }, |metrics| {
                metrics.memory.is_some()
            }),
            (SystemMetricsConfig { network: false, ..on }, |metrics| {
                metrics.network.is_some()
            }),
            (
                SystemMetricsConfig {
                    processes: false,
                    ..on
                },
                |metrics| metrics.processes.is_some(),
            ),
        ];
        for (off, _) in groups {
            let metrics = measured(off).metrics;
            for (other, is_measured) in groups {
                assert_eq!(is_measured(&metrics), off != other, "{off:?} {other:?}");
            }
        }
        let metrics = measured(SystemMetricsConfig { disk: false, ..on }).metrics;
        assert!(metrics.disk.is_none() && metrics.disks.is_none());
    }

    #[test]
    fn a_share_of_nothing_is_unknown() {
        assert_eq!(percent(1, 0), None);
        assert_eq!(percent(1, 3), Some(33.3));
        assert_eq!(rate(300, Duration::from_secs(3)), Some(100));
        assert_eq!(rate(300, Duration::ZERO), None);
    }
}
