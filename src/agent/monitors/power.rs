//! Mains and battery: from the kernel's files on Linux, from `pmset` and `ioreg` on macOS. The macOS
//! part was never run on a Mac; its parsers are tested on recorded text.

mod files;
mod mac;

use std::path::Path;

use futures_util::future::LocalBoxFuture;

use super::tool;
use super::{Finding, Missing, Monitor};
use crate::agent::csv_log::{Cell, CsvLogs, Layout};
use crate::wire::report_v1::{BatteryV1, MetricsV1, PowerV1, Unavailable};

const LOG: Layout = Layout {
    name: "battery",
    columns: &[
        "timestamp",
        "health_percentage",
        "cycle_count",
        "design_capacity",
        "current_capacity",
        "max_capacity",
        "is_charging",
        "time_remaining",
        "amperage",
        "voltage",
        "temperature",
        "battery_installed",
    ],
    days_kept: 30,
};

/// Looks at mains and battery.
pub struct Power {
    log: CsvLogs,
}

impl Power {
    /// Writes what it finds into these logs too.
    #[must_use]
    pub const fn new(log: CsvLogs) -> Self {
        Self { log }
    }
}

impl Monitor for Power {
    fn look(&mut self) -> LocalBoxFuture<'_, Result<Finding, Missing>> {
        Box::pin(async move {
            let power = if cfg!(target_os = "macos") {
                let state = tool::run("/usr/bin/pmset", &["-g", "batt"]).await?.when_well()?;
                let wear = tool::run("/usr/sbin/ioreg", &["-rn", "AppleSmartBattery"]).await;
                let wear = wear.map(|said| said.out).unwrap_or_default();
                mac::parse(&state, &wear).ok_or_else(|| tool::unexpected(&state))?
            } else {
                files::read(Path::new("/sys/class/power_supply")).ok_or(Unavailable::Unsupported)?
            };
            self.log.append(&LOG, vec![row(&power)]).await;
            Ok(found(power))
        })
    }
}

fn found(power: PowerV1) -> Finding {
    let has_battery = power.battery_installed == Some(true);
    Finding::from(MetricsV1 {
        battery: battery(&power),
        unavailable: (!has_battery).then(|| [("battery".to_owned(), Unavailable::Unsupported)].into()),
        power: Some(power),
        ..MetricsV1::default()
    })
}

/// What 2.0 says of the same.
fn battery(power: &PowerV1) -> Option<BatteryV1> {
    let plugged = power.ac_connected.or(power.is_charging)?;
    Some(BatteryV1 {
        percent: power.percent?,
        plugged,
        time_left: power.time_left_s.filter(|_| power.is_charging != Some(true)),
    })
}

fn row(power: &PowerV1) -> Vec<Cell> {
    vec![
        power.health_percent.into(),
        power.cycle_count.into(),
        power.design_capacity.into(),
        power.current_capacity.into(),
        power.max_capacity.into(),
        power.is_charging.into(),
        // 2.0 counts minutes, as Macs do.
        power.time_left_s.map(|seconds| seconds / 60).into(),
        power.amperage_ma.into(),
        power.voltage_mv.into(),
        power.temperature_c.into(),
        power.battery_installed.into(),
    ]
}

/// `part` of `whole` in percent with one decimal, when both make sense.
fn share(part: Option<f64>, whole: Option<f64>) -> Option<f64> {
    let (part, whole) = (part?, whole?);
    let percent = (part / whole * 1000.0).round() / 10.0;
    (whole > 0.0 && (0.0..=200.0).contains(&percent)).then_some(percent)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_machine_without_a_battery_says_so_and_shows_its_mains() {
        let power = PowerV1 {
            battery_installed: Some(false),
            ac_connected: Some(true),
            ..PowerV1::default()
        };
        let metrics = found(power).metrics;
        assert_eq!(metrics.battery, None);
        assert_eq!(metrics.unavailable.unwrap()["battery"], Unavailable::Unsupported);
        assert_eq!(metrics.power.unwrap().ac_connected, Some(true));
    }

    #[test]
    fn the_log_has_a_cell_for_each_column() {
        assert_eq!(row(&PowerV1::default()).len() + 1, LOG.columns.len());
        assert_eq!(share(Some(1.0), Some(0.0)), None);
        assert_eq!(share(Some(8546.0), Some(8579.0)), Some(99.6));
    }
}
