//! The agent's monitors: each one file, each with an interval, a time limit and an off switch of its
//! own. A monitor is a pure parser and a thin call; what it found waits on the [`Board`](board::Board)
//! until the next report takes it along.

pub mod board;
pub mod checks;
pub mod dns;
pub mod gateway;
pub mod own_cost;
pub mod ping;
pub mod speedtest;
pub mod tool;
pub mod voice;
pub mod vpn;
pub mod watcher;
pub mod wifi;
pub mod words_of_2_0;

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use futures_util::future::LocalBoxFuture;

use crate::config::{Config, MonitorConfig};
use crate::wire::report_v1::{MachineInfoV1, MetricsV1, Unavailable};

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
    let monitors = &config.fleet.agent.monitors;
    let plans = [Plan::new("own_cost", &monitors.own_cost, own_cost::OwnCost::new)];
    plans
        .into_iter()
        .chain(of_the_network(config))
        .flatten()
        .collect()
}

/// Those that look at the network.
fn of_the_network(config: &Config) -> [Option<Plan>; 5] {
    let (monitors, network) = (&config.fleet.agent.monitors, &config.network);
    let wifi = monitors.wifi.each(wifi::Wifi::interval_s(config));
    let signal = network.wifi.signal_thresholds;
    let ping = monitors.ping.each(network.ping.update_interval);
    let ping_rule = ping::PingRule::of(config);
    let asks = config.clone();
    let mut checks = monitors.checks;
    checks.enabled &= !network.checks.targets.is_empty();
    let targets = network.checks.targets.clone();
    [
        Plan::new("wifi", &wifi, move || wifi::Wifi::new(signal)),
        Plan::new("ping", &ping, move || ping::Ping::new(ping_rule.clone())).map(Plan::waiting),
        Plan::new("dns", &monitors.dns, move || dns::Dns::new(&asks)).map(Plan::waiting),
        Plan::new("checks", &checks, move || checks::Checks::new(&targets)).map(Plan::waiting),
        Plan::new("vpn", &monitors.vpn, || vpn::Vpn),
    ]
}
