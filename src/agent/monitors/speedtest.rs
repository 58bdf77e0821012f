//! How fast the network is: against the agent's own server, or by `networkQuality` of macOS. Off unless
//! switched on, since each test loads a line that others use.

pub mod line;
pub mod network_quality;
pub mod slow_rule;

use std::collections::VecDeque;
use std::path::Path;
use std::time::{Duration, Instant};

use atlas_actors::clock::{Clock, SystemClock};
use futures_util::future::LocalBoxFuture;

use self::line::Line;
use self::slow_rule::{SlowRule, Slowness};
use super::network_logs::NetworkLogs;
use super::{Finding, Missing, Monitor, Plan};
use crate::config::Config;
use crate::wire::report_v1::{MetricsV1, SpeedResultV1, SpeedtestV1};

/// Tests the speed.
pub struct Speedtest {
    /// None: by the tool of macOS.
    line: Option<Line>,
    rule: SlowRule,
    results_max: usize,
    results: VecDeque<SpeedResultV1>,
    slowness: Slowness,
}

impl Speedtest {
    /// Nothing seen so far.
    #[must_use]
    pub fn new(config: &Config, line: Line) -> Self {
        let tests = &config.network.speedtest;
        Self {
            line: (tests.method == "atlas").then_some(line),
            rule: SlowRule {
                below_mbps: tests.slow_speed_threshold,
                in_a_row: tests.consecutive_slow_trigger,
                rest: Duration::from_secs(tests.slow_alert_cooldown),
            },
            results_max: tests.max_history as usize,
            results: VecDeque::new(),
            slowness: Slowness::default(),
        }
    }

    fn find(&mut self, mut result: SpeedResultV1, now: Instant) -> SpeedtestV1 {
        result.is_slow = self.rule.is_slow(result.download_mbps);
        let is_slow_alarm = self.slowness.note(result.is_slow, &self.rule, now);
        let recent: Vec<_> = self.results.iter().cloned().collect();
        self.results.push_back(result.clone());
        while self.results.len() > self.results_max.saturating_sub(1) {
            self.results.pop_front();
        }
        SpeedtestV1 {
            last: Some(result),
            recent: (!recent.is_empty()).then_some(recent),
            slow_in_a_row: Some(self.slowness.in_a_row()),
            is_slow_alarm: Some(is_slow_alarm),
        }
    }
}

impl Monitor for Speedtest {
    fn look(&mut self) -> LocalBoxFuture<'_, Result<Finding, Missing>> {
        Box::pin(async move {
            let at = SystemClock.now().to_string();
            let result = match &self.line {
                Some(line) => line.test(at).await?,
                None => network_quality::test(at).await?,
            };
            Ok(Finding::from(MetricsV1 {
                speedtest: Some(self.find(result, Instant::now())),
                ..MetricsV1::default()
            }))
        })
    }
}

/// The plan of it, for the agent of that folder.
#[must_use]
pub fn planned(config: &Config, folder: &Path, server_url: Option<&str>) -> Option<Plan> {
    let tests = &config.network.speedtest;
    let mut monitor = config.fleet.agent.monitors.speedtest.each(tests.update_interval);
    monitor.timeout = monitor.timeout.min(tests.test_timeout);
    let line = Line {
        folder: folder.to_owned(),
        server_url: server_url.map(ToOwned::to_owned),
    };
    let config = config.clone();
    let logs = NetworkLogs::of(&config);
    let make = logs.logged(move || Speedtest::new(&config, line.clone()));
    Plan::new("speedtest", &monitor, make).map(Plan::waiting)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_results_are_kept_and_slow_ones_are_counted() {
        let mut config = Config::default();
        config.network.speedtest.max_history = 3;
        config.network.speedtest.consecutive_slow_trigger = 2;
        let line = Line {
            folder: "nowhere".into(),
            server_url: None,
        };
        let mut tests = Speedtest::new(&config, line);
        let found = [100.0, 5.0, 4.0, 3.0].map(|mbps| {
            let result = SpeedResultV1 {
                at: mbps.to_string(),
                server: String::new(),
                download_mbps: Some(mbps),
                upload_mbps: None,
                latency_ms: None,
                jitter_ms: None,
                responsiveness_rpm: None,
                is_slow: false,
            };
            tests.find(result, Instant::now())
        });
        let alarms: Vec<_> = found.iter().map(|one| one.is_slow_alarm.unwrap()).collect();
        assert_eq!(alarms, [false, false, true, false], "one alarm, then the rest");
        let last = &found[3];
        assert_eq!(last.slow_in_a_row, Some(3));
        let kept: Vec<_> = last
            .recent
            .as_ref()
            .unwrap()
            .iter()
            .map(|one| one.at.as_str())
            .collect();
        assert_eq!(kept, ["5", "4"]);
    }
}
