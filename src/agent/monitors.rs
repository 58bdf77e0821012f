//! The agent's monitors: each one file, each with an interval, a time limit and an off switch of its
//! own. A monitor is a pure parser and a thin call; what it found waits on the [`Board`](board::Board)
//! until the next report takes it along.

pub mod board;
pub mod own_cost;
pub mod tool;
pub mod watcher;

use std::collections::BTreeMap;
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
}

impl MonitorRule {
    /// By the monitor's settings.
    #[must_use]
    pub const fn of(config: &MonitorConfig) -> Self {
        Self {
            interval: Duration::from_secs(config.interval),
            timeout: Duration::from_secs(config.timeout),
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
}

/// All monitors that are switched on.
#[must_use]
pub fn planned(config: &Config) -> Vec<Plan> {
    let monitors = &config.fleet.agent.monitors;
    [Plan::new("own_cost", &monitors.own_cost, own_cost::OwnCost::new)]
        .into_iter()
        .flatten()
        .collect()
}
