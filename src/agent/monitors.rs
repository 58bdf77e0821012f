//! The agent's monitors: each one file, each with an interval, a time limit and an off switch of its
//! own. A monitor is a pure parser and a thin call; what it found waits on the [`Board`](board::Board)
//! until the next report takes it along.

pub mod board;
pub mod checks;
pub mod crashes;
pub mod disk_health;
pub mod dns;
pub mod gateway;
mod kernel_file;
pub mod network_logs;
pub mod own_cost;
pub mod peripherals;
pub mod ping;
pub mod posture;
pub mod power;
pub mod services;
pub mod software;
pub mod speedtest;
pub mod thermal;
pub mod tool;
pub mod updates;
pub mod voice;
pub mod vpn;
pub mod watcher;
pub mod wifi;
pub mod words_of_2_0;

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use futures_util::future::{LocalBoxFuture, join_all};
use serde::Serialize;

use super::csv_log::CsvLogs;
use crate::config::{Config, MonitorConfig};
use crate::wire::report_v1::{MachineInfoV1, MetricsV1, Unavailable};
use board::Gathered;
use crashes::Crashes;
use disk_health::DiskHealth;
use network_logs::NetworkLogs;
use own_cost::OwnCost;
use peripherals::Peripherals;
use posture::Posture;
use power::Power;
use services::Services;
use software::Software;
use thermal::Thermal;
use updates::Updates;

/// Looks at one thing again and again.
pub trait Monitor {
    /// Looks once. Dropped half-way when it takes longer than its time limit; a new one of its kind
    /// then takes its place.
    fn look(&mut self) -> LocalBoxFuture<'_, Result<Finding, Missing>>;
}

/// What a look found. Everything of it that is missing is left out of the report.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Finding {
    /// Small and new each time: rides along with every report until it is stale.
    pub metrics: MetricsV1,
    /// What the machine is.
    pub facts: MachineInfoV1,
    /// Large and seldom new, by name: rides along when it changed.
    pub sections: BTreeMap<&'static str, serde_json::Value>,
}

impl Finding {
    /// One section.
    #[must_use]
    pub fn section<T: Serialize>(name: &'static str, value: &T) -> Self {
        // A type of the report always serialises.
        let value = serde_json::to_value(value).unwrap_or_default();
        Self {
            sections: [(name, value)].into(),
            ..Self::default()
        }
    }
}

impl Finding {
    /// Says that something of it is missing.
    pub fn note_missing(&mut self, what: &str, missing: Missing) {
        let unavailable = self.metrics.unavailable.get_or_insert_default();
        unavailable.insert(what.to_owned(), missing.why);
        if let Some(detail) = missing.detail {
            let details = self.metrics.unavailable_detail.get_or_insert_default();
            details.insert(what.to_owned(), detail);
        }
    }
}

impl From<MetricsV1> for Finding {
    fn from(metrics: MetricsV1) -> Self {
        Self {
            metrics,
            ..Self::default()
        }
    }
}

/// Why a look found nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missing {
    /// In a word.
    pub why: Unavailable,
    /// What a tool said, in its first line.
    pub detail: Option<String>,
}

impl From<Unavailable> for Missing {
    fn from(why: Unavailable) -> Self {
        Self { why, detail: None }
    }
}

/// How a monitor is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MonitorRule {
    /// Between two looks.
    pub interval: Duration,
    /// How long a look may take.
    pub timeout: Duration,
    /// Whether a look's time goes by in waiting for others, which costs the machine nothing: it is then
    /// too long only when it was cut off.
    pub waits: bool,
}

impl MonitorRule {
    /// By the monitor's settings.
    #[must_use]
    pub const fn of(config: &MonitorConfig) -> Self {
        Self {
            interval: Duration::from_secs(config.interval),
            timeout: Duration::from_secs(config.timeout),
            waits: false,
        }
    }
}

/// A monitor that is to run: under which name, how, and how one of its kind is made.
pub struct Plan {
    /// As the config and the report name it.
    pub name: &'static str,
    /// How it is run.
    pub rule: MonitorRule,
    /// Makes one.
    pub make: Box<dyn Fn() -> Box<dyn Monitor>>,
}

impl Plan {
    fn new<M: Monitor + 'static>(
        name: &'static str,
        config: &MonitorConfig,
        make: impl Fn() -> M + 'static,
    ) -> Option<Self> {
        config.enabled.then(|| Self {
            name,
            rule: MonitorRule::of(config),
            make: Box::new(move || Box::new(make())),
        })
    }

    /// One whose looks wait for others.
    fn waiting(mut self) -> Self {
        self.rule.waits = true;
        self
    }
}

