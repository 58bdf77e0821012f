//! Temperatures, fans and throttling: the sensors that an ordinary process may read (sysinfo), and on
//! Linux the kernel's files for fans, clock and throttling; `pmset -g therm` on macOS. The macOS part
//! was never run on a Mac. Virtual machines have none of it.

mod files;
mod mac;
mod sensors;

use std::collections::BTreeMap;
use std::path::Path;

use futures_util::future::LocalBoxFuture;
use sysinfo::Components;

use super::tool;
use super::{Finding, Missing, Monitor};
use crate::agent::csv_log::{Cell, CsvLogs, Layout};
use crate::wire::report_v1::{MetricsV1, SensorV1, TemperatureV1, ThermalV1, Unavailable};

const LOG: Layout = Layout {
    name: "thermal",
    columns: &[
        "timestamp",
        "cpu_temperature",
        "cpu_temp_source",
        "cpu_frequency",
        "cpu_max_frequency",
        "is_throttled",
        "thermal_pressure",
        "fan_speed",
    ],
    days_kept: 30,
};

/// Looks at temperatures, fans and throttling.
pub struct Thermal {
    components: Option<Components>,
    throttled_before: Option<u64>,
    log: CsvLogs,
}

impl Thermal {
    /// Writes what it finds into these logs too.
    #[must_use]
    pub const fn new(log: CsvLogs) -> Self {
        Self {
            components: None,
            throttled_before: None,
            log,
        }
    }

    async fn read(&mut self) -> ThermalV1 {
        if cfg!(target_os = "macos") {
            let said = tool::run("/usr/bin/pmset", &["-g", "therm"]).await;
            return said.map(|said| mac::parse(&said.out)).unwrap_or_default();
        }
        let mut thermal = files::read(Path::new("/sys"));
        let before = std::mem::replace(&mut self.throttled_before, thermal.throttle_count);
        thermal.is_throttled = before
            .zip(thermal.throttle_count)
            .map(|(before, now)| now > before);
        thermal
    }
}

impl Monitor for Thermal {
    fn look(&mut self) -> LocalBoxFuture<'_, Result<Finding, Missing>> {
        Box::pin(async move {
            let mut thermal = self.read().await;
            if self.components.is_none() {
                self.components = Components::new().ok();
            }
            let sensors = self.components.as_mut().map(sensors::read).unwrap_or_default();
            let found = sensors::of_the_processor(&sensors);
            thermal.cpu_source = found.map(|sensor| sensor.label.clone());
            let celsius = found.map(|sensor| sensor.celsius);
            let found = finding(celsius, sensors, thermal);
            if let Some(thermal) = &found.metrics.thermal {
                self.log.append(&LOG, vec![row(celsius, thermal)]).await;
            }
            Ok(found)
        })
    }
}

fn finding(celsius: Option<f64>, sensors: Vec<SensorV1>, thermal: ThermalV1) -> Finding {
    let is_known = thermal != ThermalV1::default();
    let missing = [("temperature", celsius.is_some()), ("thermal", is_known)];
    let missing = missing
        .into_iter()
        .filter(|(_, is_known)| !is_known)
        .map(|(what, _)| (what.to_owned(), Unavailable::Unsupported));
    let missing: BTreeMap<_, _> = missing.collect();
    Finding::from(MetricsV1 {
        temperature: celsius.map(|cpu| TemperatureV1 {
            cpu,
            unit: "C".to_owned(),
        }),
        temperatures: (!sensors.is_empty()).then_some(sensors),
        unavailable: (!missing.is_empty()).then_some(missing),
        thermal: is_known.then_some(thermal),
        ..MetricsV1::default()
    })
}

fn row(celsius: Option<f64>, thermal: &ThermalV1) -> Vec<Cell> {
    let fastest = thermal.fans.iter().flatten().map(|fan| fan.rpm).max();
    vec![
        celsius.into(),
        thermal.cpu_source.as_ref().into(),
        thermal.cpu_mhz.into(),
        thermal.cpu_max_mhz.into(),
        thermal.is_throttled.into(),
        thermal.pressure.as_ref().into(),
        fastest.into(),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_temperature_that_is_not_known_says_so() {
        let metrics = finding(None, Vec::new(), ThermalV1::default()).metrics;
        assert_eq!((metrics.temperature, metrics.thermal), (None, None));
        assert_eq!(
            metrics.unavailable.unwrap()["temperature"],
            Unavailable::Unsupported
        );
        assert_eq!(row(None, &ThermalV1::default()).len() + 1, LOG.columns.len());
    }
}