/// All monitors that are switched on, for the agent of that folder and that server.
#[must_use]
pub fn planned_for(config: &Config, folder: &Path, server_url: &str) -> Vec<Plan> {
    let tests = speedtest::planned(config, folder, Some(server_url));
    planned(config).into_iter().chain(tests).collect()
}

/// All monitors that are switched on and need nothing but this machine.
#[must_use]
pub fn planned(config: &Config) -> Vec<Plan> {
    of_the_machine(config)
        .into_iter()
        .chain(of_the_network(config))
        .flatten()
        .collect()
}

/// One look of each, all at the same time; none takes longer than `limit`.
pub async fn look_once(plans: Vec<Plan>, limit: Duration) -> Gathered {
    let looks = plans.into_iter().map(|plan| async move {
        let mut monitor = (plan.make)();
        let found = tokio::time::timeout(limit.min(plan.rule.timeout), monitor.look()).await;
        let found = found.unwrap_or_else(|_| Err(Unavailable::TimedOut.into()));
        (plan.name, found)
    });
    Gathered::of(join_all(looks).await)
}

/// Those that look at the machine itself; the slow ones come last.
fn of_the_machine(config: &Config) -> [Option<Plan>; 10] {
    let monitors = &config.fleet.agent.monitors;
    let logs = CsvLogs::of(&config.fleet.agent.csv_logs);
    [
        Plan::new("own_cost", &monitors.own_cost, OwnCost::new),
        Plan::new("power", &monitors.power, logged(&logs, Power::new)),
        Plan::new("thermal", &monitors.thermal, logged(&logs, Thermal::new)),
        Plan::new("services", &monitors.services, || Services),
        Plan::new(
            "disk_health",
            &monitors.disk_health,
            logged(&logs, DiskHealth::new),
        ),
        Plan::new("posture", &monitors.posture, logged(&logs, Posture::new)),
        Plan::new("peripherals", &monitors.peripherals, || Peripherals),
        Plan::new("crashes", &monitors.crashes, logged(&logs, Crashes::new)),
        Plan::new("software", &monitors.software, logged(&logs, Software::new)),
        Plan::new("updates", &monitors.updates, || Updates),
    ]
}

/// Makes monitors that write what they find into these logs too.
fn logged<M: 'static>(logs: &CsvLogs, make: fn(CsvLogs) -> M) -> impl Fn() -> M + 'static {
    let logs = logs.clone();
    move || make(logs.clone())
}

/// Those that look at the network.
fn of_the_network(config: &Config) -> [Option<Plan>; 5] {
    let (monitors, network) = (&config.fleet.agent.monitors, &config.network);
    let logs = NetworkLogs::of(config);
    let wifi = monitors.wifi.each(wifi::Wifi::interval_s(config));
    let signal = network.wifi.signal_thresholds;
    let ping = monitors.ping.each(network.ping.update_interval);
    let ping_rule = ping::PingRule::of(config);
    let asks = config.clone();
    let mut checks = monitors.checks;
    checks.enabled &= !network.checks.targets.is_empty();
    let targets = network.checks.targets.clone();
    [
        Plan::new("wifi", &wifi, logs.logged(move || wifi::Wifi::new(signal))),
        Plan::new(
            "ping",
            &ping,
            logs.logged(move || ping::Ping::new(ping_rule.clone())),
        )
        .map(Plan::waiting),
        Plan::new("dns", &monitors.dns, logs.logged(move || dns::Dns::new(&asks))).map(Plan::waiting),
        Plan::new(
            "checks",
            &checks,
            logs.logged(move || checks::Checks::new(&targets)),
        )
        .map(Plan::waiting),
        Plan::new("vpn", &monitors.vpn, logs.logged(|| vpn::Vpn)),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_monitor_that_is_switched_off_is_not_planned() {
        let mut config = Config::default();
        let names = |config: &Config| planned(config).iter().map(|plan| plan.name).collect::<Vec<_>>();
        assert!(names(&config).contains(&"software"));
        config.fleet.agent.monitors.software.enabled = false;
        config.fleet.agent.monitors.power.interval = 7;
        assert!(!names(&config).contains(&"software"));
        let plans = planned(&config);
        let power = plans.iter().find(|plan| plan.name == "power").unwrap();
        assert_eq!(power.rule.interval, Duration::from_secs(7));
    }
}
